"""One tenant's flood leaves the others their share: who may start, who waits, and who is refused."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from chatwootai_mcp.tenancy.bulkhead import Bounds, Bulkhead, Overloaded, fair_shares
from hypothesis import given
from hypothesis import strategies as st

DEMANDS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 50), min_size=1)


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@given(st.integers(1, 64), DEMANDS)
def test_shares_are_within_bounds_and_fair(capacity, demands):
    shares = fair_shares(capacity, demands)
    assert all(1 <= shares[name] <= max(1, demand) for name, demand in demands.items())
    if len(demands) <= capacity:
        assert sum(shares.values()) <= capacity
    for name, demand in demands.items():
        for other, others_demand in demands.items():
            if shares[name] < demand and others_demand > 0:  # one that goes short has no less than any other, but one
                assert shares[name] >= min(shares[other], others_demand) - 1


def test_shares_follow_need():
    assert fair_shares(8, {"a": 50, "b": 1}) == {"a": 7, "b": 1}
    assert fair_shares(8, {"a": 50, "b": 50}) == {"a": 4, "b": 4}
    assert fair_shares(2, {"a": 50, "b": 3, "c": 9}) == {"a": 1, "b": 1, "c": 1}


def bulkhead(capacity=2, clock=None, **bounds):
    return Bulkhead(Bounds(capacity, **bounds), **({"clock": clock} if clock else {}))


def test_a_tenant_alone_uses_all_there_is_and_no_more():
    gate = bulkhead(capacity=2, patience=0.0)
    gate.enter("a")
    gate.enter("a")
    with pytest.raises(Overloaded):
        gate.enter("a")
    gate.leave("a")
    gate.enter("a")


def test_a_tenant_with_nothing_under_way_never_waits():
    gate = bulkhead(capacity=2, patience=0.0)
    gate.enter("a")
    gate.enter("a")
    assert gate.enter("b") == 0.0
    assert gate.enter("c") == 0.0


def test_beside_another_a_tenant_has_its_fair_share():
    clock = Clock()
    gate = bulkhead(capacity=4, patience=0.0, courtesy=0.0, clock=clock)
    for _ in range(3):
        gate.enter("a")
    gate.enter("b")
    clock.now += 1  # sizes are reviewed
    gate.enter("b")
    assert (gate.uses()["a"].size, gate.uses()["b"].size) == (2, 2)
    with pytest.raises(Overloaded):
        gate.enter("a")


def test_a_tenant_that_was_not_heard_of_for_a_while_takes_no_share():
    clock = Clock()
    gate = bulkhead(capacity=4, clock=clock)
    gate.enter("b")
    gate.leave("b")
    gate.enter("a")
    clock.now += 1
    gate.enter("a")
    assert gate.uses()["a"].size == 3  # the other may come again
    clock.now += 60
    gate.enter("a")
    assert gate.uses()["a"].size == 4


def test_each_has_its_least_whatever_the_others_do():
    gate = bulkhead(capacity=2, least=3, patience=0.0)
    for name in "abcdef":
        for _ in range(3):
            assert gate.enter(name) == 0.0
    with pytest.raises(Overloaded):
        gate.enter("a")


def test_too_many_waiting_are_refused_at_once_and_counted():
    gate = bulkhead(capacity=1, max_waiting=0)
    gate.enter("a")
    with pytest.raises(Overloaded) as refusal:
        gate.enter("a")
    assert refusal.value.retry_after >= 1
    use = gate.uses()["a"]
    assert (use.refused, use.waits) == (1, 0), "it waited first"


def test_what_must_not_be_lost_is_let_in_after_its_wait():
    gate = bulkhead(capacity=1, patience=0.0, let_in=True, max_waiting=0)
    gate.enter("a")
    gate.enter("a")
    assert gate.uses()["a"].running == 2
    assert gate.uses()["a"].refused == 0


def test_whoever_waits_starts_when_another_ends():
    gate = bulkhead(capacity=1, patience=60.0)
    gate.enter("a")
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(gate.enter, "a")
        while not gate.uses()["a"].queue:
            pass
        gate.leave("a")
        second.result(timeout=30)
    use = gate.uses()["a"]
    assert (use.running, use.waits, len(use.queue)) == (1, 1, 0)
    gate.leave("a")


def test_a_flood_lets_others_go_first_and_is_not_starved_by_them():
    """The other's calls never end while the flood's next one waits: it starts all the same, after its courtesy."""
    gate = bulkhead(capacity=2, patience=60.0, courtesy=0.01)
    gate.enter("flood")
    gate.enter("other")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(gate.enter, "flood")
        while not gate.uses()["flood"].queue:
            pass
        gate.leave("flood")
        assert waiting.result(timeout=30) > 0
    assert gate.uses()["other"].running == 1


def test_under_a_storm_of_threads_nobody_passes_the_size_and_nothing_is_left():
    gate = bulkhead(capacity=3, patience=60.0, max_waiting=1000, courtesy=0.0005)
    lock, running, most, done = threading.Lock(), {"a": 0, "b": 0}, {"a": 0, "b": 0}, []

    def call(account):
        with gate.admitted(account):
            with lock:
                running[account] += 1
                most[account] = max(most[account], running[account])
            with lock:
                running[account] -= 1
            done.append(account)

    with ThreadPoolExecutor(24) as pool:
        for outcome in [pool.submit(call, "ab"[number % 2]) for number in range(600)]:
            outcome.result(timeout=60)
    assert len(done) == 600
    assert max(most.values()) <= 3
    assert all(use.running == 0 and not use.queue for use in gate.uses().values())


def test_a_tenant_that_is_gone_is_forgotten():
    gate = bulkhead()
    with gate.admitted("a"):
        pass
    gate.forget("a")
    assert gate.uses() == {}


def test_whoever_waits_sleeps_until_there_is_something_to_see():
    looked = []

    def clock():
        looked.append(time.monotonic())
        return looked[-1]

    gate = bulkhead(capacity=1, clock=clock, courtesy=0.0, patience=0.3)
    gate.enter("a")
    with pytest.raises(Overloaded):
        gate.enter("a")
    assert len(looked) < 30
