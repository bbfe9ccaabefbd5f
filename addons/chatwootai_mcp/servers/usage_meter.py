"""What calls add to a tenant's usage of the day: counted in the process, added to its database behind.

With them goes how caches and pools did since the last time: those count for themselves, and are read here.

A call costs a dictionary's entry. The counts of many calls are one statement, in a transaction of its own: the row of
the day is everybody's, and nobody may keep it locked. A clean stop writes what is left.
"""

import logging
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime

from odoo import api

from . import admission, connection_pools
from .short_transaction import Gone, write_behind_in
from .stores_of_process import get_stores
from .write_behind import WriteBehind

_logger = logging.getLogger(__name__)
_INTERVAL = 2.0  # seconds
_SIZES = ("pool_size",)  # as they are now; the rest of what is watched is counted up


class UsageMeter:
    def __init__(self) -> None:
        self._waiting: dict[tuple[str, date], Counter[str]] = defaultdict(Counter)
        self._reached: dict[tuple[str, date], set[str]] = defaultdict(set)  # the limits that were reached
        self._written: dict[str, Counter[str]] = {}  # of what caches and pools have counted
        self._lock = threading.Lock()
        self._behind = WriteBehind("chatwootai-usage", self._write, _INTERVAL)

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
            self._written.pop(account_id, None)

    def _keep(self, name: tuple[str, date], counts: Mapping[str, float], reached: set[str]) -> None:
        with self._lock:
            self._waiting[name].update(counts)
            self._reached[name] |= reached

    def _write(self) -> bool:
        watched = _watched() if self._waiting else {}
        with self._lock:
            waiting, self._waiting = self._waiting, defaultdict(Counter)
            reached, self._reached = self._reached, defaultdict(set)
        waits_on = False
        for (account_id, day), counts in waiting.items():
            watched_counts = watched.get(account_id, Counter())
            news = counts + self._news(account_id, watched_counts)
            try:
                write_behind_in(account_id, _add, day, news, reached[account_id, day])
                self._written[account_id] = watched_counts
            except Gone:
                continue
            except Exception as error:
                _logger.error("usage of %s: counts not written, trying again: %s", account_id, error)
                self._keep((account_id, day), counts, reached[account_id, day])
                waits_on = True
        return waits_on

    def _news(self, account_id: str, counted: Counter[str]) -> Counter[str]:
        """What was counted since it was last written; all of it, where counting has begun anew."""
        written = self._written.get(account_id, Counter())
        news = {name: count - written[name] if count >= written[name] else count for name, count in counted.items()}
        return Counter(news | {name: counted[name] for name in _SIZES if name in counted})


def _watched() -> dict[str, Counter[str]]:
    """How caches and pools of this process have done since it began, by account."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for (account_id, _namespace), use in get_stores().cache.counts.uses().items():
        found[account_id].update(cache_hits=use.hits + use.waits, cache_lookups=use.hits + use.misses)
    for bulkhead in (*admission.LANES.values(), connection_pools.bulkhead):
        for account_id, use in bulkhead.uses().items():
            found[account_id].update(pool_waits=use.waits)
    for account_id, use in connection_pools.bulkhead.uses().items():
        found[account_id].update(pool_size=use.size)
    return found


def _add(env: api.Environment, day: date, counts: Counter[str], reached: set[str]) -> None:
    env["chatwootai.usage"]._add(day, **{name: round(count) for name, count in counts.items()})
    for limit in sorted(reached):
        env["chatwootai.limit"]._tell(limit)


meter = UsageMeter()
