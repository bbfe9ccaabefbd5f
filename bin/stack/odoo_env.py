"""Odoo's ORM in this process, for the commands that provision tenants. Needs the venv and an instance's environment."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from . import paths

_configured = False


def configure() -> None:
    """Load Odoo with odoo.conf and the environment, as its server does, without starting a server."""
    global _configured
    if _configured:
        return
    from odoo import netsvc
    from odoo.service import server
    from odoo.tools import config

    config.parse_config(
        ["--config", str(paths.ODOO_CONF), "--stop-after-init", "--no-http", "--log-level=warn"], setup_logging=False
    )
    netsvc.init_logger()
    logging.getLogger("odoo.modules.loading").setLevel(logging.ERROR)
    server.load_server_wide_modules()
    _configured = True


@contextmanager
def odoo_environment(database: str) -> Iterator[Any]:
    """An environment as superuser in one transaction: committed at the end, with what hangs on the commit."""
    configure()
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry

    registry = Registry(database)
    with registry.cursor() as cr:
        registry.check_signaling(cr)
        yield api.Environment(cr, SUPERUSER_ID, {})
        cr.commit()
    registry.signal_changes()


def write_what_waits() -> None:
    """Have what was gathered in this process, the audit's seals and counts, written while PostgreSQL is there."""
    if _configured:
        from odoo.addons.chatwootai_mcp.servers.write_behind import finish_all

        finish_all()


def forget(database: str) -> None:
    """Drop what this process holds of a database, so that it can be dropped itself."""
    if "odoo.modules.registry" not in sys.modules:
        return
    from odoo.modules.registry import Registry
    from odoo.sql_db import close_db

    Registry.delete(database)
    close_db(database)
