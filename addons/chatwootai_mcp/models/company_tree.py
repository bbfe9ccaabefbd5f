"""Where a company stands in the tree of companies: record rules ask for it at each search, and it never changes."""

from odoo import models, tools


class ResCompany(models.Model):
    _inherit = "res.company"

    def _recall_place(self):
        """Put the companies' places before Odoo, which would otherwise read all their seventy columns for them."""
        self._fields["parent_path"]._insert_cache(self, self._places())

    @tools.ormcache("self._ids")
    def _places(self):
        self.fetch(["parent_path"])
        return tuple(company.parent_path for company in self)
