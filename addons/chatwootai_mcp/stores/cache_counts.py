"""How a process's cache does, by account and namespace: what was found, loaded, waited for, and not stored as stale."""

import threading
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True)
class CacheUse:
    """
    :param misses: lookups that found nothing that may be served
    :param loads: values fetched from their source
    :param waits: lookups served by what another was already loading
    :param stale: loaded values not stored, because a write came between
    """

    hits: int = 0
    misses: int = 0
    loads: int = 0
    waits: int = 0
    stale: int = 0

    @property
    def hit_rate(self) -> float:
        looked = self.hits + self.misses
        return (self.hits + self.waits) / looked if looked else 0.0


class CacheCounts:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], Counter[str]] = {}

    def add(self, account_id: str, namespace: str, what: str) -> None:
        """:param what: a name of `CacheUse`"""
        with self._lock:
            self._counts.setdefault((account_id, namespace), Counter())[what] += 1

    def uses(self) -> dict[tuple[str, str], CacheUse]:
        with self._lock:
            return {key: CacheUse(**counts) for key, counts in self._counts.items()}

    def forget(self, account_id: str) -> None:
        with self._lock:
            for key in [key for key in self._counts if key[0] == account_id]:
                del self._counts[key]
