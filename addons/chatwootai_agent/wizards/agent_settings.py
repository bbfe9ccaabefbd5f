"""The page of whoever looks after the agents: their model and answers."""

from odoo import api, models

from odoo.addons.chatwootai_mcp.models.secret_field import MASK

from ..crews.llm_settings import OPENAI_BASE_URL


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
        if self._asks_another_server(values) and values.get("chatwootai_llm_api_key", MASK) == MASK:
            values["chatwootai_llm_api_key"] = False  # whoever may not read the key has it sent to no server of theirs
        return super(AgentSettings, self.sudo()).write(values)

    def _asks_another_server(self, values):
        if "chatwootai_llm_base_url" not in values:
            return False
        server = _server(values["chatwootai_llm_base_url"])
        return any(_server(settings.chatwootai_llm_base_url) != server for settings in self.sudo())

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


def _server(base_url):
    return (base_url or OPENAI_BASE_URL).strip().lower().split("/")[:3]
