"""Imports crewai while the server has nothing to do, so that the first customer does not wait for it."""

import threading
from functools import cache

from odoo.modules import module as odoo_module
from odoo.tools import config


@cache
def begin() -> None:
    """Once in a process that serves requests and jobs alike; a worker of many imports it when it first answers."""
    if config["http_enable"] and not config["workers"] and not config["stop_after_init"] and not _testing():
        threading.Thread(target=_import, name="chatwootai-warm-up", daemon=True).start()


def _import() -> None:
    from .crews import in_process  # noqa: F401  it says where crewai may write
    from .crews.environment import prepare

    prepare()
    from .crews import flow, llm, tools  # noqa: F401


def _testing() -> bool:
    return bool(odoo_module.current_test or config["test_enable"])
