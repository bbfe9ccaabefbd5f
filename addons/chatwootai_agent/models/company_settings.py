"""The agents' settings as two pages show them: Odoo's own, which only its administrators open, and one of ours for
whoever looks after the agents."""

from odoo import fields, models

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
