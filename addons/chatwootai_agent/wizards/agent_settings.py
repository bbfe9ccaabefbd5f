"""The page of whoever looks after the agents: their model and answers."""

from odoo import api, models


class AgentSettings(models.TransientModel):
    """Whoever may open it needs no right to write companies: what is set here is written for them, and nothing else."""

    _name = "chatwootai.agent.settings"
    _inherit = ["chatwootai.company.settings"]
    _description = "Model and answers of the agents"

    def _compute_display_name(self):
        self.display_name = self.env._("Model and answers")

    def write(self, vals):
        self.check_access("write")
        theirs = {name for name, field in self._fields.items() if field.related and not field.readonly}
        values = {name: vals[name] for name in theirs & vals.keys()}
        return super(AgentSettings, self.sudo()).write(values)

    @api.model
    def action_open(self):
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Model and answers"),
            "res_model": self._name,
            "res_id": self.sudo().create({}).id,
            "views": [[False, "form"]],
        }
