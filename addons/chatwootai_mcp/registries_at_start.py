"""Loads the tenants' registries before this server takes its first request.

A registry takes Odoo a quarter of a second to load, seconds on a busy machine, and while one is loaded nobody gets any
other. Loaded when first asked for, after a start of many tenants webhooks would wait longer than Chatwoot does, which
then opens their conversations. So the port is opened once they are there: first those of tenants with a Chatwoot, as
many as Odoo keeps, for a minute at most. The others are loaded when they are asked for.

With processes (``workers``) they are loaded before the workers are forked, each of which begins with them.
"""

import logging
import threading
import time
from collections.abc import Sequence

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.service.server import PreforkServer, ThreadedServer
from odoo.tools import config

from .control import get_control
from .log_context import working_for

_logger = logging.getLogger(__name__)
LONGEST_SECONDS = 60.0  # until the port is opened, whatever is loaded by then
_TELL_EVERY = 5.0


def load(names: Sequence[str], longest: float = LONGEST_SECONDS) -> int:
    """How many were loaded, of these, in this order. One that cannot be loaded holds up no other."""
    names = names[: Registry.registries.count]  # more would only push the first ones out again
    began = told_at = time.monotonic()
    loaded = 0
    for number, name in enumerate(names):
        now = time.monotonic()
        if now - began > longest:
            _logger.warning(
                "%d of %d accounts are loaded after %.0f s: the others are when they are asked for",
                number,
                len(names),
                now - began,
            )
            break
        if now - told_at > _TELL_EVERY:
            told_at = now
            _logger.info("%d of %d accounts are loaded", number, len(names))
        loaded += _is_loaded(name)
    _logger.info("%d accounts loaded in %.1f s", loaded, time.monotonic() - began)
    return loaded


def _is_loaded(name: str) -> bool:
    of_thread = threading.current_thread().__dict__
    before, of_thread["dbname"] = of_thread.get("dbname"), name  # whose routes Odoo takes the map of
    with working_for(name):
        try:
            with Registry(name).cursor() as cr:
                api.Environment(cr, SUPERUSER_ID, {})["ir.http"].routing_map()
        except Exception:  # whatever is wrong with one tenant's database
            _logger.exception("not loaded: it is tried again when it is asked for")
            return False
        finally:
            of_thread["dbname"] = before
    return True


def _load_all() -> None:
    if not config["db_name"] and not config["test_enable"]:  # where databases are named, Odoo loads those itself
        load(get_control().tenants_to_load())


_http_spawn, _prefork_start = ThreadedServer.http_spawn, PreforkServer.start


def http_spawn(self: ThreadedServer) -> None:
    _load_all()
    _http_spawn(self)


def prefork_start(self: PreforkServer) -> None:
    _load_all()  # its connections are closed before the first worker is forked
    _prefork_start(self)


ThreadedServer.http_spawn, PreforkServer.start = http_spawn, prefork_start
