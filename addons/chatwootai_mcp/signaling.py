"""Odoo looks for other processes' changes before each request: in a statement, without a transaction around it.

It would begin one for that look, end it, and begin another, whose snapshot is newer, for the request: two round trips
to PostgreSQL of a request's seven. A look that needs no transaction begins none; what follows begins its own, as ever.
"""

from psycopg2.extensions import STATUS_READY

from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor, Cursor

_get_sequences = Registry.get_sequences


def get_sequences(self: Registry, cr: BaseCursor) -> tuple[int, dict[str, int]]:
    if not isinstance(cr, Cursor) or cr.connection.status != STATUS_READY:
        return _get_sequences(self, cr)  # within a transaction, its own view is what is asked for
    cr.connection.autocommit = True
    try:
        return _get_sequences(self, cr)
    finally:
        cr.connection.autocommit = False


Registry.get_sequences = get_sequences
