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
from odoo.modules.registry import Registry
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..stores.errors import StoreError
from ..stores.open import Stores
from ..tenancy.account import InvalidAccountId
from ..tenancy.audit import AuditEvent
from ..tenancy.masking import mask, mask_text
from ..tenancy.principal import Principal
from ..tenancy.quota import QuotaExceeded
from .alert_trail import raise_later
from .audit_trail import trail
from .call import CALL_SECONDS, BorrowedDatabase, Call, OwnDatabase
from .metrics import observe_call
from .quota_gate import QuotaGate
from .stores_of_process import get_stores
from .tool import Tool, ToolError, tools_of
from .usage_meter import meter

_logger = logging.getLogger(__name__)
_ATTEMPTS = 4
_CACHE_SECONDS = 300
_NO_TOOL = "none"  # the label of a call whose tool there is not


class UnknownName(LookupError):
    """Nothing of that name is here for this caller.

    :param outcome: and ``why``, for the audit; the caller learns neither
    """

    def __init__(self, text: str, outcome: str = "error", why: str = "unknown name") -> None:
        super().__init__(text)
        self.outcome = outcome
        self.why = why


class UnknownTool(UnknownName):
    """What a caller is told of a tool that is not there for it, whether there is one or not."""

    def __init__(self, name: str, outcome: str, why: str) -> None:
        super().__init__(f"There is no tool {name!r} here; tools/list tells which there are.", outcome, why)


@dataclass(frozen=True)
class Outcome:
    """``result`` is ``{"success": True, …}``, or ``{"success": False, "error": …}`` with ``is_error``."""

    result: dict[str, Any]
    is_error: bool


class Refused(Exception):
    """The caller may not do this; the text is shown to it."""


