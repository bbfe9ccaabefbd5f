"""Which databases a request may name: the tenants of this server, and nothing else PostgreSQL has.

Odoo takes a name from a session, a parameter or a header, holds it against ``dbfilter`` and opens it. A name of no
tenant's would be looked for at PostgreSQL, ``postgres`` and other servers' databases would be opened, and the errors
tell what was found. So Odoo's filter lets only those through that its own role owns, which is what it lists too; every
other name is like none.
"""

import threading
import time
from collections.abc import Iterable

import psycopg2

from odoo import http
from odoo.service import db as databases

_TRUSTED_SECONDS = 5  # how long a database is taken to be still there

_lock = threading.Lock()
_known: frozenset[str] = frozenset()
_known_until = 0.0
_matching = http.db_filter


def _db_filter(dbs: Iterable[str], host: str | None = None) -> list[str]:
    named = [name for name in dbs if isinstance(name, str)]
    matching = _matching(named, host=host)
    return [name for name in matching if is_ours(name)]


def is_ours(name: str) -> bool:
    """A name that is not known is looked up each time: a tenant just made is there at once."""
    global _known, _known_until
    with _lock:
        if name in _known and time.monotonic() < _known_until:
            return True
    try:
        listed = frozenset(databases.list_dbs(force=True))
    except psycopg2.Error:
        return name in _known  # PostgreSQL can't be asked: whoever opens the database will see
    with _lock:
        _known, _known_until = listed, time.monotonic() + _TRUSTED_SECONDS
    return name in listed


def forget(name: str) -> None:
    """A tenant that is dropped: ask again."""
    global _known
    with _lock:
        _known -= {name}


http.db_filter = _db_filter
