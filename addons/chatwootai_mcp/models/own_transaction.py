"""A transaction of one's own beside the caller's: what is written in it stands, whatever becomes of the caller.

A job's cursor stays open for the whole run and may not be committed; what must be known before a request leaves, or
must survive a failure, is written here. It sees what others committed meanwhile, which the job's snapshot does not.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from odoo import api, models
from odoo.modules.registry import Registry
from odoo.tools import SQL

from ..servers.short_transaction import in_short_transaction


def in_own_transaction(env: api.Environment, work: Callable[..., Any], *arguments: Any) -> Any:
    """``work(own environment, *arguments)``, committed; as superuser, again after a deadlock."""
    with _callers_changes_apart(env.registry):
        return in_short_transaction(env.registry, work, *arguments)


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


def try_lock(env: api.Environment, name: str) -> bool:
    """Whether this transaction gets the lock of this name, which no other has until it ends."""
    [[locked]] = env.execute_query(SQL("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", name))
    return locked


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
