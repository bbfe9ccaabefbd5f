"""A company's name and address are kept in its partner: a change there is a change of the profile."""

from odoo import models

TOLD_FIELDS = {
    "name",
    "street",
    "street2",
    "city",
    "state_id",
    "zip",
    "country_id",
    "phone",
    "email",
    "website",
}


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        result = super().write(vals)
        if TOLD_FIELDS & vals.keys():
            self.env["company.services.profile"].sudo().search(
                [("company_id.partner_id", "in", self.ids)]
            )._mark_changed()
        return result
