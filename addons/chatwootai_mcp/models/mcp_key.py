"""MCP keys: who may call this tenant's tools, as which Odoo user, which of them, and until when.

The key itself is not stored. It is the HMAC of the tenant's name and the row's `key_id` under the server's secret: the
gateway checks it without a database, and the row tells whether it is still in force.
"""

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ..settings import get_keyring
from ..tenancy.keyring import WeakSecret
from ..tenancy.principal import SERVERS, Principal
from ..tenancy.tokens import mint_mcp_key, new_token_id

_USE_NOTED_EVERY = 60  # seconds
_NOTED_KEPT = 1_000  # keys; beyond it those are forgotten whose use would be noted again
_noted: dict[tuple[str, str], float] = {}  # (database, key id) → when this process last noted a use
_noted_lock = threading.Lock()


@dataclass(frozen=True)
class _KeyRow:
    """A key as the cache holds it; whether it is in force is decided at each use."""

    user_id: int
    servers: frozenset[str]
    can_write: bool
    expires_on: datetime | None


class ChatwootaiMcpKey(models.Model):
    _name = "chatwootai.mcp.key"
    _inherit = ["chatwootai.signaled.cache", "chatwootai.audited"]
    _description = "MCP key"
    _order = "active desc, id desc"

    name = fields.Char(required=True)
    user_id = fields.Many2one(
        "res.users",
        "Runs as",
        required=True,
        readonly=True,
        ondelete="restrict",  # a key's end is told in the audit: archiving the user ends it
        help="Calls with this key see and may do what this user sees and may do, and no more.",
    )
    key_id = fields.Char("Key id", required=True, readonly=True, copy=False, default=lambda self: new_token_id())
    server_odoo = fields.Boolean("Odoo records", default=True)
    server_qdrant = fields.Boolean("Knowledge", default=True)
    server_mongodb = fields.Boolean("Configuration", default=True)
    server_chatwoot = fields.Boolean("Chatwoot", default=True)
    can_write = fields.Boolean("May write", help="Without it, the key can only call tools that read.")
    expires_on = fields.Datetime("Expires", help="Empty: it does not expire.")
    last_used_on = fields.Datetime("Last used", readonly=True, copy=False)
    active = fields.Boolean(default=True, readonly=True, copy=False)
    signed_by = fields.Char(
        "Signed by",
        readonly=True,
        copy=False,
        default=lambda self: self._signing_mark(),
        help="Which secret_key signed",
    )
    state = fields.Selection(
        [("active", "In force"), ("expired", "Expired"), ("revoked", "Revoked")],
        compute="_compute_state",
        string="State",
    )

    _key_id_unique = models.UniqueIndex("(key_id)")

    @api.depends("active", "expires_on")
    def _compute_state(self):
        now = fields.Datetime.now()
        for key in self:
            if not key.active:
                key.state = "revoked"
            else:
                key.state = "expired" if key.expires_on and key.expires_on <= now else "active"

    @api.model
    def _signing_mark(self) -> str | bool:
        try:
            return get_keyring().mark
        except WeakSecret:
            return False

    @api.constrains(*(f"server_{name}" for name in SERVERS))
    def _check_servers(self):
        for key in self:
            if not key._servers():
                raise ValidationError(self.env._("A key must reach at least one server."))

    @api.model
    def _issue(
        self,
        name: str,
        user: models.BaseModel | None = None,
        servers=SERVERS,
        write: bool = False,
        days: int | None = None,
    ) -> str:
        """Make a key and return it. It is shown now or never.

        :param user: by default the tenant's agent user, whose rights are limited
        """
        user = user or self.env.ref("chatwootai_mcp.user_agent")
        self._check_may_issue_for(user)
        unknown = set(servers) - set(SERVERS)
        if unknown or not servers:
            raise ValidationError(
                self.env._("Servers are %(known)s, not %(unknown)s.", known=", ".join(SERVERS), unknown=unknown or "{}")
            )
        key = self.create(
            {
                "name": name,
                "user_id": user.id,
                "can_write": write,
                "expires_on": fields.Datetime.now() + timedelta(days=days) if days else False,
                **{f"server_{server}": server in servers for server in SERVERS},
            }
        )
        return mint_mcp_key(get_keyring(), self.env.cr.dbname, key.key_id)

    def _check_may_issue_for(self, user: models.BaseModel) -> None:
        """A key carries its user's rights: only Odoo's administrators hand out those of others."""
        if self.env.su or user == self.env.user or self.env.user.has_group("base.group_system"):
            return
        if user != self.env.ref("chatwootai_mcp.user_agent"):
            raise AccessError(self.env._("You may issue keys for yourself and for the agent user only."))

    _audit_kind = "key"

    def _audited_names(self):
        return super()._audited_names() | {"user_id", "key_id", "active"}

    def _audit_word(self, what, details):
        if what == "change" and "active" in details:
            return "revoke"
        return "issue" if what == "create" else what

    def action_revoke(self):
        self.write({"active": False})
        return True

    def _servers(self) -> frozenset[str]:
        self.ensure_one()
        return frozenset(name for name in SERVERS if self[f"server_{name}"])

    @api.model_create_multi
    def create(self, vals_list):
        keys = super().create(vals_list)
        for key in keys:
            self._check_may_issue_for(key.user_id)
        return keys

    def write(self, vals):
        if vals.get("user_id") or vals.get("key_id"):
            raise ValidationError(self.env._("A key stays with its user and its id: issue a new one."))
        if vals.get("active"):
            raise ValidationError(self.env._("A revoked key stays revoked: issue a new one."))
        if not self.env.su:
            for key in self if self._widens(vals) else ():
                self._check_may_issue_for(key.user_id)
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    @staticmethod
    def _widens(vals) -> bool:
        return any(vals.get(name) for name in ("can_write", *(f"server_{server}" for server in SERVERS))) or (
            "expires_on" in vals
        )

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    @api.model
    def _principal(self, key_id: str) -> Principal | None:
        """Who calls with this key; None when it is not, or no longer, in force."""
        row = self._cached("_row", key_id)
        if row is None or (row.expires_on and row.expires_on <= fields.Datetime.now()):
            return None
        return Principal(
            account_id=self.env.cr.dbname,
            user_id=row.user_id,
            actor=f"key:{key_id}",
            servers=row.servers,
            write=row.can_write,
        )

    @api.model
    def _why_not(self, key_id: str) -> str:
        """Why a key that is genuine opens nothing, or not what was asked for."""
        key = self.sudo().with_context(active_test=False).search([("key_id", "=", key_id)], limit=1)
        if not key:
            return "never issued, or deleted"
        if key.state == "active":
            return "outside its servers" if key.user_id.active else "its user is archived"
        return key.state

    @api.model
    def _row(self, key_id: str) -> _KeyRow | None:
        # Odoo clears this cache too when a user is archived.
        key = self.sudo().search([("key_id", "=", key_id), ("user_id.active", "=", True)], limit=1)
        return _KeyRow(key.user_id.id, key._servers(), key.can_write, key.expires_on or None) if key else None

    @api.model
    def _note_use(self, key_id: str) -> None:
        """Remember that the key was used: at most once a minute, in a transaction of its own, waiting for nobody."""
        database, now = self.env.cr.dbname, time.monotonic()
        with _noted_lock:
            if now - _noted.get((database, key_id), -_USE_NOTED_EVERY) < _USE_NOTED_EVERY:
                return
            if len(_noted) >= _NOTED_KEPT:
                for name in [name for name, at in _noted.items() if now - at >= _USE_NOTED_EVERY]:
                    del _noted[name]
            _noted[database, key_id] = now
        with self.env.registry.cursor() as cr:
            cr.execute(
                """UPDATE chatwootai_mcp_key SET last_used_on = now() AT TIME ZONE 'UTC' WHERE id = (
                    SELECT id FROM chatwootai_mcp_key WHERE key_id = %s FOR UPDATE SKIP LOCKED)""",
                [key_id],
            )
