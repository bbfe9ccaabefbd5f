"""The private servers a command needs, kept up while any command of this checkout uses them."""

from collections.abc import Iterator
from contextlib import contextmanager

from . import locking, odoo_env, paths, postgres, redis
from .instance import Instance, current

_KEEP = paths.RUN / "keep-services"


@contextmanager
def running(instance: Instance | None = None) -> Iterator[Instance]:
    """Have PostgreSQL and Redis up; the last command to leave stops them, unless they were told to stay."""
    instance = instance or current()
    with locking.shared("services", _stop_unless_kept):
        _start()
        instance.prepare()
        try:
            yield instance
        finally:
            odoo_env.write_what_waits()


def start_and_keep() -> None:
    """Start the servers and leave them running until ``bin/setup --stop``."""
    with locking.shared("services", lambda: None):
        _KEEP.touch()
        _start()
        current().prepare()


def stop() -> None:
    """Stop the servers, whoever uses them."""
    _KEEP.unlink(missing_ok=True)
    redis.stop()
    postgres.stop()


def _start() -> None:
    with locking.exclusive("services-start"):
        postgres.ensure_running()
        redis.ensure_running()


def _stop_unless_kept() -> None:
    if not _KEEP.exists():
        stop()
