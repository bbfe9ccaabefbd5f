"""The control database: the operator's list of tenants, of their Chatwoot accounts, limits, prices and alerts.

Odoo reads it with its own role, which may change nothing there but raise an alert and claim a Chatwoot account that is
free. Where there is none (the addon installed into a plain Odoo by hand) or it can't be reached, there are no shared
webhooks, and the limits last known hold.
"""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import lru_cache
from typing import Any

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from odoo.sql_db import Cursor, PoolError, db_connect

from .tenancy.quota import Limits, Price

_logger = logging.getLogger(__name__)

DEFAULT_DATABASE = "chatwootai_control"
LIMITS_SECONDS = 1  # how long a changed limit may take to be seen
ABSENT_SECONDS = 5  # how long not to ask again a control database that could not be asked


class Unreachable(Exception):
    """There is no control database, or it does not answer."""


class Control:
    def __init__(self, database: str) -> None:
        self.database = database
        self._absent_until = 0.0
        self._is_none = False
        self._limits: dict[str, tuple[float, Limits]] = {}
        self._prices: tuple[float, dict[str, Price]] = (0.0, {})

    def answers(self) -> bool:
        """False where there is one that can't be asked: limits that this process never read are not applied."""
        return self._rows("SELECT 1") is not None or self._is_none

    def tenants(self) -> list[str]:
        """The tenants in service."""
        rows = self._rows("SELECT account_id FROM tenant WHERE state = 'active' ORDER BY account_id")
        return [account_id for (account_id,) in rows or ()]

    def tenants_to_load(self) -> list[str]:
        """The tenants in service, those with a Chatwoot first: their customers do not wait."""
        rows = self._rows(
            "SELECT account_id FROM tenant LEFT JOIN (SELECT DISTINCT account_id, true AS has FROM chatwoot_account)"
            " AS chatwoot USING (account_id) WHERE state = 'active' ORDER BY has NULLS LAST, account_id"
        )
        return [account_id for (account_id,) in rows or ()]

    def tenant_of_webhook(self, token_id: str, chatwoot_account: int | None) -> str | None:
        """Whose event it is that came to the webhook all tenants of one Chatwoot share."""
        rows = self._rows(
            "SELECT account_id FROM chatwoot_account JOIN chatwoot_webhook USING (base_url)"
            " WHERE token_id = %s AND chatwoot_account = %s AND by_operator",
            token_id,
            chatwoot_account,
        )
        return rows[0][0] if rows else None

    def knows_webhook(self, token_id: str) -> bool | None:
        """Whether it is the token of a webhook that tenants share; None when that can't be asked."""
        rows = self._rows("SELECT 1 FROM chatwoot_webhook WHERE token_id = %s", token_id)
        return None if rows is None else bool(rows)

    def is_dropped(self, account_id: str) -> bool:
        """Whether it is known that there is no such tenant; not so where that can't be asked."""
        rows = self._rows("SELECT 1 FROM tenant WHERE account_id = %s", account_id)
        return rows is not None and not rows

    def claim(self, account_id: str, base_url: str, chatwoot_account: int) -> tuple[str | None, bool]:
        """Claim an account of a Chatwoot for a tenant: whose it is now, and whether that is new.

        It is nobody's where this server has no such tenant.

        :raises Unreachable: it cannot be asked
        """
        with self._cursor() as cr:
            cr.execute(
                "SELECT owner, is_new FROM claim_chatwoot_account(%s, %s, %s)",
                (account_id, base_url, chatwoot_account),
                log_exceptions=False,
            )
            owner, is_new = cr.fetchone()
            cr.commit()
            return owner, is_new

    def give_up(self, account_id: str, base_url: str, chatwoot_account: int) -> None:
        """Free what the tenant itself had claimed; what the operator has mapped stays. Never fails."""
        with suppress(Unreachable), self._cursor() as cr:
            cr.execute(
                "SELECT give_up_chatwoot_account(%s, %s, %s)",
                (account_id, base_url, chatwoot_account),
                log_exceptions=False,
            )
            cr.commit()

    def limits(self, account_id: str) -> Limits:
        """What the tenant may use: an answer at most a second old, or the last one known."""
        until, known = self._limits.get(account_id, (0.0, Limits()))
        if time.monotonic() < until:
            return known
        names = Limits.names()
        rows = self._rows(f"SELECT {', '.join(names)} FROM tenant_limit WHERE account_id = %s", account_id)
        if rows is not None:
            known = _limits(names, rows[0]) if rows else Limits()
        self._limits[account_id] = (time.monotonic() + LIMITS_SECONDS, known)
        return known

    def price(self, model: str) -> Price | None:
        """What the operator says this model costs, by its name or for any (``*``); the last answer known."""
        until, known = self._prices
        if time.monotonic() >= until:
            rows = self._rows("SELECT model, tokens_in, tokens_out FROM model_price")
            if rows is not None:
                known = {name: Price(float(tokens_in), float(tokens_out)) for name, tokens_in, tokens_out in rows}
            self._prices = (time.monotonic() + LIMITS_SECONDS, known)
        return known.get(model) or known.get("*")

    def alert(self, account_id: str | None, kind: str, message: str) -> None:
        """Tell the operator, in one row until it is seen. Never fails: an alert that can't be stored is in the log."""
        _logger.warning("alert %s of %s: %s", kind, account_id or "the server", message)
        insert = (
            "INSERT INTO alert (account_id, kind, message) VALUES (%s, %s, %s)"
            " ON CONFLICT (coalesce(account_id, ''), kind) WHERE seen_at IS NULL"
            " DO UPDATE SET count = alert.count + 1, last_at = now()"
        )
        with suppress(Unreachable), self._cursor() as cr:
            cr.execute(insert, (account_id, kind, message), log_exceptions=False)
            cr.commit()

    def note_audit_head(self, account_id: str, seq: int, seal: str) -> None:
        """Note how far the tenant's audit is, where its database can't reach it; once, while it stays there."""
        insert = (
            "INSERT INTO audit_head (account_id, seq, seal) SELECT %(account)s, %(seq)s, %(seal)s WHERE NOT EXISTS"
            " (SELECT FROM audit_head WHERE account_id = %(account)s AND seq = %(seq)s AND seal = %(seal)s)"
            " ON CONFLICT DO NOTHING"
        )
        with suppress(Unreachable), self._cursor() as cr:
            cr.execute(insert, {"account": account_id, "seq": seq, "seal": seal}, log_exceptions=False)
            cr.commit()

    def audit_heads(self, account_id: str) -> list[tuple[int, str]]:
        """How far the tenant's audit was, at several times."""
        return self._rows("SELECT seq, seal FROM audit_head WHERE account_id = %s ORDER BY seq", account_id) or []

    def forget_audit_heads(self, account_id: str, seq: int) -> None:
        """What was noted of rows that retention has taken away, and a month ago: nothing is left to hold it against."""
        with suppress(Unreachable), self._cursor() as cr:
            cr.execute("SELECT forget_audit_heads(%s, %s)", (account_id, seq), log_exceptions=False)
            cr.commit()

    def forget(self, account_id: str) -> None:
        self._limits.pop(account_id, None)

    def _rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]] | None:
        """The query's rows; None when the database can't be asked."""
        with suppress(Unreachable), self._cursor() as cr:
            cr.execute(query, parameters, log_exceptions=False)
            return cr.fetchall()
        return None

    @contextmanager
    def _cursor(self) -> Iterator[Cursor]:
        """A short cursor; :raises Unreachable: where the control database is absent or can't be asked"""
        if time.monotonic() < self._absent_until:
            raise Unreachable
        try:
            with closing(db_connect(self.database).cursor()) as cursor:
                # A claim or an alert that another makes at this moment is waited for, and seen: in Odoo's own isolation
                # it would fail to serialize, and the database be taken for absent.
                cursor.connection.set_isolation_level(ISOLATION_LEVEL_READ_COMMITTED)
                yield cursor
        except PoolError as error:  # nothing is known of the database: it is asked again at once
            raise Unreachable from error
        except psycopg2.Error as error:
            self._absent_until = time.monotonic() + ABSENT_SECONDS
            # Of the database itself: where a table or a column is missing, limits are not applied, and that is told.
            self._is_none = f'database "{self.database}" does not exist' in str(error)
            level = logging.INFO if self._is_none else logging.WARNING
            _logger.log(level, "the control database %s can't be asked: %s", self.database, str(error).strip())
            raise Unreachable from error


def _limits(names: tuple[str, ...], row: tuple[Any, ...]) -> Limits:
    given = dict(zip(names, row, strict=True))
    if given["money_per_month"] is not None:
        given["money_per_month"] = float(given["money_per_month"])
    return Limits(**given)


@lru_cache(maxsize=1)
def get_control() -> Control:
    return Control(os.environ.get("CHATWOOTAI_CONTROL_DATABASE") or DEFAULT_DATABASE)
