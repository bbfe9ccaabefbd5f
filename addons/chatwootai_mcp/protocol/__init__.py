"""The Model Context Protocol over streamable HTTP, as one pure function.

    respond(HttpRequest(method, headers, body), server) -> HttpResponse(status, headers, body)

``server`` is what is served: a subclass of :class:`McpServer`, asked for tools, resources and prompts and called.
This package knows the wire: HTTP's rules, JSON-RPC, the protocol's revisions. It imports nothing of what is behind
the server, does no I/O and keeps no state between two requests, so every answer is complete when it is sent: plain
JSON, or a finished event stream where notifications go with it.

A request passes the files in this order: ``http`` (may this be asked at all), ``wire`` (is it JSON-RPC),
``revisions`` (which revision), ``context`` (what surrounds it), ``methods`` (what it asks for), ``server`` (who
answers).
"""

from .context import InputRequired, RequestContext
from .errors import ProtocolError, internal_error
from .http import HttpRequest, HttpResponse, respond
from .revisions import HANDSHAKE_REVISIONS, STATELESS_REVISIONS, SUPPORTED_REVISIONS
from .server import (
    McpServer,
    Page,
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
    "InputRequired",
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
