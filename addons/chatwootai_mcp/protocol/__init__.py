"""The Model Context Protocol over streamable HTTP, as one pure function.

    respond(HttpRequest(method, headers, body), server) -> HttpResponse(status, headers, body)

``server`` is what is served: a subclass of :class:`McpServer`, asked for tools, resources and prompts and called.
This package knows the wire: HTTP's rules, JSON-RPC, the protocol's revisions. It imports nothing of what is behind
the server, does no I/O and keeps no state between two requests, so every answer is plain JSON and no stream is ever
opened.

A request passes the files in this order: ``http`` (may this be asked at all), ``wire`` (is it JSON-RPC),
``revisions`` (which revision), ``methods`` (what it asks for), ``server`` (who answers).
"""

from .errors import ProtocolError, internal_error
from .http import HttpRequest, HttpResponse, respond
from .revisions import HANDSHAKE_REVISIONS, STATELESS_REVISIONS, SUPPORTED_REVISIONS
from .server import (
    McpServer,
    Page,
    RequestContext,
    ServerInfo,
    ToolDescription,
    ToolResult,
    UnknownPrompt,
    UnknownResource,
    UnknownTool,
)

__all__ = [
    "HANDSHAKE_REVISIONS",
    "STATELESS_REVISIONS",
    "SUPPORTED_REVISIONS",
    "HttpRequest",
    "HttpResponse",
    "McpServer",
    "Page",
    "ProtocolError",
    "RequestContext",
    "ServerInfo",
    "ToolDescription",
    "ToolResult",
    "UnknownPrompt",
    "UnknownResource",
    "UnknownTool",
    "internal_error",
    "respond",
]
