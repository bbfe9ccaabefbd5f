"""What calls add to a tenant's usage of the day: counted in the process, added to its database behind.

A call costs a dictionary's entry. The counts of many calls are one statement, in a transaction of its own: the row of
the day is everybody's, and nobody may keep it locked. A clean stop writes what is left.
"""

import logging
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import partial

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.sql_db import Cursor

from .write_behind import WriteBehind

_logger = logging.getLogger(__name__)
_INTERVAL = 2.0  # seconds


class UsageMeter:
    def __init__(self) -> None:
        self._waiting: dict[tuple[str, date], Counter[str]] = defaultdict(Counter)
        self._reached: dict[tuple[str, date], set[str]] = defaultdict(set)  # the limits that were reached
        self._lock = threading.Lock()
        self._behind = WriteBehind("chatwootai-usage", self._write_all, _INTERVAL)

    def add(self, account_id: str, *, reached: str | None = None, **counts: float) -> None:
        """:param reached: the limit that refused the call; the tenant's managers are told, once in a period"""
        self._keep((account_id, datetime.now(UTC).date()), counts, {reached} if reached else set())
        self._behind.wake()

    def flush(self) -> None:
        """Write everything that waits; what cannot be written waits on."""
        self._behind.flush()

    def forget(self, account_id: str) -> None:
        """Drop what waits for a tenant that is gone."""
        with self._lock:
            for gathered in (self._waiting, self._reached):
                for name in [name for name in gathered if name[0] == account_id]:
                    del gathered[name]

    def _keep(self, name: tuple[str, date], counts: Mapping[str, float], reached: set[str]) -> None:
        with self._lock:
            self._waiting[name].update(counts)
            self._reached[name] |= reached

    def _write_all(self) -> bool:
        with self._lock:
            waiting, self._waiting = self._waiting, defaultdict(Counter)
            reached, self._reached = self._reached, defaultdict(set)
        waits_on = False
        for (account_id, day), counts in waiting.items():
            try:
                _write(account_id, day, counts, reached[account_id, day])
            except Exception as error:
                # Of a tenant that was dropped nothing waits: a new one of its name must not get the old one's counts.
                if isinstance(error, psycopg2.OperationalError) and "does not exist" in str(error):
                    continue
                _logger.error("usage of %s: counts not written, trying again: %s", account_id, error)
                self._keep((account_id, day), counts, reached[account_id, day])
                waits_on = True
        return waits_on


def _write(account_id: str, day: date, counts: Counter[str], reached: set[str]) -> None:
    with Registry(account_id).cursor() as cr:
        if isinstance(cr, Cursor):
            # Two processes that add to the same row wait for one another instead of failing to serialize.
            cr.connection.set_isolation_level(ISOLATION_LEVEL_READ_COMMITTED)
        env = api.Environment(cr, SUPERUSER_ID, {})
        retrying(partial(_add, env, day, counts, reached), env)


def _add(env: api.Environment, day: date, counts: Counter[str], reached: set[str]) -> None:
    env["chatwootai.usage"]._add(day, **{name: round(count) for name, count in counts.items()})
    for limit in sorted(reached):
        env["chatwootai.limit"]._tell(limit)


meter = UsageMeter()
