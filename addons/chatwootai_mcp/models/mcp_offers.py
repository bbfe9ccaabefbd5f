"""Where addons put what they offer to MCP clients beside tools: inherit this model and add to what it returns."""

from odoo import api, models

from ..servers.configuration_resources import ConfigurationResources
from ..servers.offers import Prompt, ResourceSource


class McpOffers(models.AbstractModel):
    _name = "chatwootai.mcp.offers"
    _description = "Resources and prompts for MCP clients"

    @api.model
    @api.private
    def resource_sources(self) -> list[ResourceSource]:
        return [ConfigurationResources()]

    @api.model
    @api.private
    def prompts(self) -> list[Prompt]:
        return []
