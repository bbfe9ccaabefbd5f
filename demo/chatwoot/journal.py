"""The log of all that came in and went out, in order, for tests and for counting."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from typing import Any


class Journal:
    """Append-only and bounded; each entry has a number `n`, a unix time `at` and a `kind`."""

    def __init__(self, size: int = 50_000) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict[str, Any]] = deque(maxlen=size)
        self._numbers = itertools.count(1)

    def write(self, kind: str, **what: Any) -> None:
        with self._lock:
            self._entries.append({"n": next(self._numbers), "at": time.time(), "kind": kind, **what})

    def read(self, *, after: int = 0, kind: str | None = None, limit: int | None = None) -> list[dict[str, Any]]:
        with self._lock:
            found = [e for e in self._entries if e["n"] > after and kind in (None, e["kind"])]
        return found[:limit]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
