"""The port: what an MCP server offers, to be implemented by whoever has something to serve.

Methods raise `UnknownTool`, `UnknownResource` or `UnknownPrompt` for names that are not there. A tool that fails
returns a `ToolResult` with `is_error`; what needs the client's input first returns an `InputRequired`. Any other
exception is the implementation's own and passes through `respond` untouched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .context import InputRequired, RequestContext


class UnknownTool(LookupError):
    pass


class UnknownResource(LookupError):
    pass


class UnknownPrompt(LookupError):
    pass


@dataclass(frozen=True)
class ServerInfo:
    name: str
    version: str
    title: str
    instructions: str = ""

    def to_wire(self) -> dict[str, str]:
        return {"name": self.name, "version": self.version, "title": self.title}


@dataclass(frozen=True, eq=False)
class ToolDescription:
    """What a client learns of a tool. Compared by identity: make it once and give the same one out again, and its JSON
    is made once too."""

    name: str
    title: str
    description: str
    input_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any] | None = None
    read_only: bool = False
    destructive: bool = True
    idempotent: bool = False
    open_world: bool = False

    def to_wire(self) -> dict[str, Any]:
        tool: dict[str, Any] = {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.input_schema,
        }
        if self.output_schema is not None:
            tool["outputSchema"] = self.output_schema
        hints: dict[str, bool] = {"readOnlyHint": self.read_only, "openWorldHint": self.open_world}
        if not self.read_only:
            hints |= {"destructiveHint": self.destructive, "idempotentHint": self.idempotent}
        return tool | {"annotations": hints}


@dataclass(frozen=True)
class ToolResult:
    """What a tool returned.

    :param content: blocks for clients that show more than text; without them, the structured result as JSON text
    """

    structured: Mapping[str, Any] | None = None
    is_error: bool = False
    content: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Page:
    """Some of a list, in the form of the wire, and where the next ones are."""

    items: Sequence[Mapping[str, Any]] = ()
    next_cursor: str | None = None


class McpServer:
    """Offers nothing; override what there is, and name it in `capabilities`.

    These are: tools, resources, prompts, completions, logging (the context's `log`), and subscriptions (to resources,
    for the handshake revisions).
    """

    info: ServerInfo
    capabilities: frozenset[str] = frozenset({"tools"})
    list_ttl_ms = 60_000  # how long a client may keep a list or a resource (stateless revisions)
    log_level = "info"  # the least that clients of the handshake revisions are told

    def list_tools(self) -> Sequence[ToolDescription]:
        return ()

    def call_tool(self, name: str, arguments: Mapping[str, Any], context: RequestContext) -> ToolResult | InputRequired:
        raise UnknownTool(name)

    def list_resources(self, cursor: str | None) -> Page:
        return Page()

    def list_resource_templates(self, cursor: str | None) -> Page:
        return Page()

    def read_resource(self, uri: str) -> Sequence[Mapping[str, Any]]:
        """The resource's contents, in the form of the wire."""
        raise UnknownResource(uri)

    def list_prompts(self, cursor: str | None) -> Page:
        return Page()

    def get_prompt(
        self, name: str, arguments: Mapping[str, str], context: RequestContext
    ) -> Mapping[str, Any] | InputRequired:
        """`{"description": …, "messages": […]}`"""
        raise UnknownPrompt(name)

    def complete(self, ref: Mapping[str, Any], argument: str, value: str) -> Sequence[str]:
        """Values that begin as this one does, for an argument of a prompt or a resource template."""
        return ()

    def set_log_level(self, level: str) -> None:
        """What clients of the handshake revisions ask for, once for all requests."""

    def subscribe(self, uri: str) -> None:
        """No stream is open to tell of updates: tell with the answers to later requests (the context's `notify`)."""

    def unsubscribe(self, uri: str) -> None:
        pass
