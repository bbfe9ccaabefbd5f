"""Alerts raised where no transaction of the tenant is at hand: gathered in the process, written behind.

``raise_later`` costs a dictionary's entry. What repeats before it is written is counted, so a flood of one kind is one
row; a clean stop writes what is left.
"""

import logging
import threading
from dataclasses import dataclass

from odoo import api

from .short_transaction import Gone, write_behind_in
from .write_behind import WriteBehind

_logger = logging.getLogger(__name__)
_INTERVAL = 1.0  # seconds
_MAX_WAITING = 1_000  # different alerts


@dataclass
class _Waiting:
    summary: str
    note: str
    times: int = 0
    tried: bool = False


class AlertTrail:
    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str, str], _Waiting] = {}
        self._lock = threading.Lock()
        self._behind = WriteBehind("chatwootai-alerts", self._write, _INTERVAL)

    def raise_later(self, account_id: str, kind: str, summary: str, note: str = "", key: str = "") -> None:
        with self._lock:
            name = (account_id, kind, key)
            if name not in self._waiting and len(self._waiting) >= _MAX_WAITING:
                _logger.error("%d alerts wait to be written, dropping one more of %s", _MAX_WAITING, account_id)
                return
            waiting = self._waiting.setdefault(name, _Waiting(summary, note))
            waiting.summary, waiting.note, waiting.times = summary, note, waiting.times + 1
        self._behind.wake()

    def flush(self) -> bool:
        """Write everything that waits; whether something waits on."""
        return self._behind.flush()

    def forget(self, account_id: str) -> None:
        """Drop what waits for a tenant that is gone."""
        with self._lock:
            self._waiting = {name: alert for name, alert in self._waiting.items() if name[0] != account_id}

    def _write(self) -> bool:
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for (account_id, kind, key), alert in waiting.items():
            try:
                write_behind_in(account_id, _raise, kind, key, alert)
            except Gone:
                continue
            except Exception as error:
                # Tried once more, for a stop that closed the connections under it. Then no more: an alert that is
                # still true is raised again by itself.
                if not alert.tried:
                    self._keep((account_id, kind, key), alert)
                    continue
                _logger.error("alert %s of %s was not written (%s): %s", kind, account_id, error, alert.summary)
        with self._lock:
            return any(alert.tried for alert in self._waiting.values())

    def _keep(self, name: tuple[str, str, str], alert: _Waiting) -> None:
        """What could not be written waits on, with what was raised meanwhile."""
        with self._lock:
            newer = self._waiting.setdefault(name, alert)
            if newer is not alert:
                newer.times += alert.times
            newer.tried = True


def _raise(env: api.Environment, kind: str, key: str, alert: _Waiting) -> None:
    env["chatwootai.alert"]._raise(kind, alert.summary, alert.note, key, times=alert.times)


alerts = AlertTrail()
raise_later = alerts.raise_later
