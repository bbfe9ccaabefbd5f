"""What every cache promises, on every adapter; Redis is a real one, started for the tests."""

import threading
import time

import pytest
from chatwootai_mcp.stores.cache_memory import MemoryCache
from chatwootai_mcp.stores.cache_redis import connect
from chatwootai_mcp.tenancy.account import InvalidAccountId, cache_key

NS = "company_metadata"


@pytest.fixture(params=["memory", "redis"])
def caches(request):
    """Two views of one cache, as two processes have them; the memory cache is one process's."""
    if request.param == "memory":
        cache = MemoryCache()
        return cache, cache
    url = request.getfixturevalue("redis_url")
    # Patient: a busy machine is no Redis that is down.
    return connect(url, timeout=5), connect(url, timeout=5)


@pytest.fixture
def cache(caches):
    return caches[0]


def _in_threads(work, number=8):
    threads = [threading.Thread(target=work, args=(n,)) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def store(cache, account, key, value, namespace=NS, ttl=60):
    cache.set(account, namespace, key, value, ttl, cache.get(account, namespace, key).generation)


class TestCache:
    def test_a_value_is_read_back_as_a_copy(self, caches):
        value = {"name": "João", "list": [1, None, True]}
        store(caches[0], "acme", "k", value)
        first = caches[1].get("acme", NS, "k")
        assert (first.hit, first.value) == (True, value)
        first.value["name"] = "changed"
        assert caches[1].get("acme", NS, "k").value == value

    def test_a_cached_nothing_is_a_hit(self, cache):
        store(cache, "acme", "k", None)
        assert cache.get("acme", NS, "k").hit

    def test_a_value_runs_out(self, cache):
        store(cache, "acme", "k", 1, ttl=0.05)
        until = time.monotonic() + 5
        while cache.get("acme", NS, "k").hit and time.monotonic() < until:
            time.sleep(0.01)
        assert not cache.get("acme", NS, "k").hit

    @pytest.mark.parametrize("ttl", [0, -1, 3601, float("nan")])
    def test_a_ttl_has_bounds(self, cache, ttl):
        with pytest.raises(ValueError, match="ttl"):
            cache.set("acme", NS, "k", 1, ttl, "1")

    def test_invalidating_forgets_the_namespace_and_no_other(self, caches):
        cache = caches[0]
        store(cache, "acme", "k", 1)
        store(cache, "acme", "k", 2, namespace="business_rules")
        caches[1].invalidate("acme", NS)
        assert not cache.get("acme", NS, "k").hit
        assert cache.get("acme", "business_rules", "k").hit

    def test_tenants_that_look_alike_never_meet(self, cache):
        store(cache, "acme", "k", "acme's")
        store(cache, "acme-x", "k", "the other's")
        assert cache.get("acme", NS, "k").value == "acme's"
        cache.invalidate("acme", NS)
        assert not cache.get("acme", NS, "k").hit
        assert cache.get("acme-x", NS, "k").value == "the other's"
        store(cache, "acme", "k", "acme's")
        cache.drop("acme")
        assert not cache.get("acme", NS, "k").hit
        assert cache.get("acme-x", NS, "k").value == "the other's"

    @pytest.mark.parametrize("pair", [("a", "b:c", "d"), ("a", "", "d")])
    def test_a_namespace_holds_no_separator(self, cache, pair):
        with pytest.raises(ValueError, match="namespace"):
            cache.get(*pair)

    @pytest.mark.parametrize("account", ["acme:x", "*", "Acme", "", None])
    def test_what_is_no_account_reaches_no_cache(self, cache, account):
        with pytest.raises(InvalidAccountId):
            cache.get(account, NS, "k")
        with pytest.raises(InvalidAccountId):
            cache.drop(account)

    def test_long_and_odd_keys_are_told_apart(self, cache):
        keys = ["a" * 5000, "a" * 4999 + "b", "", ":", "*", "h:" + "0" * 64, "é\n\x00"]
        for key in keys:
            store(cache, "acme", key, key)
        assert [cache.get("acme", NS, key).value for key in keys] == keys

    def test_a_value_that_is_too_large_is_not_kept(self, cache):
        store(cache, "acme", "k", "x" * 2_000_000)
        assert not cache.get("acme", NS, "k").hit

    def test_while_a_write_is_under_way_nothing_is_read_or_stored(self, caches):
        cache, other = caches
        store(cache, "acme", "k", "old")
        with cache.writing("acme", NS), other.writing("acme", NS):
            found = other.get("acme", NS, "k")
            assert (found.hit, found.generation) == (False, None)
        assert not other.get("acme", NS, "k").hit

    def test_one_of_two_writers_ending_does_not_end_the_other(self, caches):
        cache, other = caches
        with cache.writing("acme", NS):
            with other.writing("acme", NS):
                pass
            assert other.get("acme", NS, "k").generation is None
        assert other.get("acme", NS, "k").generation is not None

    def test_what_was_loaded_before_a_write_is_not_stored_after_it(self, caches):
        cache, other = caches
        before = cache.get("acme", NS, "k")
        with other.writing("acme", NS):
            pass
        cache.set("acme", NS, "k", "old", 60, before.generation)
        assert not other.get("acme", NS, "k").hit

    def test_a_failing_write_ends_its_mark(self, cache):
        with pytest.raises(RuntimeError), cache.writing("acme", NS):
            raise RuntimeError
        assert cache.get("acme", NS, "k").generation is not None

    def test_loading_happens_once_and_then_hits(self, caches):
        loads = []
        for cache in (*caches, *caches):
            assert cache.get_or_load("acme", NS, "k", lambda: loads.append(1) or "value") == "value"
        assert len(loads) == 1

    def test_a_failing_load_is_not_cached(self, cache):
        with pytest.raises(ZeroDivisionError):
            cache.get_or_load("acme", NS, "k", lambda: 1 / 0)
        assert cache.get_or_load("acme", NS, "k", lambda: "fine") == "fine"

    def test_of_many_that_miss_at_once_one_loads(self, caches):
        loads, results, arrived = [], [], threading.Barrier(17)
        release = threading.Event()

        def load():
            loads.append(1)
            release.wait(5)
            return "value"

        def ask(number):
            arrived.wait()
            results.append(caches[number % 2].get_or_load("acme", NS, "k", load))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        arrived.wait()
        # All are on their way; whoever loads is held until the others had time to look and wait.
        deadline = time.monotonic() + 0.3
        while time.monotonic() < deadline:
            assert len(loads) <= 1
            time.sleep(0.01)
        release.set()
        for thread in threads:
            thread.join()
        assert results == ["value"] * 16
        assert len(loads) == 1

    def test_a_reader_never_gets_what_a_finished_write_replaced(self, caches):
        """Readers note what is committed before they ask; they may get that or newer, never older."""
        source, committed, stale, stop = {"version": 0}, [0], [], threading.Event()
        write_lock = threading.Lock()

        def write(cache):
            for _ in range(150):
                with write_lock:
                    with cache.writing("acme", NS):
                        source["version"] += 1
                    committed[0] = source["version"]

        def read(cache):
            while not stop.is_set():
                at_least = committed[0]
                got = cache.get_or_load("acme", NS, "k", lambda: source["version"])
                if got < at_least:
                    stale.append((got, at_least))

        readers = [threading.Thread(target=read, args=(caches[number % 2],)) for number in range(6)]
        writers = [threading.Thread(target=write, args=(cache,)) for cache in caches]
        for thread in readers + writers:
            thread.start()
        for thread in writers:
            thread.join()
        stop.set()
        for thread in readers:
            thread.join()
        assert stale == []
        assert committed == [300]

    def test_writers_whose_writes_overlap_leave_nothing_stale(self, caches):
        """Four writers, none waiting for another, each with a field of its own: a reader gets at least what each has
        finished."""
        fields, finished, stale, stop = [0] * 4, [0] * 4, [], threading.Event()

        def write(number):
            for value in range(1, 101):
                with caches[number % 2].writing("acme", NS):
                    fields[number] = value
                finished[number] = value

        def read(number):
            while not stop.is_set():
                at_least = list(finished)
                got = caches[number % 2].get_or_load("acme", NS, "k", lambda: list(fields))
                if any(read < least for read, least in zip(got, at_least, strict=True)):
                    stale.append((got, at_least))

        readers = [threading.Thread(target=read, args=(number,)) for number in range(4)]
        for thread in readers:
            thread.start()
        _in_threads(write, 4)
        stop.set()
        for thread in readers:
            thread.join()
        assert stale == []
        assert finished == [100] * 4
        assert caches[0].get_or_load("acme", NS, "k", lambda: list(fields)) == [100] * 4

    def test_it_counts_what_it_found_loaded_and_refused(self, cache):
        for _ in range(3):
            cache.get_or_load("acme", NS, "k", lambda: "value")
        before = cache.get("acme", NS, "other")
        with cache.writing("acme", NS):
            cache.get_or_load("acme", NS, "k", lambda: "value")
        cache.set("acme", NS, "other", "old", 60, before.generation)
        use = cache.counts.uses()["acme", NS]
        assert (use.hits, use.misses, use.loads, use.stale) == (2, 3, 2, 1)
        assert use.hit_rate == 0.4
        cache.counts.forget("acme")
        assert cache.counts.uses() == {}

    def test_it_counts_who_waited_for_anothers_load(self, caches):
        loading, go_on = threading.Event(), threading.Event()

        def load():
            loading.set()
            go_on.wait(5)
            return "value"

        first = threading.Thread(target=lambda: caches[0].get_or_load("acme", NS, "k", load))
        first.start()
        loading.wait(5)
        second = threading.Thread(target=lambda: caches[1].get_or_load("acme", NS, "k", lambda: "mine"))
        second.start()
        missed = 2 if caches[0] is caches[1] else 1
        while getattr(caches[1].counts.uses().get(("acme", NS)), "misses", 0) < missed:
            time.sleep(0.005)
        go_on.set()
        first.join()
        second.join()
        assert caches[1].counts.uses()["acme", NS].waits == 1

    def test_a_bucket_is_full_at_first_and_tells_how_long_to_wait_once_empty(self, caches):
        key = cache_key("acme", "calls")
        assert [caches[number % 2].take_token(key, 3, 0.001) for number in range(3)] == [0, 0, 0]
        assert 900 < caches[1].take_token(key, 3, 0.001) <= 1000
        assert caches[0].take_token(cache_key("acme-x", "calls"), 3, 0.001) == 0

    def test_a_bucket_fills_again(self, cache):
        key = cache_key("acme", "calls")
        assert cache.take_token(key, 1, 20) == 0
        until = time.monotonic() + 5
        while (wait := cache.take_token(key, 1, 20)) and time.monotonic() < until:
            assert wait <= 0.05
            time.sleep(wait)
        assert wait == 0

    def test_a_bucket_holds_no_more_than_the_limit_that_holds_now(self, cache):
        key = cache_key("acme", "calls")
        assert cache.take_token(key, 100, 0.001) == 0
        assert cache.take_token(key, 1, 0.001) == 0
        assert cache.take_token(key, 1, 0.001) > 0

    def test_of_parallel_callers_as_many_get_a_token_as_there_are(self, caches):
        key, waits = cache_key("acme", "calls"), []
        _in_threads(lambda n: waits.extend(caches[n % 2].take_token(key, 100, 0.001) for _ in range(50)))
        assert sum(wait == 0 for wait in waits) == 100

    def test_a_place_is_one_holders_until_it_is_given_back(self, caches):
        one, other = caches
        key = cache_key("acme", "turns")
        first, second = one.lease(key, 2, 60), other.lease(key, 2, 60)
        assert first and second and first != second
        assert one.lease(key, 2, 60) is None
        assert one.lease(cache_key("acme-x", "turns"), 2, 60)
        other.give_back(key, first)
        other.give_back(key, first)
        assert one.lease(key, 2, 60)
        assert other.lease(key, 2, 60) is None

    def test_no_place_is_no_place(self, cache):
        assert cache.lease(cache_key("acme", "turns"), 0, 60) is None

    def test_the_place_of_a_process_that_was_killed_is_free_again(self, caches):
        one, other = caches
        key = cache_key("acme", "turns")
        assert one.lease(key, 1, 0.05)
        until = time.monotonic() + 5
        while not (lease := other.lease(key, 1, 60)) and time.monotonic() < until:
            time.sleep(0.01)
        assert lease

    def test_parallel_holders_are_never_more_than_the_limit(self, caches):
        key, held, most = cache_key("acme", "turns"), set(), []

        def hold(number):
            for _ in range(30):
                if lease := caches[number % 2].lease(key, 3, 60):
                    held.add(lease)
                    most.append(len(held))
                    held.discard(lease)
                    caches[number % 2].give_back(key, lease)

        _in_threads(hold)
        assert 1 <= max(most) <= 3

    def test_a_dropped_tenant_starts_anew(self, caches):
        cache, other = caches
        store(cache, "acme", "k", "old")
        before = other.get("acme", NS, "k").generation
        cache.take_token(cache_key("acme", "calls"), 1, 0.001)
        cache.lease(cache_key("acme", "turns"), 1, 60)
        cache.drop("acme")
        assert not other.get("acme", NS, "k").hit
        other.set("acme", NS, "k", "old", 60, before)
        assert not other.get("acme", NS, "k").hit
        assert cache.take_token(cache_key("acme", "calls"), 1, 0.001) == 0
        assert cache.lease(cache_key("acme", "turns"), 1, 60)
