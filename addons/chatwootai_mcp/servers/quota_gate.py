"""Whether a tenant may make one more call now: its rate, and how many run at once, over all processes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..control import get_control
from ..stores.cache import Cache
from ..tenancy.account import cache_key
from ..tenancy.quota import QuotaExceeded, over
from .call import CALL_SECONDS

_MINUTE = 60
_LEASE_SECONDS = CALL_SECONDS + 30  # longer than a call lives


class QuotaGate:
    def __init__(self, cache: Callable[[], Cache]) -> None:
        self._cache = cache

    @contextmanager
    def admit(self, account_id: str) -> Iterator[None]:
        """:raises QuotaExceeded: when the tenant is at its calls a minute or its concurrent calls"""
        limits = get_control().limits(account_id)
        if limits.calls_per_minute is not None:
            self._take_call(account_id, limits.calls_per_minute)
        with place(self._cache(), account_id, "calls", limits.concurrent, _LEASE_SECONDS) as free:
            if not free:
                raise QuotaExceeded("concurrent", limits.concurrent or 0, 1)
            yield

    def _take_call(self, account_id: str, limit: int) -> None:
        wait = float(_MINUTE)
        if not over(limit, 0):
            wait = self._cache().take_token(cache_key(account_id, "calls"), limit, limit / _MINUTE)
        if wait:
            raise QuotaExceeded("calls_per_minute", limit, wait)


@contextmanager
def place(cache: Cache, account_id: str, work: str, limit: int | None, seconds: float) -> Iterator[bool]:
    """Hold one of the tenant's places for this kind of work; False when all are taken.

    :param seconds: longer than the work may take: then the place of a process that was killed is free again
    """
    if limit is None:
        yield True
        return
    key = cache_key(account_id, work)
    lease = cache.lease(key, limit, seconds)
    try:
        yield lease is not None
    finally:
        if lease is not None:
            cache.give_back(key, lease)
