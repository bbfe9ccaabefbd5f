"""Odoo's connections to PostgreSQL, a pool for each tenant.

Odoo keeps one pool for all databases: whoever fills it leaves the others an error, and while a connection is made
nobody gets one. Here each database has a pool of its own, its size from recent use: most of what there is for a tenant
alone, a fair share beside others, and always a few. Who is over it waits a little, and only then gets Odoo's error.
Connections that are idle make room for others, so that all together stay within ``db_maxconn``.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from odoo import sql_db
from odoo.sql_db import PoolError, PsycoConnection
from odoo.tools import config

from ..tenancy.bulkhead import Bounds, Bulkhead, Overloaded

PATIENCE_SECONDS = 5.0
_AT_LEAST = (
    6  # a job, what it writes beside its own transaction, and a tool it calls: one waiting for itself would fail
)
_SWEEP_SECONDS = 60.0
_SHARED = 0.75  # of all connections; the rest is for tenants' first ones


def _maximum() -> int:
    return int(config["db_maxconn"])


bulkhead = Bulkhead(
    Bounds(
        max(2, int(_SHARED * _maximum())),
        least=_AT_LEAST,
        patience=PATIENCE_SECONDS,
        max_waiting=500,
        courtesy=0.0,
    )
)
_OdoosPool = sql_db.ConnectionPool


class TenantPools(sql_db.ConnectionPool):
    """Stands where Odoo expects its one pool."""

    def __init__(self, maxconn: int = 64, readonly: bool = False) -> None:
        super().__init__(maxconn, readonly)
        self._pools: dict[str, sql_db.ConnectionPool] = {}
        self._free = threading.BoundedSemaphore(self._maxconn)
        self._swept_at = time.time()

    def __repr__(self) -> str:
        connections = [each for pool in self._pools.copy().values() for each in pool._connections]
        used = sum(each._pool_in_use for each in connections)
        return f"TenantPools(databases={len(self._pools)};used={used}/count={len(connections)}/max={self._maxconn})"

    def borrow(self, connection_info: dict[str, Any]) -> PsycoConnection:
        database = connection_info.get("database", "(by its URI)")
        pool = self._pool(database)
        self._take_back_leaked(pool)
        try:
            bulkhead.enter(database)
        except Overloaded:
            raise PoolError(f"{database} has as many connections as it may") from None
        try:
            if not self._free.acquire(timeout=PATIENCE_SECONDS):
                raise PoolError("The Connection Pool Is Full")
            try:
                self._make_room(pool)
                connection = pool.borrow(connection_info)
            except BaseException:
                self._free.release()
                raise
        except BaseException:
            bulkhead.leave(database)
            raise
        connection._pool_of = pool, database
        return connection

    def give_back(self, connection: PsycoConnection, keep_in_pool: bool = True) -> None:
        pool, database = connection._pool_of
        try:
            pool.give_back(connection, keep_in_pool)
        finally:
            self._free.release()
            bulkhead.leave(database)

    def close_all(self, dsn: dict[str, Any] | str | None = None) -> None:
        with self._lock:
            pools = list(self._pools.values())
        for pool in pools:
            pool.close_all(dsn)

    def _pool(self, database: str) -> sql_db.ConnectionPool:
        with self._lock:
            pool = self._pools.get(database)
            if pool is None:
                pool = self._pools[database] = _OdoosPool(self._maxconn, self._readonly)
            return pool

    def _take_back_leaked(self, pool: sql_db.ConnectionPool) -> None:
        """Of a cursor that was forgotten, not closed."""
        for connection in [each for each in list(pool._connections) if getattr(each, "leaked", False)]:
            del connection.leaked
            self.give_back(connection)

    def _make_room(self, pool: sql_db.ConnectionPool) -> None:
        """Where a new connection would be one too many, close that which has been idle longest."""
        self._sweep()
        if any(not each._pool_in_use for each in list(pool._connections)):
            return
        with self._lock:
            pools = list(self._pools.values())
        if sum(len(each._connections) for each in pools) < self._maxconn:
            return
        idle = [(each._pool_last_used, owner) for owner in pools for each in _idle(owner)]
        if idle:
            oldest, owner = min(idle, key=lambda each: each[0])
            _close(owner, lambda connection: connection._pool_last_used <= oldest)

    def _sweep(self) -> None:
        """Close what has been idle for long; now and then."""
        now = time.time()
        if now - self._swept_at < _SWEEP_SECONDS:
            return
        self._swept_at = now
        with self._lock:
            pools = list(self._pools.values())
        for pool in pools:
            _close(pool, lambda connection: now - connection._pool_last_used > sql_db.MAX_IDLE_TIMEOUT)


def _idle(pool: sql_db.ConnectionPool) -> list[PsycoConnection]:
    return [each for each in list(pool._connections) if not each._pool_in_use]


def _close(pool: sql_db.ConnectionPool, which: Callable[[PsycoConnection], bool]) -> None:
    with pool._lock:
        for connection in [each for each in _idle(pool) if which(each)]:
            pool._connections.remove(connection)
            connection.close()


sql_db.ConnectionPool = TenantPools
sql_db._Pool = sql_db._Pool_readonly = None  # made anew when a cursor is next asked for
