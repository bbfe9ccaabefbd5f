"""The control database: which tenants there are, which Chatwoot account is whose, what each may use.

It belongs to the operator (see ``bin/tenant``); Odoo's role reads it. Without one, as when the addon is installed by hand
into a plain Odoo, there are no limits and no shared webhooks.
"""

import logging
import threading
import time
from functools import lru_cache
from typing import Any

import psycopg2

from odoo.sql_db import db_connect

from .tenancy.quota import Limits

_logger = logging.getLogger(__name__)
DATABASE = "chatwootai_control"
_LIMITS_SECONDS = 1.0


class Control:
    """What Odoo reads of the control database; nothing here raises when it is not there."""

    def __init__(self) -> None:
        self._limits: dict[str, tuple[float, Limits]] = {}
        self._lock = threading.Lock()

    def limits(self, account_id: str) -> Limits:
        """The tenant's limits, at most a second old."""
        now = time.monotonic()
        known = self._limits.get(account_id)
        if known and now - known[0] < _LIMITS_SECONDS:
            return known[1]
        names = Limits.names()
        rows = self._rows(f"SELECT {', '.join(names)} FROM limits WHERE account_id = %s", account_id)  # noqa: S608
        limits = Limits(*rows[0]) if rows else Limits()
        with self._lock:
            self._limits[account_id] = (now, limits)
        return limits

    def tenant_of_webhook(self, token_id: str, chatwoot_account: int | None) -> str | None:
        """The tenant to whom an event of a shared webhook belongs."""
        rows = self._rows(
            "SELECT c.account_id FROM shared_webhooks w JOIN chatwoot_accounts c USING (base_url)"
            " WHERE w.token_id = %s AND NOT w.revoked AND c.chatwoot_account = %s",
            token_id,
            chatwoot_account,
        )
        return rows[0][0] if rows else None

    def _rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        try:
            with db_connect(DATABASE).cursor() as cr:
                cr.execute(query, parameters, log_exceptions=False)
                return cr.fetchall()
        except psycopg2.Error:
            _logger.debug("no control database", exc_info=True)
            return []


@lru_cache(maxsize=1)
def get_control() -> Control:
    return Control()
