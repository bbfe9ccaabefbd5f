"""The settings page: where MCP clients connect, and the way to keys, allow-list and Chatwoot."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..settings import get_settings
from .audit_chain import DAYS_PARAMETER, DEFAULT_DAYS, MIN_DAYS


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    chatwootai_mcp_endpoint = fields.Char("MCP endpoint", compute="_compute_chatwootai_mcp_endpoint")
    chatwootai_mcp_keys = fields.Integer("Keys in force", compute="_compute_chatwootai_mcp_keys")

    chatwootai_audit_days = fields.Integer(
        "Days the audit is kept", config_parameter=DAYS_PARAMETER, default=DEFAULT_DAYS
    )

    @api.constrains("chatwootai_audit_days")
    def _check_chatwootai_audit_days(self):
        for settings in self:
            if settings.chatwootai_audit_days < MIN_DAYS:
                raise ValidationError(self.env._("The audit is kept for at least %s days.", MIN_DAYS))

    @api.depends("company_id")
    def _compute_chatwootai_mcp_endpoint(self):
        for settings in self:
            settings.chatwootai_mcp_endpoint = f"{get_settings().public_url}/mcp/{self.env.cr.dbname}"

    @api.depends("company_id")
    def _compute_chatwootai_mcp_keys(self):
        count = self.env["chatwootai.mcp.key"].sudo().search_count([])
        for settings in self:
            settings.chatwootai_mcp_keys = count
