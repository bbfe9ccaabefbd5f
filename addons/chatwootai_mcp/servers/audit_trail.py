"""Audit rows on their way into each tenant's database: gathered in the process, written behind within a second.

A call that writes does not come this way: its row is written in its own transaction. What waits here are reads and
refusals, so that a read costs no commit; and the sealing of rows that were committed. A clean stop writes what is left.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable

from odoo import api

from ..tenancy.audit import AuditEvent
from .short_transaction import Gone, write_behind_in
from .write_behind import WriteBehind

_logger = logging.getLogger(__name__)
_INTERVAL = 0.5  # seconds
_MAX_WAITING = 10_000


class AuditTrail:
    def __init__(self) -> None:
        self._waiting: dict[str, list[AuditEvent]] = defaultdict(list)
        self._lost: dict[str, int] = defaultdict(int)
        self._unsealed: set[str] = set()
        self._lock = threading.Lock()
        self._behind = WriteBehind("chatwootai-audit", self._write, _INTERVAL)

    def append(self, account_id: str, event: AuditEvent) -> None:
        with self._lock:
            self._keep(account_id, [event])
        self._behind.wake()

    def seal_soon(self, account_id: str) -> None:
        """Rows of the tenant were committed that have no place in its chain yet."""
        with self._lock:
            self._unsealed.add(account_id)
        self._behind.wake()

    def flush(self) -> bool:
        """Write and seal everything that waits; True when something could not be, and waits on."""
        return self._behind.flush()

    def forget(self, account_id: str) -> None:
        """Drop what waits for a tenant that is gone."""
        with self._lock:
            self._waiting.pop(account_id, None)
            self._lost.pop(account_id, None)
            self._unsealed.discard(account_id)

    def _keep(self, account_id: str, events: list[AuditEvent]) -> None:
        """Let them wait, at most so many: the newest are given up first, so that what is kept has no holes before."""
        waiting = self._waiting[account_id]
        room = _MAX_WAITING - len(waiting)
        waiting.extend(events[:room])
        if len(events) > room:
            self._lost[account_id] += len(events) - room

    def _write(self) -> bool:
        with self._lock:
            batches, self._waiting = self._waiting, defaultdict(list)
            lost, self._lost = self._lost, defaultdict(int)
        waits_on = False
        for account_id, events in batches.items():
            told = [_loss(lost[account_id])] if lost[account_id] else []
            if not _attempt(account_id, "rows", _record, [*events, *told]):
                waits_on = True
                with self._lock:
                    self._lost[account_id] += lost[account_id]
                    newer = self._waiting.pop(account_id, [])
                    self._keep(account_id, [*events, *newer])
        with self._lock:
            unsealed, self._unsealed = self._unsealed, set()
        for account_id in unsealed:
            # A stop may have closed the connections in the midst of it.
            if not _attempt(account_id, "seals", _seal):
                waits_on = True
                with self._lock:
                    self._unsealed.add(account_id)
        return waits_on


def _attempt(account_id: str, what: str, work: Callable[..., object], *arguments: object) -> bool:
    """Whether nothing more is to be done for this tenant."""
    try:
        write_behind_in(account_id, work, *arguments)
    except Gone:
        return True
    except Exception as error:
        _logger.error("audit of %s: %s not written, trying again: %s", account_id, what, error)
        return False
    return True


def _record(env: api.Environment, events: list[AuditEvent]) -> None:
    env["chatwootai.audit"]._record(events)


def _seal(env: api.Environment) -> None:
    while env["chatwootai.audit.chain"]._seal_some():
        pass


def _loss(count: int) -> AuditEvent:
    return AuditEvent(
        "server", 0, "audit", "", "error", 0, {"lost": count}, f"{count} rows were lost: the database took too long"
    )


trail = AuditTrail()
