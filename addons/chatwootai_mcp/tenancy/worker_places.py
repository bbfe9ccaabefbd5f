"""Which tenant each worker process serves, so that one tenant's slow calls never take the last worker.

A worker serves one request at a time and what waits lies in the kernel's queue, in no tenant's order. Quick calls drain
it quickly, whoever sent them. Slow ones do not: once a tenant's slow calls have all workers but one, its next call is
refused, and the last worker is there for the others. The table is memory that the workers share from their fork on.
"""

import mmap
import os
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .bulkhead import Overloaded

SLOW_SECONDS = 0.25  # a call that has run for so long may run for much longer
_ENTRY = struct.Struct("<IId")  # pid, tenant, since when; a tenant of 0 is none
_MOST_WORKERS = 512


class WorkerPlaces:
    """Made before the workers are forked; then each notes what it serves.

    :param workers: how many there are; with fewer than two, none could be kept free
    """

    def __init__(
        self,
        workers: int,
        clock: Callable[[], float] = time.monotonic,
        alive: Callable[[int], bool] | None = None,
        pid: Callable[[], int] = os.getpid,
    ) -> None:
        self._workers = workers
        self._clock = clock
        self._alive = alive or _is_alive
        self._pid = pid
        self._table = mmap.mmap(-1, _MOST_WORKERS * _ENTRY.size)
        self._mine: tuple[int, int] | None = None  # pid, offset
        self._lock = threading.Lock()

    @contextmanager
    def serving(self, account_id: str) -> Iterator[None]:
        """:raises Overloaded: the tenant's slow calls have all workers but this one"""
        if self._workers < 2:
            yield
            return
        tenant = zlib.crc32(account_id.encode()) or 1  # who shares a number shares a bound, and nothing else
        if self._slow_calls(tenant) >= self._workers - 1:
            raise Overloaded
        offset = self._place()
        _ENTRY.pack_into(self._table, offset, self._pid(), tenant, self._clock())
        try:
            yield
        finally:
            _ENTRY.pack_into(self._table, offset, self._pid(), 0, 0.0)

    def _slow_calls(self, tenant: int) -> int:
        before = self._clock() - SLOW_SECONDS
        slow = [pid for pid, serves, since in self._entries() if serves == tenant and since <= before]
        if len(slow) < self._workers - 1:
            return len(slow)
        return sum(self._alive(pid) for pid in slow)  # one that was killed serves nobody

    def _entries(self) -> Iterator[tuple[int, int, float]]:
        for offset in range(0, len(self._table), _ENTRY.size):
            entry = _ENTRY.unpack_from(self._table, offset)
            if not entry[0]:
                return
            yield entry

    def _place(self) -> int:
        """This worker's entry: found once, by its number, where no other living worker has one."""
        pid = self._pid()
        if self._mine is None or self._mine[0] != pid:
            with self._lock:
                self._mine = pid, self._free_offset(pid)
        return self._mine[1]

    def _free_offset(self, pid: int) -> int:
        """Two that are forked at once could take the same; then one of them is not counted, until the next fork."""
        offsets = range(0, len(self._table), _ENTRY.size)
        for offset in offsets:
            owner = _ENTRY.unpack_from(self._table, offset)[0]
            if owner in (0, pid) or not self._alive(owner):
                _ENTRY.pack_into(self._table, offset, pid, 0, 0.0)
                return offset
        return offsets[-1]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
