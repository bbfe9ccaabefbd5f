"""A company gets its profile with it, and a change of its currency or calendar is a change of the profile."""

from odoo import api, models


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        self.env["company.services.profile"]._create_for(companies)
        return companies

    def write(self, vals):
        result = super().write(vals)
        if "currency_id" in vals:
            self.env["company.services.profile"].sudo().search([("company_id", "in", self.ids)])._mark_changed()
        return result
