"""One call: what it may touch, how long it may take, and the transaction it works in."""

import threading
import time
from typing import Protocol, Self

from odoo import api
from odoo.modules.registry import Registry

from ..stores.open import Stores
from ..tenancy.principal import Principal
from .admission import step_aside
from .tool import ToolError

CALL_SECONDS = 30.0
_STATEMENT_SECONDS = 20.0  # of one statement of SQL
_BOUNDS = "SET LOCAL statement_timeout = %s; SET LOCAL lock_timeout = '5s'"


class Database(Protocol):
    """The principal's environment, in a transaction that begins when it is first asked for."""

    def environment(self, milliseconds: int) -> api.Environment:
        """:param milliseconds: for each statement"""

    def leave(self) -> None:
        """Commit; asked again, `environment` begins another transaction."""


class Call:
    """The caller, its Odoo environment, the stores and the time that is left.

    The environment is opened when it is first asked for, so that a tool that needs no database takes no connection.
    """

    def __init__(self, principal: Principal, stores: Stores, database: Database, deadline: float | None = None) -> None:
        self.principal = principal
        self.stores = stores
        self.deadline = time.monotonic() + CALL_SECONDS if deadline is None else deadline
        self.record_ids: tuple[int, ...] = ()  # what the call touched, for the audit
        self._database = database
        self._env: api.Environment | None = None

    @property
    def account_id(self) -> str:
        return self.principal.account_id

    @property
    def env(self) -> api.Environment:
        if self._env is None:
            milliseconds = round(1000 * min(_STATEMENT_SECONDS, self.seconds_left()))
            self._env = self._database.environment(milliseconds)
        return self._env

    def leave_database(self) -> None:
        """End the transaction before a request goes out to the network: no row and no snapshot waits for an answer.

        What was written stands, whatever becomes of the call. Records read before are not to be used after it.
        """
        self._env = None
        self._database.leave()
        step_aside()

    def seconds_left(self) -> float:
        """:raises ToolError: the call has had its time"""
        left = self.deadline - time.monotonic()
        if left < 0.01:
            raise ToolError(f"The call took longer than {CALL_SECONDS:.0f} seconds and was stopped; ask for less.")
        return left


class BorrowedDatabase:
    """An environment whose owner commits. What is written in it is undone when the block raises.

    Its savepoint undoes what a tool wrote before it failed, and heals the transaction of a query that failed. It is
    made in one round trip with the bounds, and not released: it ends with the transaction, or lies under a later one.
    """

    def __init__(self, env: api.Environment) -> None:
        self._env = env
        self._begun = False

    def environment(self, milliseconds: int) -> api.Environment:
        if not self._begun:
            self._env.cr.flush()
            self._env.cr.execute(f"SAVEPOINT chatwootai_call; {_BOUNDS}", [milliseconds])
            self._begun = True
        return self._env

    def leave(self) -> None:
        self._env.cr.commit()
        self._begun = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if not self._begun:
            return
        if kind is None:
            self._env.cr.flush()
        else:
            self._env.cr.clear()
            self._env.cr.execute("ROLLBACK TO SAVEPOINT chatwootai_call")


class OwnDatabase:
    """A short cursor of a call's own: committed when the block ends well, rolled back when it raises.

    The thread is marked with the database and user meanwhile, as Odoo does for its own, so that log lines carry them.
    """

    def __init__(self, principal: Principal) -> None:
        self._principal = principal
        self._env: api.Environment | None = None

    def environment(self, milliseconds: int) -> api.Environment:
        if self._env is None:
            registry = Registry(self._principal.account_id)
            cr = registry.cursor()
            registry.check_signaling(cr)
            cr.execute(_BOUNDS, [milliseconds])
            self._env = api.Environment(cr, self._principal.user_id, {})
            # Odoo's own language choice: that of the user the call runs as.
            self._env = self._env(context=self._env["res.users"].context_get())
        return self._env

    def leave(self) -> None:
        self._end(commit=True)

    def __enter__(self) -> Self:
        thread = threading.current_thread()
        self._marks = {name: thread.__dict__.get(name) for name in ("dbname", "uid")}
        thread.__dict__.update(dbname=self._principal.account_id, uid=self._principal.user_id)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self._end(commit=kind is None)
        finally:
            threading.current_thread().__dict__.update(self._marks)

    def _end(self, commit: bool) -> None:
        env, self._env = self._env, None
        if env is None:
            return
        try:
            if commit:
                env.flush_all()
                env.cr.commit()
                env.registry.signal_changes()
            else:
                env.registry.reset_changes()
        finally:
            env.cr.close()
