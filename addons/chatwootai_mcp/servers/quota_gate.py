"""Whether a tenant may make one more call now: its rate, and how many run at once."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..control import get_control
from ..stores.cache import Cache
from ..tenancy.account import cache_key
from ..tenancy.quota import QuotaExceeded, over

_MINUTE = 60


class QuotaGate:
    def __init__(self, cache: Callable[[], Cache]) -> None:
        self._cache = cache
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def admit(self, account_id: str) -> Iterator[None]:
        """:raises QuotaExceeded: when the tenant is at its calls a minute or its concurrent calls"""
        limits = get_control().limits(account_id)
        if limits.calls_per_minute is not None:
            calls = self._cache().incr_window(cache_key(account_id, "calls"), _MINUTE)
            if over(limits.calls_per_minute, calls - 1):
                raise QuotaExceeded("calls_per_minute", _MINUTE)
        with self._lock:
            if over(limits.concurrent, self._running[account_id]):
                raise QuotaExceeded("concurrent", 1)
            self._running[account_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[account_id] -= 1
                if not self._running[account_id]:
                    del self._running[account_id]
