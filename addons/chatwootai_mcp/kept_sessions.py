"""Connections whose session nobody has changed are lent again as they are.

Odoo has PostgreSQL discard a session whenever its connection is lent again, and with it the plans, of foreign keys'
checks above all: each request planned them anew, which was a sixth of a webhook's time. What outlives a transaction is
only what few statements leave behind; after one of those, or one that is not known to leave nothing, it is discarded.
"""

import re
import select
from functools import lru_cache
from typing import Any

from psycopg2.extensions import STATUS_READY

from odoo import sql_db
from odoo.sql_db import Cursor, PsycoConnection

_LEAVES_NOTHING = re.compile(
    r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|SAVEPOINT|RELEASE|ROLLBACK|SET\s+LOCAL|SET\s+TRANSACTION)\b", re.IGNORECASE
)
# Locks of the session, settings by function, and tables made in passing, in statements that look harmless.
_LEAVES_SOMETHING = re.compile(r"advisory_lock|set_config|\b(pg_)?temp(orary)?\b", re.IGNORECASE)


@lru_cache(1024)
def outlives_its_transaction(statement: str) -> bool:
    """Whether the session may not be the same after the statement and the end of its transaction."""
    parts = [part for part in statement.split(";") if part.strip()]
    return not all(map(_LEAVES_NOTHING.match, parts)) or bool(_LEAVES_SOMETHING.search(statement))


class KeptSession(PsycoConnection):
    """Stands where Odoo expects its own class of connections."""

    _changed = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.prepared: set[str] = set()  # statements of ours that the session has planned

    def reset(self) -> None:
        """:raises psycopg2.OperationalError: PostgreSQL has ended the connection"""
        if self._changed or self.autocommit or self.status != STATUS_READY or self._was_told_something():
            super().reset()
            self._changed = False
            self.prepared.clear()

    def _was_told_something(self) -> bool:
        """PostgreSQL says nothing of its own accord but that the connection ends, or what was listened for."""
        if self.closed:
            return True
        looking = select.poll()  # select() knows no file above the 1024th
        looking.register(self.fileno(), select.POLLIN)
        return bool(looking.poll(0))


_execute = Cursor.execute


def execute(self, query, params=None, log_exceptions=True):
    connection = self._cnx
    if not getattr(connection, "_changed", True):
        statement = getattr(query, "code", query)  # bytes and psycopg2's own are not looked into
        connection._changed = not isinstance(statement, str) or outlives_its_transaction(statement)
    return _execute(self, query, params, log_exceptions)


sql_db.PsycoConnection = KeptSession
Cursor.execute = execute
