"""A clean stop: jobs that run may end, and those that do not in time go back to where the next start finds them.

Odoo gives whatever runs a second when it is stopped, and then closes its connections: a job would fail of that, and be
done by nobody until a sweep finds what it left. So its jobs are waited for first (``stop_seconds``); what fails after
that fails because of the stop, and waits for the next start. With ``workers`` Odoo itself lets each end what it does.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

from odoo.api import Environment
from odoo.service.server import CommonServer

from odoo.addons.queue_job.controllers.main import RunJobController
from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.job import Job

from .settings import get_settings

_logger = logging.getLogger(__name__)
_AGAIN_SECONDS = 1


class JobsUnderWay:
    """Counts the jobs that run in this process."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    @contextmanager
    def one(self) -> Iterator[None]:
        with self._changed:
            self._count += 1
        try:
            yield
        finally:
            with self._changed:
                self._count -= 1
                self._changed.notify_all()

    def wait(self, seconds: float) -> int:
        """Wait until none runs, or so long; how many still do."""
        with self._changed:
            if self._count:
                _logger.info("stopping: %d jobs have %.0f s to end", self._count, seconds)
                self._changed.wait_for(lambda: not self._count, seconds)
            return self._count


jobs = JobsUnderWay()
_stopping = threading.Event()


def is_stopping() -> bool:
    """Whether the time for what runs is over: what fails from then on tells nothing but that."""
    return _stopping.is_set()


def _stop() -> None:
    left = jobs.wait(get_settings().stop_seconds)
    _stopping.set()
    if left:
        _logger.warning("stopping: %d jobs did not end, and wait for the next start", left)


CommonServer.on_stop(_stop)

_runjob = RunJobController._runjob.__func__
_try_perform_job = RunJobController._try_perform_job.__func__


def runjob(cls: type[RunJobController], env: Environment, job: Job) -> None:
    with jobs.one():
        try:
            _runjob(cls, env, job)
        except psycopg2.InterfaceError:
            # The job's cursor is closed; what became of the job was written with another.
            if not is_stopping():
                raise


def try_perform_job(cls: type[RunJobController], env: Environment, job: Job) -> Any:
    try:
        return _try_perform_job(cls, env, job)
    except Exception as error:
        if not is_stopping() or isinstance(error, RetryableJobError):
            raise
        raise RetryableJobError("The server was stopped meanwhile.", _AGAIN_SECONDS, ignore_retry=True) from error


RunJobController._runjob = classmethod(runjob)
RunJobController._try_perform_job = classmethod(try_perform_job)
