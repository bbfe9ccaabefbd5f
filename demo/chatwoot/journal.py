"""The log of all that came in and went out, in order, for tests and for counting."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_request: ContextVar[int | None] = ContextVar("request", default=None)


class Journal:
    """Append-only and bounded; each entry has a number `n`, a unix time `at` and a `kind`.

    What an API call did carries the number of its `request` entry: so it can be told when the call had arrived.
    """

    def __init__(self, size: int = 50_000) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict[str, Any]] = deque(maxlen=size)
        self._numbers = itertools.count(1)

    def write(self, kind: str, **what: Any) -> int:
        """The entry's number."""
        request = _request.get()
        cause = {} if request is None else {"request": request}
        with self._lock:
            number = next(self._numbers)
            self._entries.append({"n": number, "at": time.time(), "kind": kind, **cause, **what})
        return number

    @contextmanager
    def during(self, request: int) -> Iterator[None]:
        """What this thread writes meanwhile is that request's doing."""
        token = _request.set(request)
        try:
            yield
        finally:
            _request.reset(token)

    def read(self, *, after: int = 0, kind: str | None = None, limit: int | None = None) -> list[dict[str, Any]]:
        with self._lock:
            found = [e for e in self._entries if e["n"] > after and kind in (None, e["kind"])]
        return found[:limit]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
