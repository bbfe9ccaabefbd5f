"""Of one tenant's work that computes, one at a time: several on Python's one processor get no more done together.

Who waits for the network computes nothing, and does not say so: whoever wants its place sees it by its thread's time.
"""

import threading
import time
from collections.abc import Callable

_LOOK_SECONDS = 0.02  # within which a thread that computes got some of the processor, however many others want it
_COMPUTES = 0.02  # of the time that passed; below it, a thread waits for something


def computed_by(thread: int) -> float:
    """Seconds of the processor's time that a living thread has had."""
    return time.clock_gettime(time.pthread_getcpuclockid(thread))


class OneComputes:
    """The place of who computes."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        computed: Callable[[int], float] = computed_by,
    ) -> None:
        self._clock = clock
        self._computed_by = computed
        self._free = threading.Condition()
        self._thread: int | None = None
        self._looked_at = 0.0
        self._computed = 0.0

    def take(self, patience: float = 0.0) -> bool:
        """Wait until the place is free, or its holder does not compute, and take it; whether this thread has it now.

        :param patience: seconds
        """
        mine = threading.get_ident()
        with self._free:
            until = self._clock() + patience
            while self._thread not in (None, mine) and not self._holder_waits():
                left = until - self._clock()
                if left <= 0:
                    return False
                self._free.wait(min(left, _LOOK_SECONDS))
            if self._thread != mine:
                self._thread, self._looked_at, self._computed = mine, self._clock(), self._computed_by(mine)
            return True

    def give_back(self) -> None:
        """Must be called before the thread ends."""
        with self._free:
            if self._thread == threading.get_ident():
                self._thread = None
                self._free.notify()

    def _holder_waits(self) -> bool:
        # The holder lives: it gives the place back before it ends, for which it needs the lock.
        assert self._thread is not None
        now = self._clock()
        passed = now - self._looked_at
        if passed < _LOOK_SECONDS:
            return False
        computed, before = self._computed_by(self._thread), self._computed
        self._looked_at, self._computed = now, computed
        return computed - before < _COMPUTES * passed
