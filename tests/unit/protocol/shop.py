"""A small server for the protocol's tests, and what a client of each era sends it."""

import json

from chatwootai_mcp.protocol import (
    HttpRequest,
    McpServer,
    Page,
    ServerInfo,
    ToolDescription,
    ToolResult,
    UnknownPrompt,
    UnknownResource,
    UnknownTool,
    respond,
)

SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
ORIGIN = "https://shop.example"


class Shop(McpServer):
    info = ServerInfo("shop", "1.0", "Shop", "Sells lamps.")
    capabilities = frozenset({"tools", "resources", "prompts", "completions"})

    def __init__(self):
        self.calls = []
        self._tools = [ToolDescription("echo", "Echo", "Says it again.", SCHEMA, SCHEMA, read_only=True)]

    def list_tools(self):
        return self._tools

    def call_tool(self, name, arguments, context):
        self.calls.append((name, arguments, context.revision))
        if name == "broken":
            return ToolResult({"value": float("nan")})
        if name != "echo":
            raise UnknownTool(name)
        if "text" not in arguments:
            return ToolResult({"success": False, "error": "text: missing"}, is_error=True)
        return ToolResult({"text": arguments["text"]})

    def list_resources(self, cursor):
        return Page([{"uri": "shop://hours", "name": "hours"}])

    def read_resource(self, uri):
        if uri != "shop://hours":
            raise UnknownResource(uri)
        return [{"uri": uri, "text": "9 to 5", "mimeType": "text/plain"}]

    def list_prompts(self, cursor):
        return Page([{"name": "greet"}])

    def get_prompt(self, name, arguments, context):
        if name != "greet":
            raise UnknownPrompt(name)
        return {"messages": [{"role": "user", "content": {"type": "text", "text": "Olá"}}]}

    def complete(self, ref, argument, value):
        return [name for name in ("hours", "address") if name.startswith(value)]


def post(body, headers=(), server=None, method="POST"):
    """The response, with its body decoded when there is one."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    all_headers = {"content-type": "application/json", "accept": "application/json, text/event-stream", **dict(headers)}
    response = respond(HttpRequest(method, all_headers, raw), server or Shop(), allowed_origins=frozenset({ORIGIN}))
    return response.status, json.loads(response.body) if response.body else None


def ask(method, params=None, revision="2025-11-25", request_id=1, server=None, **headers):
    """A handshake-era request."""
    body = {"jsonrpc": "2.0", "id": request_id, "method": method} | ({} if params is None else {"params": params})
    named = {"mcp-protocol-version": revision} if revision else {}
    return post(body, named | {name.replace("_", "-"): value for name, value in headers.items()}, server)


def ask_stateless(method, params=None, meta=(), headers=(), server=None):
    """A 2026-07-28 request, complete unless told otherwise: None takes a header or a `_meta` key away."""
    envelope = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    } | dict(meta)
    body = {
        "jsonrpc": "2.0",
        "id": 7,
        "method": method,
        "params": {**(params or {}), "_meta": {key: value for key, value in envelope.items() if value is not None}},
    }
    named = {"mcp-protocol-version": "2026-07-28", "mcp-method": method}
    for key in ("name", "uri"):
        if key in (params or {}) and method in ("tools/call", "prompts/get", "resources/read"):
            named["mcp-name"] = params[key]
    named |= dict(headers)
    return post(body, {key: value for key, value in named.items() if value is not None}, server)
