"""After a new first secret_key: stored secrets are encrypted with it, and what others have signed is told."""

import logging
from collections import Counter

from odoo import api
from odoo.tools import SQL

from ..settings import get_keyring
from ..tenancy.keyring import Undecipherable
from .secret_field import PURPOSE, Secret

_logger = logging.getLogger(__name__)


def renew_secrets(env: api.Environment) -> Counter:
    """Encrypt anew what is not under the first secret; how many were ``renewed``, and how many are ``unreadable``.

    Done again, it finds what is left.
    """
    counts: Counter = Counter()
    for table, column in sorted(_secret_columns(env)):
        name, value = SQL.identifier(table), SQL.identifier(column)
        query = SQL("SELECT id, %s FROM %s WHERE %s IS NOT NULL ORDER BY id FOR UPDATE", value, name, value)
        for row_id, ciphertext in env.execute_query(query):
            try:
                renewed = get_keyring().renewed(PURPOSE, ciphertext)
            except Undecipherable:
                _logger.warning(
                    "%s.%s of row %s can't be read with any secret_key: enter it again", table, column, row_id
                )
                counts["unreadable"] += 1
                continue
            if renewed:
                env.cr.execute(SQL("UPDATE %s SET %s = %s WHERE id = %s", name, value, renewed, row_id))
                counts["renewed"] += 1
    env.invalidate_all()
    env.registry.clear_cache()  # the webhooks' doors hold ciphertexts
    return counts


def signed_by_others(env: api.Environment) -> list[dict[str, str]]:
    """Keys in force and webhook addresses in use that a secret other than the first has signed."""
    mark = get_keyring().mark
    keys = env["chatwootai.mcp.key"].search([("signed_by", "!=", mark)])
    connections = env["chatwootai.chatwoot.connection"].search([("webhook_signed_by", "!=", mark)])
    return [
        *({"kind": "MCP key", "id": key.key_id, "name": key.name} for key in keys if key.state == "active"),
        *({"kind": "webhook", "id": str(each.id), "name": each.webhook_url} for each in connections),
    ]


def _secret_columns(env: api.Environment) -> set[tuple[str, str]]:
    return {
        (model._table, field.name)
        for model in env.registry.models.values()
        if not model._abstract and model._auto
        for field in model._fields.values()
        if isinstance(field, Secret) and field.store
    }
