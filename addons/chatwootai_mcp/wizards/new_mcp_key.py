"""The wizard that issues an MCP key, and the page that shows it once."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..settings import get_settings
from ..tenancy.principal import SERVERS
from . import client_settings

_MAX_DAYS = 3650
CLIENTS = ("claude_code", "claude_desktop", "cursor", "vs_code", "inspector", "crewai")


class NewMcpKey(models.TransientModel):
    _name = "chatwootai.mcp.key.new"
    _description = "New MCP key"

    name = fields.Char("What for", required=True)
    user_id = fields.Many2one(
        "res.users",
        "Runs as",
        required=True,
        domain=lambda self: self._domain_user_id(),
        default=lambda self: self.env.ref("chatwootai_mcp.user_agent"),
        help="Calls with the key see and may do what this user sees and may do. The agent user has limited rights.",
    )
    server_odoo = fields.Boolean("Odoo records", default=True)
    server_qdrant = fields.Boolean("Knowledge", default=True)
    server_mongodb = fields.Boolean("Configuration", default=True)
    server_chatwoot = fields.Boolean("Chatwoot")
    can_write = fields.Boolean("May write", help="Without it, the key can only call tools that read.")
    days = fields.Integer("Days until it expires", default=365, help="0: it does not expire.")

    @api.model
    def _domain_user_id(self):
        """Those a key may be issued for: with the rights of others only by Odoo's administrators."""
        if self.env.user.has_group("base.group_system"):
            return [("share", "=", False)]
        return [("id", "in", [self.env.uid, self.env.ref("chatwootai_mcp.user_agent").id])]

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
    # Settings with the key in them, one field a client.
    claude_code = fields.Text("Claude Code", store=False, readonly=True)
    claude_desktop = fields.Text("Claude Desktop", store=False, readonly=True)
    cursor = fields.Text("Cursor", store=False, readonly=True)
    vs_code = fields.Text("VS Code", store=False, readonly=True)
    inspector = fields.Text("Inspector", store=False, readonly=True)
    crewai = fields.Text("CrewAI", store=False, readonly=True)

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        token = self.env.context.get("default_token")
        if isinstance(token, str):
            endpoint, name = self._endpoint(), self.env.cr.dbname
            values |= {"token": token, "endpoint": endpoint}
            values |= {client: getattr(client_settings, client)(name, endpoint, token) for client in CLIENTS}
        return values

    @api.model
    def _endpoint(self) -> str:
        return f"{get_settings().public_url}/mcp/{self.env.cr.dbname}"
