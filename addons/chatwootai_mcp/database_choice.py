"""Which databases a request may name: the tenants of this server, and nothing else PostgreSQL has.

Odoo takes a name from a session, a parameter or a header, holds it against ``dbfilter`` and opens it. A name of no
tenant's would be looked for at PostgreSQL, ``postgres`` and other servers' databases would be opened, and the errors
tell what was found. So Odoo's filter lets only those through that its own role owns, which is what it lists too; every
other name is like none. To whoever has entered an account so is every name but its own, until a password opens
another: else Odoo's pages would tell a company's people which others there are, and lead them to their doors. And
where there is but one tenant, nobody is led into it who has not named it. Odoo's RPC takes names past that filter:
there a name of none is like a wrong password, and the service that tells of databases serves nothing.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import psycopg2

from odoo import http
from odoo.exceptions import AccessDenied
from odoo.service import common, model
from odoo.service import db as databases

_TRUSTED_SECONDS = 5  # how long a database is taken to be still there

_lock = threading.Lock()
_known: frozenset[str] = frozenset()
_known_until = 0.0
_matching = http.db_filter
_entering: ContextVar[bool] = ContextVar("chatwootai_entering", default=False)


def _db_filter(dbs: Iterable[str], host: str | None = None) -> list[str]:
    entered = _account_entered()
    return [name for name in _ours_of(dbs, host) if entered in (None, name)]


def _ours_of(dbs: Iterable[Any], host: str | None) -> list[str]:
    named = [name for name in dbs if isinstance(name, str)]
    return [name for name in _matching(named, host=host) if is_ours(name)]


def _account_entered() -> str | None:
    """The account the request is in; none while that is found out, and while a password opens another."""
    return None if _entering.get() or not http.request else getattr(http.request, "db", None)


@contextmanager
def entering() -> Iterator[None]:
    """Within, a session may change to the account whose password was given."""
    token = _entering.set(True)
    try:
        yield
    finally:
        _entering.reset(token)


def may_be_named(name: Any) -> bool:
    """Whether it is a tenant's, whoever asks; there may be no request that Odoo's own filter could ask for its host."""
    return bool(_ours_of([name], host=""))


def is_ours(name: str) -> bool:
    """A name that is not known is looked up each time: a tenant just made is there at once.

    One that is known need not wait for the look, which makes a connection: whoever opens the database will see.
    """
    global _known_until
    with _lock:
        if name in _known:
            if time.monotonic() >= _known_until:
                _known_until = time.monotonic() + _TRUSTED_SECONDS
                threading.Thread(target=_look, name="chatwootai-databases", daemon=True).start()
            return True
    _look()
    return name in _known


def _look() -> None:
    global _known, _known_until
    with suppress(psycopg2.Error):  # PostgreSQL can't be asked: what was known stays
        listed = frozenset(databases.list_dbs(force=True))
        with _lock:
            _known, _known_until = listed, time.monotonic() + _TRUSTED_SECONDS


def forget(name: str) -> None:
    """A tenant that is dropped: ask again."""
    global _known
    with _lock:
        _known -= {name}


http.db_filter = _db_filter
http.db_list = lambda force=False, host=None: []


_common_dispatch, _model_dispatch = common.dispatch, model.dispatch
_LOGINS = frozenset({"login", "authenticate"})


def _no_databases(method: str, params: Any) -> Any:
    raise AccessDenied()


def _common(method: str, params: Any) -> Any:
    return False if method in _LOGINS and not _names_ours(params) else _common_dispatch(method, params)


def _model(method: str, params: Any) -> Any:
    if not _names_ours(params):
        raise AccessDenied()
    return _model_dispatch(method, params)


def _names_ours(params: Any) -> bool:
    return isinstance(params, (list, tuple)) and bool(params) and may_be_named(params[0])


databases.dispatch, common.dispatch, model.dispatch = _no_databases, _common, _model