class OtherAccount(Refused):
    """A call that names an account which is not the caller's."""


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
        """The tools this caller may call, in a fixed order.

        :param env: the caller's; with it, only those whose Odoo app is installed and whose model its user may use
        """
        return [
            declared
            for declared in self._tools.values()
            if _visible(declared, principal, server)
            and (declared.read_only or principal.write)
            and (env is None or (_installed(declared, env.registry) and _permitted(declared, env)))
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
        if declared is not None and declared.requires_module and not _installed(declared, _registry(principal, env)):
            declared = None
        server_name, read_only = (declared.server, declared.read_only) if declared else ("", True)
        record = _Record(principal, name, server_name, read_only, arguments)
        record.label = name if declared else _NO_TOOL

        def run() -> dict[str, Any]:
            # Before all else: a call that is refused for another reason is a call, too, and a flood of them a flood.
            with self._gate.admit(principal.account_id):
                if declared is None:
                    raise UnknownTool(name, "error", "unknown tool")
                if not _visible(declared, principal, server):
                    raise UnknownTool(name, "refused", "outside the servers of this key or address")
                parsed = declared.parse(_own_arguments(principal, arguments))
                if not (declared.read_only or principal.write):
                    raise Refused(f"This key may only read; {declared.name} needs a key with write scope.")
                return self._run_tool(declared, parsed, env, record)

        return self._account(record, run)

    def read(
        self,
        principal: Principal,
        name: str,
        server: str,
        arguments: Mapping[str, Any],
        work: Callable[[Call], dict[str, Any]],
        *,
        env: api.Environment | None = None,
    ) -> Outcome:
        """Read what is no tool (a resource, a prompt) as a tool reads: authorized, admitted, audited, bounded in time.

        :param name: one of ours, for the audit, such as ``resources/read``
        :param server: whose scope the caller needs
        :raises UnknownName: the work did, or the caller may not reach that server
        """
        record = _Record(principal, name, server, True, arguments)

        def run() -> dict[str, Any]:
            with self._gate.admit(principal.account_id):
                if not principal.may_reach(server):
                    raise UnknownName(name)
                return _transact(record, work, env, self._stores())

        return self._account(record, run)

    def _account(self, record: "_Record", run: Callable[[], dict[str, Any]]) -> Outcome:
        """Run it, and tell the audit and the metrics how it ended. (A write tells the audit in its transaction.)"""
        reached = None
        try:
            result = run()
        except UnknownName as unknown:
            record.outcome = unknown.outcome
            trail.append(record.principal.account_id, record.event(unknown.outcome, unknown.why))
            self._count(record, is_error=True)
            raise
        except OtherAccount as refusal:
            raise_later(
                record.principal.account_id,
                "cross_tenant",
                "A call named another account",
                f"{record.principal.actor} called {record.name}; it was refused.",
                key=record.principal.actor,
            )
            outcome = self._failed(record, "refused", str(refusal))
        except Refused as refusal:
            outcome = self._failed(record, "refused", str(refusal))
        except QuotaExceeded as exceeded:
            reached = exceeded.limit
            outcome = self._failed(record, "refused", str(exceeded), retry_after=exceeded.retry_after)
        except (ToolError, StoreError) as failure:
            outcome = self._failed(record, "error", str(failure))
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as failure:
            outcome = self._failed(record, "error", _in_the_log(failure, record))
        else:
            if record.read_only:
                trail.append(record.principal.account_id, record.event("success"))
            outcome = Outcome(result, False)
        self._count(record, outcome.is_error, reached)
        return outcome

    @staticmethod
    def _count(record: "_Record", is_error: bool, reached: str | None = None) -> None:
        account_id = record.principal.account_id
        observe_call(account_id, record.label, "error" if is_error else "success", record.seconds)
        meter.add(account_id, reached=reached, **record.counts())

    @staticmethod
    def _failed(record: "_Record", outcome: str, error: str, **more: Any) -> Outcome:
        record.outcome = outcome
        trail.append(record.principal.account_id, record.event(outcome, error))
        return Outcome({"success": False, "error": error, **more}, True)

    def _run_tool(
        self, declared: Tool, parsed: dict[str, Any], env: api.Environment | None, record: "_Record"
    ) -> dict[str, Any]:
        stores = self._stores()

        def run() -> dict[str, Any]:
            return _transact(record, lambda call: {"success": True, **declared.run(call, **parsed)}, env, stores)

        if declared.cache_namespace is None:
            return run()
        question = json.dumps([declared.name, parsed], sort_keys=True)
        return stores.cache.get_or_load(
            record.principal.account_id,
            declared.cache_namespace(parsed),
            hashlib.sha256(question.encode()).hexdigest(),
            run,
            ttl=_CACHE_SECONDS,
        )


class _Record:
    """Gathers what the audit will say of one call."""

    def __init__(
        self, principal: Principal, name: str, server: str, read_only: bool, arguments: Mapping[str, Any]
    ) -> None:
        self.principal = principal
        self.name = name
        self.label = name  # in the metrics, where a caller must not be able to make up labels
        self.server = server
        self.read_only = read_only
        self.call: Call | None = None
        self.outcome = "success"
        self._arguments = arguments
        self._started = time.monotonic()

    @property
    def deadline(self) -> float:
        return self._started + CALL_SECONDS

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def counts(self) -> dict[str, float]:
        """What the call adds to the day's usage."""
        return {
            "calls": 1,
            "errors": int(self.outcome == "error"),
            "refused": int(self.outcome == "refused"),
            "call_ms": self.seconds * 1000,
        }

    def event(self, outcome: str, error: str = "") -> AuditEvent:
        return AuditEvent(
            actor=self.principal.actor,
            user_id=self.principal.user_id,
            tool=mask_text(self.name),
            server=self.server,
            outcome=outcome,
            duration_ms=round(self.seconds * 1000),
            arguments=mask(self._arguments),
            error=mask(error),
            record_ids=self.call.record_ids if self.call else (),
            model=mask_text(model) if isinstance(model := self._arguments.get("model"), str) else "",
        )


def _transact(
    record: _Record, work: Callable[[Call], dict[str, Any]], env: api.Environment | None, stores: Stores
) -> dict[str, Any]:
    principal = record.principal
    if env is not None:
        with BorrowedDatabase(env) as database:
            return _perform(Call(principal, stores, database, record.deadline), work, record)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with OwnDatabase(principal) as database:
                return _perform(Call(principal, stores, database, record.deadline), work, record)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            if attempt == _ATTEMPTS or time.monotonic() > record.deadline:
                raise ToolError("Others are changing the same records; try again.") from None
            threading.Event().wait(random.uniform(0, 0.1 * 2**attempt))
    raise AssertionError("unreachable")


def _perform(call: Call, work: Callable[[Call], dict[str, Any]], record: _Record) -> dict[str, Any]:
    """Do the work, its failures put into words, and audit a write in its own transaction."""
    record.call = call
    try:
        result = work(call)
        if not record.read_only:
            call.env.flush_all()  # a constraint speaks now, where its error can still be put into words
            call.env["chatwootai.audit"].sudo()._record([record.event("success")])
        return result
    except (ToolError, StoreError, UnknownName, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
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
        raise ToolError(_in_the_log(error, record)) from None


def _in_the_log(error: Exception, record: _Record) -> str:
    """What a caller is told of an unexpected error, whose text may hold SQL or data of others."""
    reference = uuid.uuid4().hex[:8]
    _logger.error("%s of %s failed [%s]", record.name, record.principal.account_id, reference, exc_info=error)
    cause = "The database refused the call" if isinstance(error, psycopg2.Error) else "The call failed unexpectedly"
    return f"{cause}; the operator finds why in the log under {reference}."


def _visible(declared: Tool, principal: Principal, server: str | None) -> bool:
    return principal.may_reach(declared.server) and server in (None, declared.server)


def _installed(declared: Tool, registry: Registry) -> bool:
    return declared.requires_module is None or declared.requires_module in registry._init_modules


def _permitted(declared: Tool, env: api.Environment) -> bool:
    if declared.requires_access is None:
        return True
    model, operation = declared.requires_access
    return model in env and env[model].has_access(operation)


def _registry(principal: Principal, env: api.Environment | None) -> Registry:
    return env.registry if env is not None else Registry(principal.account_id)


def _own_arguments(principal: Principal, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments without ``account_id``, which a call may carry and which must be the caller's own."""
    own = dict(arguments)
    if own.pop("account_id", principal.account_id) != principal.account_id:
        raise OtherAccount("account_id must be the account of your key.")
    return own


@lru_cache(maxsize=1)
def get_orchestrator() -> Orchestrator:
    """The orchestrator of this process, over all four servers."""
    from . import chatwoot, chatwoot_contacts, chatwoot_reading, mongodb, odoo_tools, qdrant

    return Orchestrator(tools_of((*odoo_tools.MODULES, qdrant, mongodb, chatwoot_reading, chatwoot, chatwoot_contacts)))
