"""The agents' settings as two pages show them: Odoo's own, which only its administrators open, and one of ours for
whoever looks after the agents."""

from odoo import api, fields, models

from odoo.addons.chatwootai_mcp.models.secret_field import Secret


class CompanySettings(models.AbstractModel):
    _name = "chatwootai.company.settings"
    _description = "Settings of the company's agents"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    chatwootai_llm_base_url = fields.Char(related="company_id.chatwootai_llm_base_url", readonly=False)
    chatwootai_llm_model = fields.Char(related="company_id.chatwootai_llm_model", readonly=False)
    chatwootai_llm_api_key = Secret(related="company_id.chatwootai_llm_api_key", readonly=False)
    chatwootai_llm_json_schema = fields.Boolean(related="company_id.chatwootai_llm_json_schema", readonly=False)
    chatwootai_llm_vision = fields.Boolean(related="company_id.chatwootai_llm_vision", readonly=False)
    chatwootai_llm_transcription_model = fields.Char(
        related="company_id.chatwootai_llm_transcription_model", readonly=False
    )
    chatwootai_llm_price_in = fields.Float(related="company_id.chatwootai_llm_price_in", readonly=False)
    chatwootai_llm_price_out = fields.Float(related="company_id.chatwootai_llm_price_out", readonly=False)
    chatwootai_llm_check_state = fields.Selection(related="company_id.chatwootai_llm_check_state")
    chatwootai_llm_check_message = fields.Char(related="company_id.chatwootai_llm_check_message")
    chatwootai_turn_seconds = fields.Integer(related="company_id.chatwootai_turn_seconds", readonly=False)
    chatwootai_max_steps = fields.Integer(related="company_id.chatwootai_max_steps", readonly=False)
    chatwootai_hand_off_message = fields.Text(related="company_id.chatwootai_hand_off_message", readonly=False)
    chatwootai_instructions = fields.Text(related="company_id.chatwootai_instructions", readonly=False)

    def action_chatwootai_test_llm(self):
        """Have the model asked; its answer shows by itself."""
        self.ensure_one()
        self.company_id._chatwootai_test_llm()


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
        return super(AgentSettings, self.sudo()).write({name: vals[name] for name in theirs & vals.keys()})

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
