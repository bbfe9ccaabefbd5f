"""Whether this process can do its work: each store asked in its own words."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass

import psycopg2

from odoo.sql_db import db_connect

from ..control import get_control
from ..stores.errors import StoreError
from ..stores.open import Stores

OK, SLOW, DOWN = "ok", "degraded", "down"


@dataclass(frozen=True)
class Health:
    """``degraded`` answers, but slower, or with the limits it last knew; ``down`` cannot do its work now."""

    status: str
    checks: Mapping[str, str]


def check(stores: Stores) -> Health:
    checks = {
        "documents": OK if _answers(stores.documents.ping) else DOWN,
        "vectors": OK if _answers(stores.vectors.ping) else DOWN,
        "cache": OK if _answers(stores.cache.ping) else SLOW,
        "database": OK if _database_answers() else DOWN,
        "limits": OK if get_control().answers() else SLOW,
    }
    worst = next((status for status in (DOWN, SLOW) if status in checks.values()), OK)
    return Health(worst, checks)


def _database_answers() -> bool:
    try:
        # The database that Odoo itself asks which others there are.
        with closing(db_connect("postgres").cursor()) as cr:
            cr.execute("SELECT 1")
    except psycopg2.Error:
        return False
    return True


def _answers(ping: Callable[[], None]) -> bool:
    try:
        ping()
    except StoreError:
        return False
    return True
