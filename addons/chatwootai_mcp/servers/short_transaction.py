"""A short transaction of one's own: committed at its end, whatever becomes of whoever asked for it.

It reads what is committed (Odoo's cursors read a snapshot): two that write the same row wait for one another by its
lock instead of failing to serialize, which would cost up to seconds. Lock first, read after. A request that has
written nothing yet may make its own transaction such a one, and needs no second connection.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.sql_db import BaseCursor, Cursor, PoolError

from ..log_context import working_for

_STATEMENT_SECONDS = 15  # a database that is slower keeps its own writes waiting, and those of the others no longer


class Gone(Exception):
    """There is no such database any more: a new one of its name must not get what the old one left."""


def in_short_transaction(registry: Registry, work: Callable[..., Any], *arguments: Any) -> Any:
    """``work(environment, *arguments)``, committed; as superuser, again after a deadlock."""
    is_committed = False
    try:
        with registry.cursor() as cr:
            read_what_is_committed(cr)
            env = api.Environment(cr, SUPERUSER_ID, {})
            result = retrying(partial(work, env, *arguments), env)
            is_committed = True
    except (PoolError, psycopg2.InterfaceError):
        # A stop takes away connections that are in use. What was committed by then is not to be done once more.
        if not is_committed:
            raise
    return result


def read_what_is_committed(cr: BaseCursor) -> None:
    """Begin the cursor's transaction anew, as one that reads so until the cursor is closed."""
    if isinstance(cr, Cursor):  # a test's cursor is within a transaction that has begun
        cr.rollback()
        cr.connection.set_isolation_level(ISOLATION_LEVEL_READ_COMMITTED)


def write_behind_in(account_id: str, work: Callable[..., Any], *arguments: Any) -> Any:
    """The same for who has no environment: what a process writes behind its requests, for many tenants.

    :raises Gone: the tenant was dropped
    """

    def bounded(env: api.Environment) -> Any:
        env.cr.execute("SET LOCAL statement_timeout = %s", [f"{_STATEMENT_SECONDS}s"])
        return work(env, *arguments)

    with working_for(account_id):
        try:
            return in_short_transaction(Registry(account_id), bounded)
        except psycopg2.OperationalError as error:
            if "does not exist" in str(error):
                raise Gone(account_id) from error
            raise
