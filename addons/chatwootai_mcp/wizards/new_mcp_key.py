"""The wizard that issues an MCP key, and the page that shows it once."""

import json

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..settings import get_settings
from ..tenancy.principal import SERVERS

_MAX_DAYS = 3650


class NewMcpKey(models.TransientModel):
    _name = "chatwootai.mcp.key.new"
    _description = "New MCP key"

    name = fields.Char("What for", required=True)
    user_id = fields.Many2one(
        "res.users",
        "Runs as",
        required=True,
        domain=[("share", "=", False)],
        default=lambda self: self.env.ref("chatwootai_mcp.user_agent"),
        help="Calls with the key see and may do what this user sees and may do. The agent user has limited rights.",
    )
    server_odoo = fields.Boolean("Odoo records", default=True)
    server_qdrant = fields.Boolean("Knowledge", default=True)
    server_mongodb = fields.Boolean("Configuration", default=True)
    server_chatwoot = fields.Boolean("Chatwoot")
    can_write = fields.Boolean("May write", help="Without it, the key can only call tools that read.")
    days = fields.Integer("Days until it expires", default=365, help="0: it does not expire.")

    def action_issue(self):
        self.ensure_one()
        if not 0 <= self.days <= _MAX_DAYS:
            raise UserError(self.env._("A key lasts 1 to %s days, or 0 for without end.", _MAX_DAYS))
        token = self.env["chatwootai.mcp.key"]._issue(
            self.name,
            self.user_id,
            [server for server in SERVERS if self[f"server_{server}"]],
            self.can_write,
            self.days or None,
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Your new MCP key"),
            "res_model": "chatwootai.mcp.key.shown",
            "view_mode": "form",
            "target": "new",
            # By the context, so that the key is in no table.
            "context": {"default_token": token},
        }


class ShownMcpKey(models.TransientModel):
    _name = "chatwootai.mcp.key.shown"
    _description = "MCP key, shown once"

    token = fields.Char("Key", store=False, readonly=True)
    endpoint = fields.Char(store=False, readonly=True)
    snippet = fields.Text("For an MCP client", store=False, readonly=True)

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        token = self.env.context.get("default_token")
        if isinstance(token, str):
            endpoint = self._endpoint()
            values |= {"token": token, "endpoint": endpoint, "snippet": self._snippet(endpoint, token)}
        return values

    @api.model
    def _endpoint(self) -> str:
        return f"{get_settings().public_url}/mcp/{self.env.cr.dbname}"

    @api.model
    def _snippet(self, endpoint: str, token: str) -> str:
        """The settings that most MCP clients take."""
        server = {"type": "http", "url": endpoint, "headers": {"Authorization": f"Bearer {token}"}}
        return json.dumps({"mcpServers": {self.env.cr.dbname: server}}, indent=2)
