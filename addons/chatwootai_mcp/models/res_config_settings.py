"""The settings page: where MCP clients connect, and the way to keys, allow-list and Chatwoot."""

from odoo import api, fields, models

from ..settings import get_settings


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    chatwootai_mcp_endpoint = fields.Char("MCP endpoint", compute="_compute_chatwootai_mcp_endpoint")
    chatwootai_mcp_keys = fields.Integer("Keys in force", compute="_compute_chatwootai_mcp_keys")

    @api.depends("company_id")
    def _compute_chatwootai_mcp_endpoint(self):
        for settings in self:
            settings.chatwootai_mcp_endpoint = f"{get_settings().public_url}/mcp/{self.env.cr.dbname}"

    @api.depends("company_id")
    def _compute_chatwootai_mcp_keys(self):
        count = self.env["chatwootai.mcp.key"].sudo().search_count([])
        for settings in self:
            settings.chatwootai_mcp_keys = count
