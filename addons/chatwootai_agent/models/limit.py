"""What the agents add to the limits: their support documents count, and a limit on money needs a price."""

from odoo import api, models


class ChatwootaiLimit(models.Model):
    _inherit = "chatwootai.limit"

    def _notes(self):
        notes = super()._notes()
        if self.env.company._chatwootai_price() is None:
            notes["money_per_month"] = self.env._("No price is set for the model: money is not counted")
        return notes


class ChatwootaiUsage(models.Model):
    _inherit = "chatwootai.usage"

    @api.model
    def _documents(self):
        return super()._documents() + self.env["company.services.document"].sudo().with_context(
            active_test=False
        ).search_count([])
