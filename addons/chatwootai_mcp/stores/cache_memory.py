"""The cache in process: for one process without Redis, and as Redis's stand-in for counting while it is down."""

import contextlib
import itertools
import json
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from ..tenancy.account import parse_account_id
from ..tenancy.quota import Bucket, take
from .cache import LOAD_WAIT_SECONDS, PENDING_SECONDS, Lookup, check_ttl, encode, namespace_key
from .cache_counts import CacheCounts

_T = TypeVar("_T")


@dataclass
class _Namespace:
    generation: int
    pending: dict[int, float] = field(default_factory=dict)  # mark → when it runs out


class MemoryCache:
    """Bounded in entries; the least recently used go first."""

    def __init__(self, max_entries: int = 20_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_entries = max_entries
        self._clock = clock
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)  # generations and marks: never given twice, so never met again
        self._namespaces: dict[str, _Namespace] = {}
        self._entries: OrderedDict[tuple[str, int, str], tuple[float, bytes]] = OrderedDict()
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self._leases: dict[str, dict[str, float]] = {}  # key → lease → when it runs out
        self._loading: dict[tuple[str, str, str], threading.Event] = {}
        self.counts = CacheCounts()

    def get(self, account_id: str, namespace: str, key: str) -> Lookup:
        found = self._find(account_id, namespace, key)
        self.counts.add(account_id, namespace, "hits" if found.hit else "misses")
        return found

    def _find(self, account_id: str, namespace: str, key: str) -> Lookup:
        name = namespace_key(account_id, namespace)
        with self._lock:
            space = self._space(name)
            if self._is_pending(space):
                return Lookup(hit=False)
            slot = (name, space.generation, key)
            expires, encoded = self._entries.get(slot, (0.0, b""))
            if expires <= self._clock():
                self._entries.pop(slot, None)
                return Lookup(hit=False, generation=str(space.generation))
            self._entries.move_to_end(slot)
            generation = str(space.generation)
        return Lookup(hit=True, value=json.loads(encoded), generation=generation)

    def set(self, account_id: str, namespace: str, key: str, value: Any, ttl: float, generation: str | None) -> None:
        check_ttl(ttl)
        name = namespace_key(account_id, namespace)
        encoded = encode(value) if generation is not None else None
        if encoded is None or generation is None:
            return
        with self._lock:
            space = self._space(name)
            if self._is_pending(space) or str(space.generation) != generation:
                self.counts.add(account_id, namespace, "stale")
                return
            slot = (name, space.generation, key)
            self._entries[slot] = (self._clock() + ttl, encoded)
            self._entries.move_to_end(slot)
            while len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)

    def get_or_load(self, account_id: str, namespace: str, key: str, load: Callable[[], _T], ttl: float = 60.0) -> _T:
        found = self.get(account_id, namespace, key)

        def loaded() -> _T:
            self.counts.add(account_id, namespace, "loads")
            return load()

        if found.hit:
            return cast(_T, found.value)
        if found.generation is None:
            return loaded()
        flight = (namespace_key(account_id, namespace), found.generation, key)
        with self._lock:
            running = self._loading.get(flight)
            if running is None:
                self._loading[flight] = done = threading.Event()
        if running is not None:
            running.wait(LOAD_WAIT_SECONDS)
            found = self._find(account_id, namespace, key)
            if not found.hit:
                return loaded()  # the other failed, or was too slow
            self.counts.add(account_id, namespace, "waits")
            return cast(_T, found.value)
        try:
            found = self._find(account_id, namespace, key)
            if found.hit:  # another loaded it between the lookup that missed and the registration
                return cast(_T, found.value)
            value = loaded()
            self.set(account_id, namespace, key, value, ttl, found.generation)
            return value
        finally:
            with self._lock:
                self._loading.pop(flight, None)
            done.set()

    @contextlib.contextmanager
    def writing(self, account_id: str, namespace: str) -> Iterator[None]:
        name = namespace_key(account_id, namespace)
        with self._lock:
            mark = self._raise_generation(name)
            self._space(name).pending[mark] = self._clock() + PENDING_SECONDS
        try:
            yield
        finally:
            with self._lock:
                self._raise_generation(name)
                self._space(name).pending.pop(mark, None)

    def invalidate(self, account_id: str, namespace: str) -> None:
        with self._lock:
            self._raise_generation(namespace_key(account_id, namespace))

    def take_token(self, key: str, capacity: float, per_second: float) -> float:
        with self._lock:
            self._buckets[key], wait = take(self._buckets.pop(key, None), capacity, per_second, self._clock())
            while len(self._buckets) > self._max_entries:
                self._buckets.popitem(last=False)
            return wait

    def lease(self, key: str, limit: int, seconds: float) -> str | None:
        with self._lock:
            now = self._clock()
            held = {lease: ends for lease, ends in self._leases.get(key, {}).items() if ends > now}
            self._leases[key] = held
            if len(held) >= limit:
                return None
            lease = uuid.uuid4().hex
            held[lease] = now + seconds
            return lease

    def give_back(self, key: str, lease: str) -> None:
        with self._lock:
            held = self._leases.get(key, {})
            held.pop(lease, None)
            if not held:
                self._leases.pop(key, None)

    def drop(self, account_id: str) -> None:
        account = parse_account_id(account_id)
        with self._lock:
            # Generations are forgotten with the rest: the next one is a number nobody has seen.
            self._namespaces = {name: space for name, space in self._namespaces.items() if _owner(name) != account}
            for slot in [slot for slot in self._entries if _owner(slot[0]) == account]:
                del self._entries[slot]
            for counted in (self._buckets, self._leases):
                for key in [key for key in counted if _owner(key) == account]:
                    del counted[key]

    def ping(self) -> None:
        return None

    def close(self) -> None:
        return None

    def _space(self, name: str) -> _Namespace:
        space = self._namespaces.get(name)
        if space is None:
            space = self._namespaces[name] = _Namespace(next(self._numbers))
        return space

    def _raise_generation(self, name: str) -> int:
        space = self._space(name)
        space.generation = next(self._numbers)
        return space.generation

    def _is_pending(self, space: _Namespace) -> bool:
        if space.pending:
            now = self._clock()
            space.pending = {mark: ends for mark, ends in space.pending.items() if ends > now}
        return bool(space.pending)


def _owner(key: str) -> str:
    return key.partition(":")[0]
