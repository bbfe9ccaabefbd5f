"""Stops asking a server that does not answer, and tries again after a while."""

import threading
import time
from collections.abc import Callable


class CircuitBreaker:
    """Closed: calls pass. After ``threshold`` failures in a row it opens; after ``pause`` seconds one call may try."""

    def __init__(self, threshold: int = 3, pause: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._threshold = threshold
        self._pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._next_try = 0.0

    def allows(self) -> bool:
        """Whether a call may be made now; when open, one caller per pause is told yes."""
        if self._failures < self._threshold:
            return True
        with self._lock:
            now = self._clock()
            if now < self._next_try:
                return False
            self._next_try = now + self._pause
            return True

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            self._next_try = self._clock() + self._pause
