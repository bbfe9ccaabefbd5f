"""The bulkheads of this process: which tenant's request starts now, before Odoo opens a cursor for it.

Calls and webhooks have a lane each: an MCP client that floods does not hold up the same tenant's customers, and a
webhook may wait a little but is never refused. A call that waits too long is told when to come again.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from werkzeug.wrappers import Response

from odoo.tools import config

from ..settings import get_settings
from ..tenancy.bulkhead import Bounds, Bulkhead, Overloaded
from ..tenancy.worker_places import WorkerPlaces


def _calls_at_once() -> int:
    """Calls compute: more of them at once than cores only make each other late."""
    return get_settings().calls_at_once or max(2, len(os.sched_getaffinity(0)))


workers = WorkerPlaces(config["workers"] or 0)
calls = Bulkhead(Bounds(_calls_at_once()))
webhooks = Bulkhead(Bounds(2 * _calls_at_once(), patience=2.0, let_in=True))
LANES = {"calls": calls, "webhooks": webhooks}


class _Place:
    """A call's place, given back once."""

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id
        self.waited = calls.enter(account_id)
        self._held = True

    def give_back(self) -> None:
        if self._held:
            self._held = False
            calls.leave(self._account_id)


_place: ContextVar[_Place | None] = ContextVar("chatwootai_place", default=None)


@contextmanager
def admitted_call(account_id: str) -> Iterator[float]:
    """Gives the seconds it waited. :raises Overloaded: it may not run now"""
    with workers.serving(account_id):
        place = _Place(account_id)
        token = _place.set(place)
        try:
            yield place.waited
        finally:
            _place.reset(token)
            place.give_back()


def step_aside() -> None:
    """The call under way computes no more, but waits for the network: its place is free for another."""
    if place := _place.get():
        place.give_back()


def others_under_way(account_id: str) -> bool:
    """Whether a call or webhook of another tenant runs in this process now."""
    return calls.others_running(account_id) or webhooks.others_running(account_id)


def others_active(account_id: str) -> bool:
    """Whether another tenant called, or was written to, lately."""
    return any(lane.others_active(account_id) for lane in LANES.values())


def is_in_the_way(account_id: str) -> bool:
    """Whether the tenant has more requests than may run at once, while one runs of a tenant that has not."""
    lanes = LANES.values()
    return any(lane.has_waiting(account_id) for lane in lanes) and any(
        lane.others_at_ease(account_id) for lane in lanes
    )


def refusal(overloaded: Overloaded) -> Response:
    return Response(
        f'{{"error":"{overloaded}"}}',
        429,
        {"Retry-After": str(overloaded.retry_after), "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        content_type="application/json",
    )


def forget(account_id: str) -> None:
    """Drop the figures of a tenant that is gone."""
    for lane in LANES.values():
        lane.forget(account_id)
