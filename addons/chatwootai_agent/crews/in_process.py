"""The tools and the model of a tenant, taken from the Odoo this runs in. The one file here that knows odoo.

A crew in an Odoo job calls the same orchestrator the HTTP endpoint calls: looping back over HTTP would starve the
workers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

from odoo.addons.chatwootai_mcp.servers.orchestrator import UnknownTool, get_orchestrator
from odoo.addons.chatwootai_mcp.settings import get_settings
from odoo.addons.chatwootai_mcp.tenancy.account import parse_account_id
from odoo.addons.chatwootai_mcp.tenancy.principal import Principal

from . import environment
from .llm_settings import LLMSettings
from .tool_client import OfferedTool, failure

environment.keep_files_in(get_settings().data_dir / "crewai")

#: A crew that answers customers looks things up. What it says goes out with the reply, not through a tool.
CREW_SERVERS = frozenset({"odoo", "qdrant", "mongodb"})


class InProcessTools:
    """The orchestrator of this process, as the given principal; every call has a cursor of its own."""

    def __init__(self, principal: Principal) -> None:
        self._principal = principal

    def call_tool(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return get_orchestrator().call(self._principal, name, arguments).result
        except UnknownTool as error:
            return failure(str(error))

    def list_tools(self) -> list[OfferedTool]:
        return [
            OfferedTool(tool.name, tool.description, tool.input_schema)
            for tool in get_orchestrator().list_tools(self._principal)
        ]


def principal_of_agent(env: api.Environment, *, actor: str = "agent", conversation_id: int | None = None) -> Principal:
    """The tenant's own agent user, who may look up and nothing more."""
    return Principal(
        account_id=parse_account_id(env.cr.dbname),
        user_id=env.ref("chatwootai_mcp.user_agent").id,
        actor=actor,
        servers=CREW_SERVERS,
        write=False,
        conversation_id=conversation_id,
    )


def tools_of_tenant(account_id: str) -> InProcessTools:
    with _environment(account_id) as env:
        return InProcessTools(principal_of_agent(env))


def llm_of_tenant(account_id: str) -> LLMSettings:
    with _environment(account_id) as env:
        return env.company._chatwootai_llm_settings()


@contextmanager
def _environment(account_id: str) -> Iterator[api.Environment]:
    # Registry() opens any database the role can reach: only an account's name may come this far.
    registry = Registry(parse_account_id(account_id))
    with registry.cursor() as cr:
        registry.check_signaling(cr)
        yield api.Environment(cr, SUPERUSER_ID, {})
