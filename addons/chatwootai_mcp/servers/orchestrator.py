"""The one way in to every tool: find it, authorize, admit, run, audit.

The HTTP endpoints and the crews call the same :class:`Orchestrator`. It routes by the tool's name to its server, runs
it as the principal's Odoo user in the principal's database, and turns every outcome into a structured result.
"""

import hashlib
import json
import logging
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import psycopg2
from psycopg2 import errors as pg_errors

from odoo import api
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..stores.errors import StoreError
from ..stores.open import Stores
from ..tenancy.account import InvalidAccountId
from ..tenancy.audit import AuditEvent, mask
from ..tenancy.principal import Principal
from ..tenancy.quota import QuotaExceeded
from .audit_trail import trail
from .call import Call, OwnCursor
from .metrics import observe_call
from .quota_gate import QuotaGate
from .stores_of_process import get_stores
from .tool import Tool, ToolError, tools_of

_logger = logging.getLogger(__name__)
_ATTEMPTS = 4
_CACHE_SECONDS = 300


class UnknownTool(LookupError):
    """No tool of that name is on this server for this caller."""


@dataclass(frozen=True)
class Outcome:
    """``result`` is ``{"success": True, …}``, or ``{"success": False, "error": …}`` with ``is_error``."""

    result: dict[str, Any]
    is_error: bool


class Refused(Exception):
    """The caller may not do this; the text is shown to it."""


class Orchestrator:
    def __init__(self, tools: Iterable[Tool], stores: Callable[[], Stores] = get_stores) -> None:
        self._tools: dict[str, Tool] = {}
        self._stores = stores
        self._gate = QuotaGate(lambda: stores().cache)
        for declared in tools:
            self.add(declared)

    def add(self, declared: Tool) -> None:
        if declared.name in self._tools:
            raise ValueError(f"two tools are called {declared.name}")
        self._tools[declared.name] = declared

    def list_tools(
        self, principal: Principal, server: str | None = None, env: api.Environment | None = None
    ) -> list[Tool]:
        """The tools this caller may call, in a fixed order; with ``env`` only those whose Odoo app is installed."""
        installed = None if env is None else env.registry._init_modules
        return [
            declared
            for declared in self._tools.values()
            if _visible(declared, principal, server)
            and (declared.read_only or principal.write)
            and (installed is None or declared.requires_module in (None, *installed))
        ]

    def call(
        self,
        principal: Principal,
        name: str,
        arguments: Mapping[str, Any],
        *,
        server: str | None = None,
        env: api.Environment | None = None,
    ) -> Outcome:
        """Call a tool.

        :param server: only a tool of this server
        :param env: an environment of the principal's user to run in, whose owner commits; without one the call opens a
            cursor of its own, commits it when the tool succeeded, and tries again after a serialization failure
        :raises UnknownTool: there is no such tool here
        """
        declared = self._tools.get(name)
        if declared is None or not _visible(declared, principal, server):
            raise UnknownTool(f"There is no tool {name!r} here; tools/list tells which there are.")
        record = _Record(principal, declared, arguments)
        outcome = self._attempt(principal, declared, arguments, env, record)
        observe_call(principal.account_id, name, "error" if outcome.is_error else "success", record.seconds)
        return outcome

    def _attempt(
        self,
        principal: Principal,
        declared: Tool,
        arguments: Mapping[str, Any],
        env: api.Environment | None,
        record: "_Record",
    ) -> Outcome:
        try:
            parsed = declared.parse(_own_arguments(principal, arguments))
            if not (declared.read_only or principal.write):
                raise Refused(f"This key may only read; {declared.name} needs a key with write scope.")
            with self._gate.admit(principal.account_id):
                result = self._run(principal, declared, parsed, env, record)
        except (Refused, QuotaExceeded) as refusal:
            return self._failed(record, "refused", str(refusal))
        except (ToolError, StoreError) as failure:
            return self._failed(record, "error", str(failure))
        if declared.read_only:
            trail.append(principal.account_id, record.event("success"))
        return Outcome(result, False)

    @staticmethod
    def _failed(record: "_Record", outcome: str, error: str) -> Outcome:
        trail.append(record.principal.account_id, record.event(outcome, error))
        return Outcome({"success": False, "error": error}, True)

    def _run(
        self,
        principal: Principal,
        declared: Tool,
        parsed: dict[str, Any],
        env: api.Environment | None,
        record: "_Record",
    ) -> dict[str, Any]:
        stores = self._stores()
        if declared.cache_namespace is None:
            return _transact(principal, declared, parsed, env, record, stores)
        question = json.dumps([declared.name, parsed], sort_keys=True)
        return stores.cache.get_or_load(
            principal.account_id,
            declared.cache_namespace(parsed),
            hashlib.sha256(question.encode()).hexdigest(),
            lambda: _transact(principal, declared, parsed, env, record, stores),
            ttl=_CACHE_SECONDS,
        )


