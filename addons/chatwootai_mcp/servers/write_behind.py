"""A thread that writes behind what a process has gathered; a clean stop writes what is left."""

import atexit
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress

from odoo.modules import module as odoo_module
from odoo.tools import config

_logger = logging.getLogger(__name__)
_AGAIN_AFTER = 5.0  # seconds, when a database could not be written to
_CHAIN = 3  # what one gives another at its end, which gives a third: refusals, audit, alerts


class WriteBehind:
    """Calls ``write`` a moment after each ``wake``, one at a time, and once more when the process ends.

    In tests and in the operator's commands there is no thread: ``flush`` writes, and the end of the process.

    :param write: writes what waits; True when some of it could not be written and waits on
    :param interval: seconds, in which a burst is gathered into one write
    :param at_end: called after the last write, to give others what was held back
    """

    def __init__(
        self, name: str, write: Callable[[], bool], interval: float, at_end: Callable[[], None] | None = None
    ) -> None:
        self._name = name
        self._write = write
        self._interval = interval
        self._at_end = at_end
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._writing = threading.RLock()
        self._process = 0  # whose thread and end are prepared; a worker is forked from a process that may have had one

    def wake(self) -> None:
        if self._process != os.getpid():
            self._prepare()
        self._wake.set()

    def flush(self) -> bool:
        """Write what waits, behind whoever is writing now; whether something waits on."""
        with self._writing:
            return self._write()

    def _prepare(self) -> None:
        with self._lock:
            if self._process == os.getpid() or odoo_module.current_test:
                return
            self._process = os.getpid()
            self._writing = threading.RLock()  # a fork may have copied one that is taken
            _ends.add(self)
            if not config["stop_after_init"]:
                with suppress(RuntimeError):  # a process that is being stopped starts no threads
                    threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def finish(self) -> None:
        """Write the last of it; may be called again, for what others' ends gave this one."""
        try:
            self.flush()
            if self._at_end:
                self._at_end()
        except Exception:
            _logger.exception("%s: could not be written at the end", self._name)

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            self._wake.wait()
            self._wake.clear()
            # The pause gathers a burst into one write; it is not a wait for something to be true.
            pause.wait(self._interval)
            try:
                waits_on = self.flush()
            except Exception:
                _logger.exception("%s: could not be written, trying again", self._name)
                waits_on = True
            if waits_on:
                pause.wait(_AGAIN_AFTER)
                self._wake.set()


class _Ends:
    """One end for all of a process: what one writes last may be more for another to write.

    ``atexit`` alone would call each once, and none that is needed for the first time while the process ends.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = 0
        self._all: list[WriteBehind] = []

    def add(self, behind: WriteBehind) -> None:
        with self._lock:
            if self._process != os.getpid():
                self._process, self._all = os.getpid(), []
                atexit.register(self.finish)
            self._all.append(behind)

    def finish(self) -> None:
        if self._process != os.getpid():
            return  # what was prepared before a fork is for the process it was prepared in
        for _link in range(_CHAIN):
            for behind in list(self._all):
                behind.finish()


_ends = _Ends()


def finish_all() -> None:
    """Write all that this process has gathered, before something that it takes ends: its databases, the process."""
    _ends.finish()
