"""A socket by which the operator's commands ask the serving process for what only it can do.

The embedded vectors belong to one process, and that process holds registries and caches of every tenant. So
``bin/tenant`` asks it to index a tenant's knowledge, and to forget a tenant that is dropped. The socket lies in the
directory ``CHATWOOTAI_RUN_DIR``, which only the operator may enter; without that variable there is none, as on servers
with a Qdrant of their own, where any process can do this work.

A request is one line of JSON, ``{"do": NAME, "account_id": …}``; the answer one line, ``{"ok": true, …}`` or
``{"ok": false, "error": …}``.
"""

import json
import logging
import os
import socketserver
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.service import server
from odoo.service.model import retrying
from odoo.sql_db import close_db
from odoo.tools import config

from . import database_choice, log_files, queue_runner
from .control import get_control
from .servers import connection_pools, metrics
from .servers.alert_trail import alerts
from .servers.audit_trail import trail
from .servers.refusals import refusals
from .servers.stores_of_process import get_stores
from .servers.usage_meter import meter
from .settings import get_keyring, get_settings
from .tenancy.account import parse_account_id

_logger = logging.getLogger(__name__)

NAME = "control.sock"
MAX_REQUEST = 64 * 1024
LET_GO_SECONDS = 10  # how long the job runner may take to let go of a tenant that is dropped


def ping() -> dict[str, Any]:
    return {"pid": os.getpid()}


def resync_knowledge(account_id: str) -> dict[str, Any]:
    """Index the tenant's products, rules and documents, and tell how many."""
    registry = Registry(parse_account_id(account_id))
    with registry.cursor() as cr:
        registry.check_signaling(cr)
        env = api.Environment(cr, SUPERUSER_ID, {})
        counts = retrying(env["chatwootai.knowledge"]._resync, env)  # a job may be at the same collection
        env["chatwootai.usage"]._cron_measure()
    return {"counts": counts}


def release(account_id: str) -> dict[str, Any]:
    """Let go of a tenant's database that was taken out of the list: no job, registry or connection is left here."""
    deadline = time.monotonic() + LET_GO_SECONDS
    while queue_runner.serves(account_id) and time.monotonic() < deadline:
        time.sleep(0.02)
    evict(account_id)
    return {"job_runner_let_go": not queue_runner.serves(account_id)}


def drop_stores(account_id: str) -> dict[str, Any]:
    """Remove the tenant's documents, vectors and cache entries, which may be open here."""
    stores = get_stores()
    for store in (stores.vectors, stores.documents, stores.cache):
        store.drop(parse_account_id(account_id))
    return {}


def count_vectors(account_id: str) -> dict[str, Any]:
    return {"vectors": sum(collection.points for collection in get_stores().vectors.info(parse_account_id(account_id)))}


def evict(account_id: str) -> dict[str, Any]:
    """Forget what this process remembers of a tenant."""
    Registry.delete(account_id)
    close_db(account_id)
    get_stores().cache.drop(account_id)
    get_control().forget(account_id)
    database_choice.forget(account_id)
    trail.forget(account_id)
    alerts.forget(account_id)
    refusals.forget(account_id)
    metrics.forget(account_id)
    connection_pools.bulkhead.forget(account_id)
    log_files.remove(get_settings().log_dir, account_id)
    meter.forget(account_id)
    return {}


def use_secrets(secret_key: str) -> dict[str, Any]:
    """Take another list of secrets, as a rotation needs it, without a restart."""
    os.environ["CHATWOOTAI_SECRET_KEY"] = secret_key
    get_settings.cache_clear()
    get_keyring.cache_clear()
    return {"mark": get_keyring().mark}


COMMANDS: dict[str, Callable[..., dict[str, Any]]] = {
    command.__name__: command
    for command in (ping, resync_knowledge, release, drop_stores, count_vectors, evict, use_secrets)
}


def answer(line: bytes) -> dict[str, Any]:
    """Carry out one request."""
    try:
        request = json.loads(line)
        command = COMMANDS[request.pop("do")]
        return {"ok": True, **command(**request)}
    except Exception as error:
        _logger.exception("a request on the control socket failed")
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}


class _Connection(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        line = self.rfile.readline(MAX_REQUEST)
        if line:
            self.wfile.write(json.dumps(answer(line), default=str).encode() + b"\n")


class _Listener(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, directory: Path) -> None:
        self._directory = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        (directory / NAME).unlink(missing_ok=True)
        # A socket's path may have 107 characters, a checkout's more: reach it through the open directory.
        super().__init__(f"/proc/self/fd/{self._directory}/{NAME}", _Connection)

    def server_close(self) -> None:
        super().server_close()
        if self._directory >= 0:
            Path(f"/proc/self/fd/{self._directory}/{NAME}").unlink(missing_ok=True)
            os.close(self._directory)
            self._directory = -1


_listener: _Listener | None = None
_start, _stop = server.ThreadedServer.start, server.ThreadedServer.stop


def _start_listening(self: server.ThreadedServer, *args: Any, **kwargs: Any) -> Any:
    global _listener
    started = _start(self, *args, **kwargs)
    directory = os.environ.get("CHATWOOTAI_RUN_DIR")
    if directory and not config["stop_after_init"] and not kwargs.get("stop"):
        _listener = _Listener(Path(directory))
        threading.Thread(target=_listener.serve_forever, name="control socket", daemon=True).start()
    return started


def _stop_listening(self: server.ThreadedServer) -> Any:
    global _listener
    if _listener is not None:
        _listener.shutdown()
        _listener.server_close()
        _listener = None
    return _stop(self)


server.ThreadedServer.start = _start_listening
server.ThreadedServer.stop = _stop_listening
