"""A transaction of one's own beside the caller's: what is written in it stands, whatever becomes of the caller.

A job's cursor stays open for the whole run and may not be committed; what must be known before a request leaves, or
must survive a failure, is written here. It sees what others committed meanwhile, which the job's snapshot does not.

It reads what is committed (Odoo's cursors read a snapshot): two that write the same row wait for one another by
its lock instead of failing to serialize, which would cost up to seconds. Lock first, read after.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from odoo import SUPERUSER_ID, api, models
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.sql_db import Cursor
from odoo.tools import SQL


def in_own_transaction(env: api.Environment, work: Callable[..., Any], *arguments: Any) -> Any:
    """``work(own environment, *arguments)``, committed; as superuser, again after a deadlock."""
    with _callers_changes_apart(env.registry), env.registry.cursor() as cr:
        if isinstance(cr, Cursor):  # a test's cursor is within a transaction that has begun
            cr.connection.set_isolation_level(ISOLATION_LEVEL_READ_COMMITTED)
        own = api.Environment(cr, SUPERUSER_ID, {})
        return retrying(partial(work, own, *arguments), own)


@contextmanager
def _callers_changes_apart(registry: Registry) -> Iterator[None]:
    """Odoo notes by thread which caches were emptied, and tells the other processes at the next commit. Those that the
    caller emptied are told of when the caller commits: told now, they would be filled again with what it replaces."""
    models_changed, caches = registry.registry_invalidated, frozenset(registry.cache_invalidated)
    registry.registry_invalidated = False
    registry.cache_invalidated.clear()
    try:
        yield
    finally:
        registry.registry_invalidated |= models_changed
        registry.cache_invalidated.update(caches)


def lock(records: models.BaseModel) -> models.BaseModel:
    """The records that still exist, locked until the transaction ends; nothing of them is read from before."""
    if not records:
        return records
    records.flush_recordset()
    rows = records.env.execute_query(
        SQL(
            "SELECT id FROM %s WHERE id IN %s ORDER BY id FOR NO KEY UPDATE",
            SQL.identifier(records._table),
            tuple(records.ids),
        )
    )
    records.invalidate_recordset(flush=False)
    return records.browse(row[0] for row in rows)
