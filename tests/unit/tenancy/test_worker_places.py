"""One tenant's slow calls never take the last worker; quick ones are nobody's trouble."""

import os
from contextlib import ExitStack

import pytest
from chatwootai_mcp.tenancy.bulkhead import Overloaded
from chatwootai_mcp.tenancy.worker_places import SLOW_SECONDS, WorkerPlaces


class Workers:
    """Several workers over one table, each told apart by the number it is asked as."""

    def __init__(self, count=3):
        self.now, self.pid, self.dead = 100.0, 1, set()
        self.places = WorkerPlaces(count, lambda: self.now, lambda pid: pid not in self.dead, lambda: self.pid)

    def serving(self, pid, account_id):
        self.pid = pid
        return self.places.serving(account_id)


def start(stack, workers, pid, account_id):
    workers.pid = pid
    serving = workers.places.serving(account_id)
    serving.__enter__()

    def end():
        workers.pid = pid
        workers.places._mine = None
        serving.__exit__(None, None, None)

    stack.callback(end)


def test_slow_calls_of_one_tenant_leave_the_last_worker_to_others():
    workers = Workers(3)
    with ExitStack() as stack:
        start(stack, workers, 1, "acme")
        start(stack, workers, 2, "acme")
        workers.now += SLOW_SECONDS
        with pytest.raises(Overloaded):
            start(stack, workers, 3, "acme")
        start(stack, workers, 3, "bella")
    with ExitStack() as stack:
        start(stack, workers, 3, "acme")


def test_quick_calls_may_have_all_workers():
    workers = Workers(3)
    with ExitStack() as stack:
        for pid in (1, 2, 3):
            start(stack, workers, pid, "acme")


def test_a_worker_that_was_killed_serves_nobody():
    workers = Workers(2)
    with ExitStack() as stack:
        start(stack, workers, 1, "acme")
        workers.now += 60
        with pytest.raises(Overloaded):
            start(stack, workers, 2, "acme")
        workers.dead.add(1)
        start(stack, workers, 2, "acme")


def test_with_one_process_nothing_is_kept():
    workers = Workers(0)
    with ExitStack() as stack:
        for _ in range(5):
            start(stack, workers, 1, "acme")


def test_workers_see_one_another_across_a_fork():
    places = WorkerPlaces(2)
    to_child, from_parent = os.pipe()[::-1]
    to_parent_read, to_parent = os.pipe()
    child = os.fork()
    if not child:
        with places.serving("acme"):
            os.write(to_parent, b"x")
            os.read(from_parent, 1)
        os._exit(0)
    try:
        os.read(to_parent_read, 1)
        [(pid, serves, _since)] = places._entries()
        assert pid == child and serves
    finally:
        os.write(to_child, b"x")
        os.waitpid(child, 0)
    assert [entry[1] for entry in places._entries()] == [0]
