"""What a webhook must know of its connection before anything is stored; cached, since a burst asks for it often."""

import logging
from dataclasses import dataclass

from odoo import api, models
from odoo.tools import SQL

from ..settings import get_keyring
from ..tenancy.keyring import Undecipherable
from .secret_field import PURPOSE

_logger = logging.getLogger(__name__)
_ON_THE_DOOR = frozenset({"active", "chatwoot_account", "webhook_token_id", "webhook_secret_ids"})


@dataclass(frozen=True)
class WebhookDoor:
    """:param ciphertexts: of the secrets, any of which may have signed: in the cache, too, only what is encrypted"""

    connection_id: int
    chatwoot_account: int
    ciphertexts: tuple[str, ...]

    @property
    def is_signed_for(self) -> bool:
        """Whether only signed webhooks pass."""
        return bool(self.ciphertexts)

    def secrets(self) -> list[str]:
        """The secrets in clear. One that was encrypted with a key that is gone opens nothing."""
        found = []
        for ciphertext in self.ciphertexts:
            try:
                found.append(get_keyring().decrypt(PURPOSE, ciphertext))
            except Undecipherable:
                _logger.error("a webhook secret of connection %s cannot be read: enter it again", self.connection_id)
        return found


class ChatwootConnection(models.Model):
    _inherit = "chatwootai.chatwoot.connection"

    @api.model
    def _webhook_doors(self, token_id: str | None) -> tuple[WebhookDoor, ...]:
        """The connection whose address holds this token; without one, all (of the address that tenants share)."""
        return self._cached("_doors_of", token_id)

    @api.model
    def _doors_of(self, token_id: str | None) -> tuple[WebhookDoor, ...]:
        self.flush_model()
        self.env["chatwootai.webhook.secret"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT connection.id, chatwoot_account,
                       array_agg(secret ORDER BY secret.id) FILTER (WHERE secret IS NOT NULL)
                FROM chatwootai_chatwoot_connection connection
                LEFT JOIN chatwootai_webhook_secret secret ON secret.connection_id = connection.id
                WHERE active AND %s GROUP BY connection.id
                """,
                SQL("TRUE") if token_id is None else SQL("webhook_token_id = %s", token_id),
            )
        )
        return tuple(WebhookDoor(row_id, account, tuple(ciphertexts or ())) for row_id, account, ciphertexts in rows)

    @api.model_create_multi
    def create(self, vals_list):
        created = super().create(vals_list)
        self.env.registry.clear_cache()
        return created

    def write(self, vals):
        written = super().write(vals)
        if not _ON_THE_DOOR.isdisjoint(vals):
            self.env.registry.clear_cache()
        return written

    def unlink(self):
        deleted = super().unlink()
        self.env.registry.clear_cache()
        return deleted


class WebhookSecret(models.Model):
    _inherit = "chatwootai.webhook.secret"

    @api.model_create_multi
    def create(self, vals_list):
        created = super().create(vals_list)
        self.env.registry.clear_cache()
        return created

    def write(self, vals):
        written = super().write(vals)
        self.env.registry.clear_cache()
        return written

    def unlink(self):
        deleted = super().unlink()
        self.env.registry.clear_cache()
        return deleted
