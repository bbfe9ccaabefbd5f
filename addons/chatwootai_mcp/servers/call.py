"""One call of a tool: what it may touch, and the cursor it does so with."""

import threading
from collections.abc import Callable
from typing import Self

from odoo import api
from odoo.modules.registry import Registry

from ..stores.open import Stores
from ..tenancy.principal import Principal


class Call:
    """The caller, its Odoo environment and the stores.

    The environment is opened when it is first asked for, so that a tool that needs no database takes no connection.
    """

    def __init__(self, principal: Principal, stores: Stores, environment: Callable[[], api.Environment]) -> None:
        self.principal = principal
        self.stores = stores
        self.record_ids: tuple[int, ...] = ()  # what the call touched, for the audit
        self._environment = environment
        self._env: api.Environment | None = None

    @property
    def account_id(self) -> str:
        return self.principal.account_id

    @property
    def env(self) -> api.Environment:
        if self._env is None:
            self._env = self._environment()
            self._env.cr.execute("SET LOCAL statement_timeout = '20s'; SET LOCAL lock_timeout = '5s'")
        return self._env


class OwnCursor:
    """A short cursor of a call's own: committed when the block ends well, rolled back when it raises.

    The thread is marked with the database and user meanwhile, as Odoo does for its own, so that log lines carry them.
    """

    def __init__(self, principal: Principal) -> None:
        self._principal = principal
        self._env: api.Environment | None = None

    def environment(self) -> api.Environment:
        if self._env is None:
            registry = Registry(self._principal.account_id)
            cr = registry.cursor()
            registry.check_signaling(cr)
            self._env = api.Environment(cr, self._principal.user_id, {})
            # Odoo's own language choice: that of the user the call runs as.
            self._env = self._env(context=self._env["res.users"].context_get())
        return self._env

    def __enter__(self) -> Self:
        thread = threading.current_thread()
        self._marks = {name: thread.__dict__.get(name) for name in ("dbname", "uid")}
        thread.__dict__.update(dbname=self._principal.account_id, uid=self._principal.user_id)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if self._env is not None:
                if kind is None:
                    self._env.flush_all()
                    self._env.cr.commit()
                    self._env.registry.signal_changes()
                else:
                    self._env.registry.reset_changes()
                self._env.cr.close()
        finally:
            threading.current_thread().__dict__.update(self._marks)
