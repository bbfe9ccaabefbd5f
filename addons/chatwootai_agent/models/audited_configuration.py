"""What a company sets for its agents is configuration, and audited: its profile, rules and documents, and the agents'
settings on the company."""

from odoo import models


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = ["res.company", "chatwootai.audited"]

    def _audited_names(self):
        return {name for name in super()._audited_names() if name.startswith("chatwootai_")}

    def _audit_change(self, what, details_of):
        if what == "change":  # a company that comes or goes is Odoo's to tell of
            super()._audit_change(what, details_of)


class CompanyServicesProfile(models.Model):
    _name = "company.services.profile"
    _inherit = ["company.services.profile", "chatwootai.audited"]


class CompanyServicesRule(models.Model):
    _name = "company.services.rule"
    _inherit = ["company.services.rule", "chatwootai.audited"]


class CompanyServicesDocument(models.Model):
    _name = "company.services.document"
    _inherit = ["company.services.document", "chatwootai.audited"]


class CompanyServicesLink(models.Model):
    _name = "company.services.link"
    _inherit = ["company.services.link", "chatwootai.audited"]
