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

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([_server_first(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(_server_first(vals))

    @api.onchange("chatwootai_llm_base_url")
    def _onchange_chatwootai_llm_base_url(self):
        company = self.company_id._origin.sudo()
        typed = {"chatwootai_llm_base_url": self.chatwootai_llm_base_url}
        if company.chatwootai_llm_api_key and company._asks_another_server(typed):
            return {
                "warning": {
                    "title": self.env._("Another server"),
                    "message": self.env._(
                        "Enter the API key again: the one that is stored is sent to no other server than the one it was"
                        " typed for."
                    ),
                }
            }

    def action_chatwootai_test_llm(self):
        """Have the model asked; its answer shows by itself."""
        self.ensure_one()
        self.company_id._chatwootai_test_llm()


def _server_first(vals):
    """What is set is passed on to the company in this order: another server forgets the key of the one before, and not
    the one typed with it."""
    return {name: vals[name] for name in sorted(vals, key=lambda name: name != "chatwootai_llm_base_url")}
