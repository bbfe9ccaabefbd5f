"""The MCP endpoint of the tenants where this module is installed: theirs, and the suite's fixtures beside it."""

from odoo.http import request

from odoo.addons.chatwootai_mcp.controllers.mcp import McpController
from odoo.addons.chatwootai_mcp.servers.orchestrator import get_orchestrator

from .fixture_server import FixtureServer


class FixtureController(McpController):
    def _server(self, principal, server, names_account):
        return FixtureServer(get_orchestrator(), principal, request.env, server, names_account)
