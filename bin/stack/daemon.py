"""Servers of our own in the background: started on a free loopback port that is remembered, stopped by pid."""

import argparse
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from . import paths
from .console import Failure, last_lines

START_SECONDS = 60
STOP_SECONDS = 60


def free_port(preferred: int | None = None) -> int:
    """The preferred port if nobody listens there, else one the kernel finds free."""
    if preferred and is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_number(text: str) -> int:
    """A port as an option gives it."""
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def process_name(pid: int) -> str | None:
    """The program a living process runs; None for one that is gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    name, _, rest = stat.partition("(")[2].rpartition(")")
    return None if rest.split()[0] == "Z" else name


class Daemon:
    """A background server, known by a small file with its pid and port."""

    def __init__(self, name: str, program: str, log: Path) -> None:
        self.name = name
        self.program = program
        self.log = log
        self._note = paths.ETC / f"{name}.json"

    def _noted(self) -> dict[str, int]:
        try:
            return json.loads(self._note.read_text())
        except (OSError, ValueError):
            return {}

    @property
    def port(self) -> int | None:
        return self._noted().get("port")

    def is_running(self) -> bool:
        note = self._noted()
        return bool(note.get("pid")) and process_name(note["pid"]) == self.program and answers(note["port"])

    def start(self, command: Callable[[int], Sequence[str]], ready: Callable[[int], bool], **popen: Any) -> int:
        """Start the server on its remembered port, or another if that one is taken; returns the port."""
        port = free_port(self.port)
        paths.LOG.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command(port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                **popen,
            )
        paths.write_atomically(self._note, json.dumps({"pid": process.pid, "port": port}))
        deadline = time.monotonic() + START_SECONDS
        while not (answers(port) and ready(port)):
            if process.poll() is not None or time.monotonic() > deadline:
                tail = "\n    | ".join(last_lines(self.log, 5))
                raise Failure(
                    f"{self.name} did not start (log in {self.log}):\n    | {tail}", "bin/setup --stop, then bin/setup"
                )
            time.sleep(0.05)
        return port

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        pid = self._noted().get("pid")
        if not pid or process_name(pid) != self.program:
            return
        os.kill(pid, how)
        deadline = time.monotonic() + STOP_SECONDS
        while process_name(pid) == self.program:
            if time.monotonic() > deadline:
                raise Failure(f"{self.name} (process {pid}) does not stop", f"kill -9 {pid}")
            time.sleep(0.02)