class _Record:
    """Gathers what the audit will say of one call."""

    def __init__(self, principal: Principal, declared: Tool, arguments: Mapping[str, Any]) -> None:
        self.principal = principal
        self.call: Call | None = None
        self._tool = declared
        self._arguments = arguments
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def event(self, outcome: str, error: str = "") -> AuditEvent:
        return AuditEvent(
            actor=self.principal.actor,
            user_id=self.principal.user_id,
            tool=self._tool.name,
            server=self._tool.server,
            outcome=outcome,
            duration_ms=round(self.seconds * 1000),
            arguments=mask(self._arguments),
            error=mask(error),
            record_ids=self.call.record_ids if self.call else (),
        )


def _transact(
    principal: Principal,
    declared: Tool,
    parsed: dict[str, Any],
    env: api.Environment | None,
    record: _Record,
    stores: Stores,
) -> dict[str, Any]:
    if env is not None:
        with env.cr.savepoint():  # undoes what a tool wrote before it failed, and heals a failed query's transaction
            return _perform(Call(principal, stores, lambda: env), declared, parsed, record)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with OwnCursor(principal) as cursor:
                return _perform(Call(principal, stores, cursor.environment), declared, parsed, record)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            if attempt == _ATTEMPTS:
                raise ToolError("Others are changing the same records; try again.") from None
            threading.Event().wait(random.uniform(0, 0.1 * 2**attempt))
    raise AssertionError("unreachable")


def _perform(call: Call, declared: Tool, parsed: dict[str, Any], record: _Record) -> dict[str, Any]:
    """Run the tool, its failures put into words, and audit a write in its own transaction."""
    record.call = call
    try:
        result = {"success": True, **declared.run(call, **parsed)}
        if not declared.read_only:
            call.env.flush_all()  # a constraint speaks now, where its error can still be put into words
            call.env["chatwootai.audit"].sudo()._record([record.event("success")])
        return result
    except (ToolError, StoreError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
        raise
    except InvalidAccountId:
        raise ToolError(f"The database {call.account_id!r} cannot be an account: rename it to an account_id.") from None
    except AccessError:
        raise ToolError("The Odoo user of this key has no right to do this with these records.") from None
    except MissingError:
        raise ToolError("The record does not exist, or was deleted meanwhile.") from None
    except UserError as error:
        raise ToolError(str(error)) from None
    except pg_errors.QueryCanceled:
        raise ToolError("The call took too long and was stopped; narrow the search.") from None
    except Exception as error:
        # Its text may hold SQL or data of others: the caller gets a reference, the operator the log.
        reference = uuid.uuid4().hex[:8]
        _logger.exception("tool %s of %s failed [%s]", declared.name, call.account_id, reference)
        cause = "The database refused the call" if isinstance(error, psycopg2.Error) else "The call failed unexpectedly"
        raise ToolError(f"{cause}; the operator finds why in the log under {reference}.") from None


def _visible(declared: Tool, principal: Principal, server: str | None) -> bool:
    return principal.may_reach(declared.server) and server in (None, declared.server)


def _own_arguments(principal: Principal, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments without ``account_id``, which a call may carry and which must be the caller's own."""
    own = dict(arguments)
    if own.pop("account_id", principal.account_id) != principal.account_id:
        raise Refused("account_id must be the account of your key.")
    return own


@lru_cache(maxsize=1)
def get_orchestrator() -> Orchestrator:
    """The orchestrator of this process, over all four servers."""
    from . import chatwoot, mongodb, odoo_products, odoo_records, qdrant

    return Orchestrator(tools_of((odoo_records, odoo_products, qdrant, mongodb, chatwoot)))
