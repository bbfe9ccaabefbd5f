"""Jobs, and the requests of a tenant that sends more than may run at once, let other tenants' requests go first.

Whoever computes on Python's one processor has the others wait. Before each of its statements, and before it goes on
with what it was told, a job looks whether a call or webhook of another tenant is under way, and lets it pass: for some
milliseconds, and for no more than three times as long as it works, so that even a steady stream of requests leaves it
a quarter of its pace. A flood of requests does so for those of tenants that do not flood. And beside other tenants, of
one tenant's jobs one computes at a time, from its first moment to its end, but while it waits for something; those
that wait for it in vain go on without the place, as they do without the others' leave.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from weakref import WeakValueDictionary

from odoo.sql_db import Cursor

from .servers import admission
from .tenancy.one_computes import OneComputes

LONGEST_SECONDS = 0.05
MOST_OF_ITS_WORK = 3.0
_LOOK_SECONDS = 0.002
_TO_BEGIN = 1.0  # seconds a job waits for its tenant's others; a turn, too, beside one that indexes for minutes
_TO_GO_ON = 0.25  # where it waited for something, and another has its place meanwhile
_pause = threading.Event()  # never set: waited for, it lets others run


class _Work:
    """Whose work this context does, for whom it gives way, and until when it need not again."""

    def __init__(self, account_id: str, others_first: Callable[[str], bool]) -> None:
        self.account_id = account_id
        self.others_first = others_first
        self.patience_from = 0.0

    def give_way(self) -> None:
        began = now = time.monotonic()
        if began < self.patience_from:
            return
        while now - began < LONGEST_SECONDS and self.others_first(self.account_id):
            _pause.wait(_LOOK_SECONDS)
            now = time.monotonic()
        self.patience_from = now + (now - began) / MOST_OF_ITS_WORK

    def begin(self) -> None:
        """Before all it does."""

    def go_on(self) -> None:
        """It was told what it asked for."""
        self.give_way()

    def end(self) -> None:
        """After all it did."""


class _Job(_Work):
    def __init__(self, account_id: str) -> None:
        super().__init__(account_id, admission.others_under_way)
        self.place = _places.setdefault(account_id, OneComputes())
        self.thread: int | None = threading.get_ident()
        self.without_place_until = 0.0

    def begin(self) -> None:
        self._take_place(_TO_BEGIN)
        self.give_way()

    def go_on(self) -> None:
        self.give_way()
        if threading.get_ident() == self.thread:  # one that the job began may end and tell nobody
            self._take_place(_TO_GO_ON)

    def end(self) -> None:
        self.thread = None  # what it began and is not done yet takes no place that nobody would give back
        self.place.give_back()

    def _take_place(self, patience: float) -> None:
        began = time.monotonic()
        if began < self.without_place_until or not admission.others_active(self.account_id):
            return
        if not self.place.take(patience):
            now = time.monotonic()
            self.without_place_until = now + (now - began) / MOST_OF_ITS_WORK


_places: WeakValueDictionary[str, OneComputes] = WeakValueDictionary()
_work: ContextVar[_Work | None] = ContextVar("chatwootai_work", default=None)


def job_of(account_id: str):
    """What runs within is a job of this tenant."""
    return _doing(_Job(account_id))


def request_of(account_id: str):
    """What runs within is a request of this tenant."""
    return _doing(_Work(account_id, admission.is_in_the_way))


@contextmanager
def _doing(work: _Work) -> Iterator[None]:
    token = _work.set(work)
    try:
        work.begin()
        yield
    finally:
        work.end()
        _work.reset(token)


_execute = Cursor.execute


def execute(self, query, params=None, log_exceptions=True):
    work = _work.get()
    if work is None:
        return _execute(self, query, params, log_exceptions)
    work.give_way()
    _execute(self, query, params, log_exceptions)
    work.go_on()


Cursor.execute = execute
