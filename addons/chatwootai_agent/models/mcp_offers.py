"""What the agents' addon offers to MCP clients: the support documents, and the prompt its agents answer by."""

from odoo import api, models

from ..offers.customer_service import CustomerServicePrompt
from ..offers.support_documents import SupportDocuments


class McpOffers(models.AbstractModel):
    _inherit = "chatwootai.mcp.offers"

    @api.model
    @api.private
    def resource_sources(self):
        return [*super().resource_sources(), SupportDocuments()]

    @api.model
    @api.private
    def prompts(self):
        return [*super().prompts(), CustomerServicePrompt()]
