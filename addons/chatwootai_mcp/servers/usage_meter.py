"""What calls add to a tenant's usage of the day: counted in the process, added to its database behind.

A call costs a dictionary's entry. The counts of many calls are one statement, in a transaction of its own: the row of
the day is everybody's, and nobody may keep it locked. A clean stop writes what is left.
"""

import atexit
import logging
import threading
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from functools import partial

from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from odoo import SUPERUSER_ID, api
from odoo.modules import module as odoo_module
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.sql_db import Cursor

_logger = logging.getLogger(__name__)
_INTERVAL = 2.0  # seconds


class UsageMeter:
    def __init__(self) -> None:
        self._waiting: dict[tuple[str, date], Counter[str]] = defaultdict(Counter)
        self._reached: dict[str, set[str]] = defaultdict(set)  # account → its limits that were reached
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._writer: threading.Thread | None = None

    def add(self, account_id: str, *, reached: str | None = None, **counts: float) -> None:
        """:param reached: the limit that refused the call; the tenant's managers are told, once in a period"""
        with self._lock:
            self._waiting[account_id, datetime.now(UTC).date()].update(counts)
            if reached:
                self._reached[account_id].add(reached)
            if self._writer is None and not odoo_module.current_test:
                self._writer = threading.Thread(target=self._write_behind, name="chatwootai-usage", daemon=True)
                self._writer.start()
                atexit.register(self.flush)
        self._wake.set()

    def flush(self) -> None:
        """Write everything that waits; what cannot be written waits on."""
        with self._lock:
            waiting, self._waiting = self._waiting, defaultdict(Counter)
            reached, self._reached = self._reached, defaultdict(set)
        for (account_id, day), counts in waiting.items():
            try:
                _write(account_id, day, counts, reached.pop(account_id, set()))
            except Exception:
                _logger.exception("usage of %s: counts not written, trying again", account_id)
                with self._lock:
                    self._waiting[account_id, day].update(counts)

    def forget(self, account_id: str) -> None:
        """Drop what waits for a tenant that is gone."""
        with self._lock:
            self._waiting = defaultdict(
                Counter, {name: counts for name, counts in self._waiting.items() if name[0] != account_id}
            )
            self._reached.pop(account_id, None)

    def _write_behind(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            # The pause gathers many calls into one statement; it is not a wait for something to be true.
            threading.Event().wait(_INTERVAL)
            self.flush()


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
