"""Of what computes, one at a time; a place is nobody's who waits."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from chatwootai_mcp.tenancy import one_computes
from chatwootai_mcp.tenancy.one_computes import OneComputes, computed_by


class Clocks:
    def __init__(self):
        self.now, self.computed = 100.0, {}

    def pass_by(self, seconds, computing=None, share=0.25):
        self.now += seconds
        if computing is not None:
            self.computed[computing] = self.computed.get(computing, 0.0) + share * seconds


@pytest.fixture
def clocks():
    return Clocks()


@pytest.fixture
def place(clocks):
    return OneComputes(lambda: clocks.now, lambda thread: clocks.computed.get(thread, 0.0))


@pytest.fixture
def other():
    """Another thread, and its number."""
    with ThreadPoolExecutor(1) as thread:
        yield lambda work, *arguments: thread.submit(work, *arguments).result()


def test_a_free_place_is_taken_and_taken_again(place):
    assert place.take()
    assert place.take()


def test_it_is_another_s_while_that_computes_however_slowly_it_gets_on(place, clocks, other):
    other(place.take)
    for _look in range(20):
        clocks.pass_by(0.03, computing=other(threading.get_ident), share=0.05)
        assert not place.take()


def test_it_is_free_once_its_holder_waits(place, clocks, other):
    other(place.take)
    clocks.pass_by(0.03, computing=other(threading.get_ident))
    assert not place.take()
    clocks.pass_by(0.03)
    assert place.take()


def test_a_glance_too_soon_tells_nothing(place, clocks, other):
    other(place.take)
    clocks.pass_by(0.01)
    assert not place.take()


def test_given_back_it_is_free_and_only_its_holder_gives_it_back(place, clocks, other):
    other(place.take)
    place.give_back()
    assert not place.take()
    other(place.give_back)
    assert place.take()


def test_who_is_patient_gets_it_as_soon_as_it_is_given_back(monkeypatch):
    monkeypatch.setattr(one_computes, "_LOOK_SECONDS", 60.0)  # not by looking
    place = OneComputes(computed=lambda thread: time.monotonic())  # whoever has it computes all the time
    place.take()
    waits = threading.Event()

    class Seen(threading.Condition):
        def wait(self, timeout=None):
            waits.set()
            return super().wait(timeout)

    place._free = Seen()
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(place.take, 60)
        assert waits.wait(30)
        place.give_back()
        assert waiting.result(30)


def test_patience_ends(clocks, other):
    place = OneComputes(computed=lambda thread: time.monotonic())
    other(place.take)
    assert not place.take(0.05)


def test_a_thread_s_computing_counts_and_its_waiting_does_not(other):
    before = computed_by(other(threading.get_ident))
    other(lambda: sum(range(200_000)))
    assert computed_by(other(threading.get_ident)) > before
