"""Locks between processes, by flock: the kernel frees them however a process ends."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

from . import paths
from .console import Failure, say


def _open(name: str) -> IO[str]:
    return (paths.private_dir(paths.RUN) / f"{name}.lock").open("a+")


@contextmanager
def exclusive(name: str, waiting_for: str | None = None) -> Iterator[None]:
    """Hold a lock alone, waiting for whoever holds it."""
    with _open(name) as file:
        if not _try_alone(file):
            if waiting_for:
                say(f"waiting for {waiting_for} …")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def alone(name: str, otherwise: Failure) -> Iterator[None]:
    """Hold a lock alone, or fail at once."""
    with _open(name) as file:
        if not _try_alone(file):
            raise otherwise
        yield


@contextmanager
def shared(name: str, last_one_out: Callable[[], None]) -> Iterator[None]:
    """Hold a lock together with others; whoever leaves last calls ``last_one_out``.

    It is called with the lock held alone, so that a newcomer waits until it has finished.
    """
    with _open(name) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        try:
            yield
        finally:
            if _try_alone(file):
                last_one_out()


def _try_alone(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
