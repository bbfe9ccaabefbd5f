"""Jobs let other tenants' requests go first, where both share a process.

A job computes on Python's one processor, and others wait for it. Before each of its statements, and before it goes on
with what it was told, it looks whether a call or webhook of another tenant is under way, and lets it pass: for some
milliseconds, and for no more than three times as long as it works, so that even a steady stream of requests leaves it
a quarter of its pace.
"""

import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar

from odoo.sql_db import Cursor

from .servers import admission

LONGEST_SECONDS = 0.05
MOST_OF_ITS_WORK = 3.0
_LOOK_SECONDS = 0.002
_pause = threading.Event()  # never set: waited for, it lets others run


class _Job:
    """Whose job this context runs, and since when it has worked without giving way."""

    def __init__(self, account_id):
        self.account_id = account_id
        self.patience_from = 0.0

    def give_way(self):
        began = now = time.monotonic()
        if began < self.patience_from:
            return
        while now - began < LONGEST_SECONDS and admission.others_under_way(self.account_id):
            _pause.wait(_LOOK_SECONDS)
            now = time.monotonic()
        self.patience_from = now + (now - began) / MOST_OF_ITS_WORK


_job: ContextVar[_Job | None] = ContextVar("chatwootai_job", default=None)


@contextmanager
def job_of(account_id):
    """What runs within is a job of this tenant."""
    token = _job.set(_Job(account_id))
    try:
        yield
    finally:
        _job.reset(token)


_execute = Cursor.execute


def execute(self, query, params=None, log_exceptions=True):
    job = _job.get()
    if job is None:
        return _execute(self, query, params, log_exceptions)
    job.give_way()
    _execute(self, query, params, log_exceptions)
    job.give_way()


Cursor.execute = execute
