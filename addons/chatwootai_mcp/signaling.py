"""Odoo looks for other processes' changes before each request: in a statement, without a transaction around it.

It would begin one for that look, end it, and begin another, whose snapshot is newer, for the request: two round trips
to PostgreSQL of a request's seven. A look that needs no transaction begins none; what follows begins its own, as ever.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2.extensions import STATUS_READY, connection

from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor, Cursor

_get_sequences = Registry.get_sequences


def get_sequences(self: Registry, cr: BaseCursor) -> tuple[int, dict[str, int]]:
    if not isinstance(cr, Cursor) or cr.connection.status != STATUS_READY:
        return _get_sequences(self, cr)  # within a transaction, its own view is what is asked for
    with _without_transaction(cr.connection):
        return _get_sequences(self, cr)


@contextmanager
def _without_transaction(connection: connection) -> Iterator[None]:
    """psycopg2 tells PostgreSQL of what else was set for a session when autocommit ends: round trips, for nothing."""
    level, readonly = connection.isolation_level, connection.readonly
    connection.isolation_level = connection.readonly = None
    connection.autocommit = True
    try:
        yield
    finally:
        connection.autocommit = False
        connection.isolation_level, connection.readonly = level, readonly


Registry.get_sequences = get_sequences
