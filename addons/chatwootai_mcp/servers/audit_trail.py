"""Audit rows on their way into each tenant's database: gathered in the process, written behind within a second.

A call that writes does not come this way: its row is written in its own transaction. What waits here are reads and
refusals, so that a read costs no commit. A clean stop writes what is left.
"""

import atexit
import logging
import threading
from collections import defaultdict

from odoo import SUPERUSER_ID, api
from odoo.modules import module as odoo_module
from odoo.modules.registry import Registry

from ..tenancy.audit import AuditEvent

_logger = logging.getLogger(__name__)
_INTERVAL = 0.5  # seconds
_MAX_WAITING = 10_000


class AuditTrail:
    def __init__(self) -> None:
        self._waiting: dict[str, list[AuditEvent]] = defaultdict(list)
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._writer: threading.Thread | None = None

    def append(self, account_id: str, event: AuditEvent) -> None:
        with self._lock:
            waiting = self._waiting[account_id]
            if len(waiting) >= _MAX_WAITING:
                _logger.error(
                    "audit of %s: %d rows wait for its database, dropping the oldest", account_id, len(waiting)
                )
                del waiting[0]
            waiting.append(event)
            if self._writer is None and not odoo_module.current_test:
                self._writer = threading.Thread(target=self._write_behind, name="chatwootai-audit", daemon=True)
                self._writer.start()
                atexit.register(self.flush)
        self._wake.set()

    def flush(self) -> None:
        """Write everything that waits; what cannot be written stays."""
        with self._lock:
            batches, self._waiting = self._waiting, defaultdict(list)
        for account_id, events in batches.items():
            try:
                with Registry(account_id).cursor() as cr:
                    api.Environment(cr, SUPERUSER_ID, {})["chatwootai.audit"]._record(events)
            except Exception:
                _logger.exception("audit of %s: %d rows not written, trying again", account_id, len(events))
                with self._lock:
                    self._waiting[account_id] = [*events, *self._waiting[account_id]][-_MAX_WAITING:]

    def forget(self, account_id: str) -> None:
        """Drop what waits for a tenant that is gone."""
        with self._lock:
            self._waiting.pop(account_id, None)

    def _write_behind(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            # The pause gathers a burst into one insert per tenant; it is not a wait for something to be true.
            threading.Event().wait(_INTERVAL)
            self.flush()


trail = AuditTrail()
