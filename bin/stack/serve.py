"""The stack in the foreground: Odoo as a child process on the embedded defaults, until a signal stops it."""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from . import daemon, environment, locking, odoo_process, paths, postgres, services, upgrade
from .console import Failure, say
from .instance import Instance

READY_SECONDS = 120
STOP_SECONDS = 75
HEALTH = ("/chatwootai/health", "/web/health")


class Stopped(BaseException):
    """A signal asked us to stop."""


class Server:
    """A running Odoo of an instance."""

    def __init__(self, instance: Instance, process: subprocess.Popen[bytes], port: int) -> None:
        self.instance = instance
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def wait_until_ready(self, seconds: float = READY_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not any(_answers_well(self.url + path) for path in HEALTH):
            if (code := self.process.poll()) is not None:
                raise Failure(f"Odoo ended with exit code {code} before it answered", "look at the lines above")
            if time.monotonic() > deadline:
                raise Failure(f"Odoo did not answer at {self.url} within {seconds:.0f} s", "look at the lines above")
            time.sleep(0.1)

    def stop(self) -> int:
        """Stop Odoo gently, then for good; returns its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
            if not self._ends_within(STOP_SECONDS):
                say(f"Odoo does not stop after {STOP_SECONDS} s: killing it")
                self.process.kill()
        return self.process.wait()

    def _ends_within(self, seconds: int) -> bool:
        """Odoo's main thread sleeps for a minute at a time and was seen to sleep through a signal that another thread
        took: one it ignores wakes it."""
        for _ in range(seconds):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(1)
                return True
            self.process.send_signal(signal.SIGCHLD)
        return False


@contextlib.contextmanager
def serving(
    instance: Instance, port: int, arguments: Sequence[str] = (), log: Path | None = None, **extra: str
) -> Iterator[Server]:
    """Odoo of an instance on a port, ready. The servers of ``services.running`` must be up.

    :param port: 0 for any free one
    :param log: where Odoo's log goes; stderr by default
    """
    served = Failure(f"another bin/serve of the instance {instance.name} is running", "stop that one first")
    with locking.alone(f"serve-{instance.name}", served):
        if port and not daemon.is_free(port):
            raise Failure(f"port {port} is taken", f"choose another, e.g. --port {daemon.free_port()}")
        port = port or daemon.free_port()
        url = os.environ.get("CHATWOOTAI_PUBLIC_URL") or f"http://127.0.0.1:{port}"
        _move_tenants_to(instance, url)
        note = instance.run_dir / "serve.json"
        options = [f"--http-port={port}", *([f"--logfile={log}"] if log else []), *arguments]
        process = odoo_process.start(instance, options, **({"CHATWOOTAI_PUBLIC_URL": url} | extra))
        server = Server(instance, process, port)
        paths.write_atomically(note, json.dumps({"pid": process.pid, "port": port, "public_url": url}))
        try:
            server.wait_until_ready()
            yield server
        finally:
            note.unlink(missing_ok=True)
            server.stop()


def is_running(instance: Instance) -> bool:
    """Whether an Odoo of the instance is served from here."""
    try:
        os.kill(int(json.loads((instance.run_dir / "serve.json").read_text())["pid"]), 0)
    except (OSError, ValueError, KeyError):
        return False
    return True


def public_url(instance: Instance) -> str:
    """How the instance is reached: as it is served now, or as it will be by default."""
    try:
        return str(json.loads((instance.run_dir / "serve.json").read_text())["public_url"])
    except (OSError, ValueError, KeyError):
        return os.environ.get("CHATWOOTAI_PUBLIC_URL") or "http://127.0.0.1:8069"


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/serve", description="Run the stack in the foreground, without a demo.")
    parser.add_argument("--port", type=daemon.port_number, default=8069, help="the HTTP port (8069)")
    options = parser.parse_args()
    environment.run_in_venv()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        with services.running() as instance:
            upgrade.upgrade_all(instance)
            with serving(instance, options.port) as server:
                print(f"ready {server.url}", flush=True)
                code = server.process.wait()
                raise Failure(f"Odoo ended by itself with exit code {code}", "look at the lines above")
    except Stopped:
        say("stopped")


def _stop(number: int, _frame: FrameType | None) -> None:
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # once is enough: stopping must not be interrupted
    raise Stopped(signal.Signals(number).name)


def _answers_well(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _move_tenants_to(instance: Instance, url: str) -> None:
    """Tenants post their configuration to this server: have them do so at the address it has this time."""
    for account_id in postgres.sql(
        "SELECT account_id FROM tenant WHERE state = 'active'", database=instance.control_database
    ):
        postgres.sql(
            "UPDATE ir_config_parameter SET value = :'url'"
            " WHERE key = 'company_services.webhook_url' AND value <> :'url';",
            database=account_id,
            url=f"{url}/chatwootai/config/{account_id}",
        )
