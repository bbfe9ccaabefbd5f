"""The agents' page in Odoo's own settings."""

from odoo import models


class ResConfigSettings(models.TransientModel):
    _name = "res.config.settings"
    _inherit = ["res.config.settings", "chatwootai.company.settings"]

    def action_chatwootai_test_llm(self):
        super().action_chatwootai_test_llm()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("Asking the model… the result shows here in a moment."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
