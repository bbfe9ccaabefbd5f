"""What is particular to the cache in Redis: Redis down, slow, flushed, and writers that died."""

import signal
import time

import pytest
import redis
from chatwootai_mcp.stores.cache_redis import RedisCache, connect
from chatwootai_mcp.stores.circuit_breaker import CircuitBreaker
from chatwootai_mcp.stores.errors import StoreUnavailable
from chatwootai_mcp.tenancy.account import cache_key

NS = "company_metadata"


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_without_redis_values_are_loaded_and_limits_counted_in_process(tmp_path):
    cache = connect(f"unix://{tmp_path}/nobody.sock")
    assert cache.get_or_load("acme", NS, "k", lambda: "value") == "value"
    with cache.writing("acme", NS):
        pass
    cache.invalidate("acme", NS)
    assert [cache.take_token(cache_key("acme", "calls"), 2, 0.001) > 0 for _ in range(3)] == [False, False, True]
    lease = cache.lease(cache_key("acme", "turns"), 1, 60)
    assert lease and cache.lease(cache_key("acme", "turns"), 1, 60) is None
    cache.give_back(cache_key("acme", "turns"), lease)
    assert cache.lease(cache_key("acme", "turns"), 1, 60)
    for refused in (cache.ping, lambda: cache.drop("acme")):
        with pytest.raises(StoreUnavailable, match="Redis"):
            refused()


def test_a_redis_that_hangs_costs_little_and_then_nothing(redis_server, redis_url):
    cache = connect(redis_url)
    cache._breaker = CircuitBreaker(threshold=3, pause=600)
    assert cache._client.connection_pool.connection_kwargs["socket_timeout"] < 1
    asked, ask = [], cache._lookup
    cache._lookup = lambda **given: asked.append(given) or ask(**given)
    redis_server.send_signal(signal.SIGSTOP)
    try:
        for _ in range(200):
            assert cache.get_or_load("acme", NS, "k", lambda: "value") == "value"
        assert len(asked) == 3, "each try waits for its answer"
    finally:
        redis_server.send_signal(signal.SIGCONT)


def test_a_write_made_while_redis_was_down_is_told_to_it_before_anything_is_read(redis_url):
    clock = Clock()
    client = Interrupted(redis.Redis.from_url(redis_url))
    cache = RedisCache(client, CircuitBreaker(threshold=1, pause=5, clock=clock))
    other = connect(redis_url, timeout=5)
    cache.get_or_load("acme", NS, "k", lambda: "old")
    client.down = True
    with cache.writing("acme", NS):
        pass
    client.down = False
    assert cache.get_or_load("acme", NS, "k", lambda: "new") == "new"  # the breaker is open: from the source
    clock.now += 6
    assert cache.get_or_load("acme", NS, "k", lambda: "new") == "new"
    assert other.get_or_load("acme", NS, "k", lambda: "unused") == "new"


def test_the_mark_of_a_writer_that_died_runs_out_and_nothing_stale_comes_back(redis_url):
    writer = RedisCache(redis.Redis.from_url(redis_url), pending_seconds=1)  # time to look before it runs out
    reader = connect(redis_url, timeout=5)
    reader.get_or_load("acme", NS, "k", lambda: "old")
    died = writer.writing("acme", NS)
    died.__enter__()  # and never leaves
    assert reader.get("acme", NS, "k").generation is None
    until = time.monotonic() + 10
    while reader.get("acme", NS, "k").generation is None and time.monotonic() < until:
        time.sleep(0.01)
    assert reader.get_or_load("acme", NS, "k", lambda: "new") == "new"
    del died


def test_a_flushed_redis_never_meets_an_old_generation(redis_url):
    cache = connect(redis_url, timeout=5)
    before = cache.get("acme", NS, "k").generation
    redis.Redis.from_url(redis_url).flushall()
    cache.set("acme", NS, "k", "old", 60, before)
    assert not cache.get("acme", NS, "k").hit


def test_a_dropped_tenant_leaves_no_key(redis_url):
    cache = connect(redis_url, timeout=5)
    for account in ("acme", "acme-x"):
        cache.get_or_load(account, NS, "k", lambda: "value")
        cache.take_token(cache_key(account, "calls"), 1, 1)
        cache.lease(cache_key(account, "turns"), 1, 60)
    cache.drop("acme")
    owners = {key.split(b":")[0] for key in redis.Redis.from_url(redis_url).scan_iter()}
    assert owners == {b"acme-x"}


def test_every_key_in_redis_runs_out(redis_url):
    cache, client = connect(redis_url, timeout=5), redis.Redis.from_url(redis_url)
    cache.get_or_load("acme", NS, "k", lambda: "value")
    cache.take_token(cache_key("acme", "calls"), 1, 1)
    cache.lease(cache_key("acme", "turns"), 1, 60)
    cache.lease(cache_key("acme", "turns"), 2, 1)  # a shorter lease does not end a longer one's key
    assert client.pttl("acme:turns:leases") > 30_000
    with cache.writing("acme", NS):
        assert all(client.ttl(key) > 0 for key in client.scan_iter())


def test_limits_hold_while_redis_goes_and_comes(redis_url):
    """Counted in this process meanwhile: looser over all processes, but never off."""
    client = Interrupted(redis.Redis.from_url(redis_url))
    clock = Clock()
    cache = RedisCache(client, CircuitBreaker(threshold=1, pause=5, clock=clock))
    key = cache_key("acme", "calls")
    held = cache.lease(key, 1, 60)
    assert cache.take_token(key, 1, 0.001) == 0
    client.down = True
    meanwhile = cache.lease(key, 1, 60)
    assert meanwhile and cache.lease(key, 1, 60) is None
    assert [cache.take_token(key, 1, 0.001) > 0 for _ in range(2)] == [False, True]
    client.down, clock.now = False, clock.now + 5
    assert cache.lease(key, 1, 60) is None, "Redis remembers who holds the place"
    assert cache.take_token(key, 1, 0.001) > 0
    for lease in (meanwhile, held):
        cache.give_back(key, lease)
    assert cache.lease(key, 1, 60)


def test_the_breaker_lets_one_caller_try_after_its_pause():
    clock = Clock()
    breaker = CircuitBreaker(threshold=2, pause=5, clock=clock)
    breaker.failed()
    assert breaker.allows()
    breaker.failed()
    assert not breaker.allows()
    clock.now += 5
    assert [breaker.allows(), breaker.allows()] == [True, False]
    breaker.succeeded()
    assert [breaker.allows(), breaker.allows()] == [True, True]


class Interrupted:
    """A client whose connection can be cut."""

    def __init__(self, client):
        self._client, self.down = client, False

    def register_script(self, script):
        registered = self._client.register_script(script)
        return lambda **kwargs: self._reach() or registered(**kwargs)

    def set(self, *args, **kwargs):
        self._reach()
        return self._client.set(*args, **kwargs)

    def zrem(self, *args):
        self._reach()
        return self._client.zrem(*args)

    def _reach(self):
        if self.down:
            raise redis.ConnectionError
