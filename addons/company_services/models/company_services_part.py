"""What belongs to a profile (rules, documents, links): a change of it is a change of the profile."""

from odoo import api, fields, models


class CompanyServicesPart(models.AbstractModel):
    _name = "company.services.part"
    _description = "Part of a Company Services Profile"

    profile_id = fields.Many2one(
        "company.services.profile",
        string="Company Profile",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env["company.services.profile"]._of_company(),
    )
    company_id = fields.Many2one(related="profile_id.company_id", store=True, index=True)

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts.profile_id._mark_changed()
        return parts

    def write(self, vals):
        profiles = self.profile_id
        result = super().write(vals)
        (profiles | self.profile_id)._mark_changed()
        return result

    def unlink(self):
        profiles = self.profile_id
        result = super().unlink()
        profiles.exists()._mark_changed()
        return result
