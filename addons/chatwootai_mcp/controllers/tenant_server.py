"""The protocol's port over one tenant: what its key may call, by way of the orchestrator."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from odoo import api
from odoo.release import version as odoo_version

from .. import protocol
from ..servers.orchestrator import Orchestrator, UnknownTool
from ..servers.tool import Tool
from ..tenancy.principal import Principal
from .tenant_offers import TenantOffers

_ACCOUNT_ID = {"type": "string"}  # of every tool, and a model pays for each word
_INSTRUCTIONS = (
    "Tools over one company: its Odoo records, its knowledge (products, rules, support documents), its configuration"
    " and its Chatwoot conversations. Facts such as prices, stock and rules are in the tools, not in your memory."
)


class TenantServer(TenantOffers):
    """
    :param server: offer the tools of this server only
    :param names_account: every tool takes ``account_id`` as a required argument, as at ``/mcp``
    """

    def __init__(
        self,
        orchestrator: Orchestrator,
        principal: Principal,
        env: api.Environment,
        server: str | None = None,
        names_account: bool = False,
    ) -> None:
        super().__init__(orchestrator, principal, env, server)
        self.info = _server_info(server)
        self._names_account = names_account

    def list_tools(self) -> Sequence[protocol.ToolDescription]:
        tools = self._orchestrator.list_tools(self._principal, self._server, self._env)
        return [_describe(tool, self._names_account) for tool in tools]

    def call_tool(
        self, name: str, arguments: Mapping[str, Any], context: protocol.RequestContext
    ) -> protocol.ToolResult | protocol.InputRequired:
        if self._names_account and "account_id" not in arguments and self._offers(name):
            error = "account_id must be given: it is the account of your key."
            return protocol.ToolResult({"success": False, "error": error}, is_error=True)
        try:
            outcome = self._orchestrator.call(self._principal, name, arguments, server=self._server, env=self._env)
        except UnknownTool:
            raise protocol.UnknownTool(name) from None
        return protocol.ToolResult(outcome.result, outcome.is_error)

    def _offers(self, name: str) -> bool:
        return any(
            tool.name == name for tool in self._orchestrator.list_tools(self._principal, self._server, self._env)
        )


@functools.lru_cache(maxsize=8)
def _server_info(server: str | None) -> protocol.ServerInfo:
    name, title = ("chatwootai", "ChatwootAI") if server is None else (f"chatwootai-{server}", f"ChatwootAI {server}")
    return protocol.ServerInfo(name, f"{odoo_version}", title, _INSTRUCTIONS)


_descriptions: dict[tuple[str, bool], tuple[Tool, protocol.ToolDescription]] = {}


def _describe(tool: Tool, names_account: bool) -> protocol.ToolDescription:
    """The tool's description, the same object each time, so that its JSON is made once."""
    known, description = _descriptions.get((tool.name, names_account), (None, None))
    if known is not tool or description is None:
        description = protocol.ToolDescription(
            name=tool.name,
            title=tool.title,
            description=tool.description,
            input_schema=_with_account(tool.input_schema) if names_account else tool.input_schema,
            output_schema=tool.output_schema,
            read_only=tool.read_only,
            destructive=tool.destructive,
            idempotent=tool.idempotent,
            open_world=tool.server == "chatwoot",
        )
        _descriptions[tool.name, names_account] = tool, description
    return description


def _with_account(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **schema,
        "properties": {"account_id": _ACCOUNT_ID, **schema.get("properties", {})},
        "required": ["account_id", *schema.get("required", ())],
    }
