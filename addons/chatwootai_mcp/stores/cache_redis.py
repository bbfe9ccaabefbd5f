"""The cache in Redis, shared by all processes.

Per namespace: ``…:gen`` the generation, ``…:pending`` the marks of writers under way with the times they run out,
``…:v:<generation>:<key>`` the values, ``…:load:…`` who is loading one. Each step is one script, so one round trip.
A missing generation (evicted, flushed, dropped) starts from the server's clock: no generation is ever met twice. That
holds as long as Redis does not come back from an old dump, so a cache's Redis runs without persistence.
"""

import contextlib
import hashlib
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from ..tenancy.account import parse_account_id
from .cache import (
    LOAD_LOCK_SECONDS,
    LOAD_WAIT_SECONDS,
    PENDING_SECONDS,
    Lookup,
    check_ttl,
    encode,
    namespace_key,
)
from .cache_counts import CacheCounts
from .cache_memory import MemoryCache
from .circuit_breaker import CircuitBreaker
from .errors import StoreUnavailable

_T = TypeVar("_T")

_TIMEOUT_SECONDS = 0.15
_POLL_SECONDS = 0.01
_LONGEST_KEY = 120

# KEYS: generation, pending. What follows sees `now` in milliseconds, `pending` the number of writers, `generation`.
_PREAMBLE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local pending = redis.call('ZCARD', KEYS[2])
local generation = redis.call('GET', KEYS[1])
if not generation then
    generation = time[1] .. string.format('%06d', tonumber(time[2]))
    redis.call('SET', KEYS[1], generation, 'EX', 86400)
end
"""
# ARGV: value prefix, key → {generation, value}, or {} while a writer is under way
_LOOKUP = (
    _PREAMBLE
    + """
if pending > 0 then return {} end
local value = redis.call('GET', ARGV[1] .. generation .. ':' .. ARGV[2])
if value then return {generation, value} end
return {generation}
"""
)
# ARGV: value prefix, key, generation seen, value, milliseconds
_STORE = (
    _PREAMBLE
    + """
if pending > 0 or generation ~= ARGV[3] then return 0 end
redis.call('SET', ARGV[1] .. generation .. ':' .. ARGV[2], ARGV[4], 'PX', ARGV[5])
return 1
"""
)
# ARGV: mark, milliseconds
_BEGIN_WRITE = (
    _PREAMBLE
    + """
redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], 86400)
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
"""
)
# ARGV: marks
_END_WRITE = (
    _PREAMBLE
    + """
redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], 86400)
for _, mark in ipairs(ARGV) do redis.call('ZREM', KEYS[2], mark) end
"""
)
# KEYS: bucket. ARGV: capacity, tokens a second. As tenancy.quota.take decides; milliseconds, which Lua writes in full.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local capacity, rate = tonumber(ARGV[1]), tonumber(ARGV[2]) / 1000
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local held = capacity
if bucket[1] then
    held = math.min(capacity, tonumber(bucket[1]) + math.max(0, now - tonumber(bucket[2])) * rate)
end
local wait = '0'
if held >= 1 then held = held - 1 else wait = tostring((1 - held) / rate / 1000) end
redis.call('HSET', KEYS[1], 'tokens', tostring(held), 'at', string.format('%d', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - held) / rate) + 1000)
return wait
"""
# KEYS: leases. ARGV: lease, limit, milliseconds
_LEASE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1
"""
# KEYS: lock. ARGV: its token
_UNLOCK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class RedisCache:
    """Never raises for a Redis that is down, except ``ping`` and ``drop``: callers load from the source instead.

    A write made while Redis can't be reached is remembered here and told to it before anything else once it answers;
    until then other processes may serve what is cached, for at most its ttl.
    """

    def __init__(
        self,
        client: Any,
        breaker: CircuitBreaker | None = None,
        pending_seconds: float = PENDING_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._breaker = breaker or CircuitBreaker()
        self._pending_ms = int(pending_seconds * 1000)
        self._clock = clock
        self._counting_meanwhile = MemoryCache()
        self._owed_lock = threading.Lock()
        self._owed: dict[str, set[str]] = {}  # namespace → marks of writes Redis was not told of
        self._lookup = client.register_script(_LOOKUP)
        self._store = client.register_script(_STORE)
        self._begin_write = client.register_script(_BEGIN_WRITE)
        self._end_write = client.register_script(_END_WRITE)
        self._take = client.register_script(_TAKE)
        self._lease = client.register_script(_LEASE)
        self._unlock = client.register_script(_UNLOCK)
        self.counts = CacheCounts()

    def get(self, account_id: str, namespace: str, key: str) -> Lookup:
        found = self._find(account_id, namespace, key)
        self.counts.add(account_id, namespace, "hits" if found.hit else "misses")
        return found

    def _find(self, account_id: str, namespace: str, key: str) -> Lookup:
        name, short = namespace_key(account_id, namespace), _short(key)
        answer = self._ask(lambda: self._lookup(keys=_keys(name), args=[f"{name}:v:", short]), default=[])
        if not answer:
            return Lookup(hit=False)
        generation = answer[0].decode()
        if len(answer) == 1:
            return Lookup(hit=False, generation=generation)
        return Lookup(hit=True, value=json.loads(answer[1]), generation=generation)

    def set(self, account_id: str, namespace: str, key: str, value: Any, ttl: float, generation: str | None) -> None:
        check_ttl(ttl)
        name, short = namespace_key(account_id, namespace), _short(key)
        encoded = encode(value) if generation is not None else None
        if encoded is not None:
            args = [f"{name}:v:", short, generation, encoded, max(1, int(ttl * 1000))]
            if self._ask(lambda: self._store(keys=_keys(name), args=args)) == 0:
                self.counts.add(account_id, namespace, "stale")

    def get_or_load(self, account_id: str, namespace: str, key: str, load: Callable[[], _T], ttl: float = 60.0) -> _T:
        until = self._clock() + LOAD_WAIT_SECONDS
        found = first = self.get(account_id, namespace, key)

        def loaded() -> _T:
            self.counts.add(account_id, namespace, "loads")
            return load()

        while not found.hit:
            if found.generation is None or found.generation != first.generation or self._clock() > until:
                return loaded()
            lock = f"{namespace_key(account_id, namespace)}:load:{found.generation}:{_short(key)}"
            token = uuid.uuid4().hex
            if self._ask(partial(self._acquire, lock, token), default=True):
                try:
                    return self._load_alone(account_id, namespace, key, loaded, ttl)
                finally:
                    self._ask(partial(self._unlock, keys=[lock], args=[token]))
            time.sleep(_POLL_SECONDS)
            found = self._find(account_id, namespace, key)
        if found is not first:
            self.counts.add(account_id, namespace, "waits")
        return cast(_T, found.value)

    def _load_alone(self, account_id: str, namespace: str, key: str, load: Callable[[], _T], ttl: float) -> _T:
        """Load and store, unless another did so between the lookup that missed and the lock."""
        found = self._find(account_id, namespace, key)
        if found.hit:
            return cast(_T, found.value)
        value = load()
        self.set(account_id, namespace, key, value, ttl, found.generation)
        return value

    @contextlib.contextmanager
    def writing(self, account_id: str, namespace: str) -> Iterator[None]:
        name, mark = namespace_key(account_id, namespace), uuid.uuid4().hex
        self._ask(lambda: self._begin_write(keys=_keys(name), args=[mark, self._pending_ms]))
        try:
            yield
        finally:
            self._finish_write(name, mark)

    def invalidate(self, account_id: str, namespace: str) -> None:
        self._finish_write(namespace_key(account_id, namespace), uuid.uuid4().hex)

    def take_token(self, key: str, capacity: float, per_second: float) -> float:
        args = [capacity, per_second]
        wait = self._ask(lambda: self._take(keys=[f"{key}:bucket"], args=args))
        # Without Redis each process counts for itself: quotas get looser, and never go away.
        return self._counting_meanwhile.take_token(key, capacity, per_second) if wait is None else float(wait)

    def lease(self, key: str, limit: int, seconds: float) -> str | None:
        lease = uuid.uuid4().hex
        args = [lease, limit, max(1, int(seconds * 1000))]
        given = self._ask(lambda: self._lease(keys=[f"{key}:leases"], args=args))
        if given is None:
            return self._counting_meanwhile.lease(key, limit, seconds)
        return lease if given else None

    def give_back(self, key: str, lease: str) -> None:
        self._counting_meanwhile.give_back(key, lease)
        self._ask(lambda: self._client.zrem(f"{key}:leases", lease))

    def drop(self, account_id: str) -> None:
        account = parse_account_id(account_id)
        self._counting_meanwhile.drop(account)
        try:
            # No account_id holds a colon or a wildcard: what stands before the first colon is the owner, exactly.
            doomed = list(self._client.scan_iter(match=f"{account}:*", count=1000))
            for start in range(0, len(doomed), 1000):
                self._client.unlink(*doomed[start : start + 1000])
        except (redis.RedisError, OSError) as error:
            raise StoreUnavailable(f"Redis can't be used now ({type(error).__name__}).") from error

    def ping(self) -> None:
        try:
            self._client.ping()
        except (redis.RedisError, OSError) as error:
            raise StoreUnavailable(f"Redis can't be used now ({type(error).__name__}).") from error

    def close(self) -> None:
        self._client.close()

    def _acquire(self, lock: str, token: str) -> bool:
        return bool(self._client.set(lock, token, nx=True, px=int(LOAD_LOCK_SECONDS * 1000)))

    def _finish_write(self, name: str, mark: str) -> None:
        """First note the debt, then pay it with all others: a failure leaves it noted."""
        with self._owed_lock:
            self._owed.setdefault(name, set()).add(mark)
        self._ask(lambda: None)

    def _pay(self) -> None:
        with self._owed_lock:
            owed = {name: set(marks) for name, marks in self._owed.items()}
        for name, marks in owed.items():
            self._end_write(keys=_keys(name), args=list(marks))
            with self._owed_lock:
                left = self._owed.get(name, set()) - marks
                if left:
                    self._owed[name] = left
                else:
                    self._owed.pop(name, None)

    def _ask(self, ask: Callable[[], Any], default: Any = None) -> Any:
        """What Redis answers, or the default if it is down."""
        if not self._breaker.allows():
            return default
        try:
            if self._owed:
                self._pay()
            answer = ask()
        except (redis.RedisError, OSError):
            self._breaker.failed()
            return default
        self._breaker.succeeded()
        return answer


def connect(url: str, timeout: float = _TIMEOUT_SECONDS) -> RedisCache:
    """A cache on the server at ``url``; one that does not answer at once is done without."""
    client = redis.Redis.from_url(
        url,
        socket_connect_timeout=timeout,
        socket_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
    )
    return RedisCache(client)


def _keys(name: str) -> list[str]:
    return [f"{name}:gen", f"{name}:pending"]


def _short(key: str) -> str:
    """Keys hold whole questions; long ones are told apart by their hash."""
    if len(key) <= _LONGEST_KEY:
        return f"k:{key}"
    return f"h:{hashlib.sha256(key.encode()).hexdigest()}"
