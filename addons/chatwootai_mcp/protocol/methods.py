"""The protocol's methods: from a request to the JSON of its result.

Parameters are checked against the schema of the request's revision by mcp-types, which also knows which methods each
revision has. Results are written here, in the form that every supported revision reads.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from mcp_types import SERVER_INFO_META_KEY
from mcp_types.methods import validate_client_request
from pydantic import ValidationError

from . import errors
from .context import InputRequired, RequestContext
from .revisions import STATELESS_REVISIONS, is_stateless, negotiate
from .server import (
    McpServer,
    Page,
    ToolDescription,
    ToolResult,
    UnknownPrompt,
    UnknownResource,
    UnknownTool,
)
from .wire import Request, to_json

_MAX_COMPLETIONS = 100


def answer(request: Request, context: RequestContext, server: McpServer) -> str:
    """The JSON of the request's result.

    :raises ProtocolError: an unknown method, malformed parameters, a name that is not there
    """
    revision = context.revision
    method = _METHODS.get(request.method)
    if method is None:
        raise errors.unknown_method(request.method, revision)
    try:
        validate_client_request(request.method, revision, request.params)
    except KeyError:
        raise errors.unknown_method(request.method, revision) from None
    except ValidationError as error:
        raise errors.malformed_params(request.method, error) from None
    result = method(request.params, context, server)
    if isinstance(result, InputRequired):
        return _stateless(_question(result, context), "input_required", request.method, server)
    return _stateless(result, "complete", request.method, server) if is_stateless(revision) else result


def _stateless(result: str, kind: str, method: str, server: McpServer) -> str:
    """The result with what the stateless revisions put on every one of them."""
    extra: dict[str, Any] = {"resultType": kind, "_meta": {SERVER_INFO_META_KEY: server.info.to_wire()}}
    if method in _CACHEABLE:
        extra |= {"ttlMs": server.list_ttl_ms, "cacheScope": "private"}
    return f"{to_json(extra)[:-1]},{result[1:]}" if result != "{}" else to_json(extra)


def _question(needed: InputRequired, context: RequestContext) -> str:
    if not is_stateless(context.revision):
        raise errors.invalid_request(f"This needs input that a client of {context.revision} cannot give.", status=200)
    missing = needed.capabilities.difference(context.client_capabilities)
    if missing:
        raise errors.missing_capability(missing)
    return to_json(needed.to_wire())


def _initialize(params: Mapping[str, Any], context: RequestContext, server: McpServer) -> str:
    return to_json(
        {
            "protocolVersion": negotiate(params["protocolVersion"]),
            "capabilities": _capabilities(server, context.revision),
            "serverInfo": server.info.to_wire(),
        }
        | _instructions(server)
    )


def _discover(params: Mapping[str, Any], context: RequestContext, server: McpServer) -> str:
    # Only the stateless revisions: a client would take any other for one it may use without a handshake.
    found = {"supportedVersions": list(STATELESS_REVISIONS), "capabilities": _capabilities(server, context.revision)}
    return to_json(found | _instructions(server))


def _capabilities(server: McpServer, revision: str) -> dict[str, Any]:
    offered: dict[str, Any] = {name: {} for name in _CAPABILITIES if name in server.capabilities}
    if "subscriptions" in server.capabilities and not is_stateless(revision):
        offered["resources"] = {"subscribe": True}
    return offered


def _instructions(server: McpServer) -> dict[str, str]:
    return {"instructions": server.info.instructions} if server.info.instructions else {}


def _ping(params: Mapping[str, Any], context: RequestContext, server: McpServer) -> str:
    return "{}"


def _list_tools(params: Mapping[str, Any], context: RequestContext, server: McpServer) -> str:
    if params.get("cursor") is not None:
        raise errors.invalid_params("Unknown cursor: the list of tools is one page.")
    return _tools_json(tuple(server.list_tools()))


@lru_cache(maxsize=64)
def _tools_json(tools: tuple[ToolDescription, ...]) -> str:
    return to_json({"tools": [tool.to_wire() for tool in tools]})


def _call_tool(params: Mapping[str, Any], context: RequestContext, server: McpServer) -> str | InputRequired:
    name = params["name"]
    try:
        result = server.call_tool(name, params.get("arguments") or {}, context)
    except UnknownTool:
        raise errors.invalid_params(f"There is no tool {errors.shorten(name)!r}.") from None
    if isinstance(result, InputRequired):
        return result
    try:
        return _tool_result_json(result)
    except (TypeError, ValueError) as error:
        raise errors.internal_error() from error


def _tool_result_json(result: ToolResult) -> str:
    is_error = "true" if result.is_error else "false"
    if result.structured is None:
        return f'{{"content":{to_json(list(result.content or ()))},"isError":{is_error}}}'
    structured = to_json(result.structured)
    # The text repeats the structured result for the models and clients that read only text: encoded once, quoted once.
    content = to_json([{"type": "text", "text": structured}] if result.content is None else list(result.content))
    return f'{{"content":{content},"structuredContent":{structured},"isError":{is_error}}}'


def _page(key: str, list_page: Callable[[McpServer, str | None], Page]) -> "_Method":
    def method(params: Mapping[str, Any], context: RequestContext, server: McpServer) -> str:
        page = list_page(server, params.get("cursor"))
        result: dict[str, Any] = {key: list(page.items)}
        return to_json(result | ({"nextCursor": page.next_cursor} if page.next_cursor else {}))

    return method


def _read_resource(params: Mapping[str, Any], context: RequestContext, server: McpServer) -> str:
    uri = params["uri"]
    try:
        return to_json({"contents": list(server.read_resource(uri))})
    except UnknownResource:
        raise errors.unknown_resource(uri, stateless=is_stateless(context.revision)) from None


def _get_prompt(params: Mapping[str, Any], context: RequestContext, server: McpServer) -> str | InputRequired:
    name = params["name"]
    try:
        prompt = server.get_prompt(name, params.get("arguments") or {}, context)
    except UnknownPrompt:
        raise errors.invalid_params(f"There is no prompt {errors.shorten(name)!r}.") from None
    return prompt if isinstance(prompt, InputRequired) else to_json(dict(prompt))


def _complete(params: Mapping[str, Any], context: RequestContext, server: McpServer) -> str:
    if "completions" not in server.capabilities:
        raise errors.unknown_method("completion/complete", context.revision)
    values: Sequence[str] = server.complete(params["ref"], params["argument"]["name"], params["argument"]["value"])
    offered = list(values[:_MAX_COMPLETIONS])
    return to_json({"completion": {"values": offered, "total": len(values), "hasMore": len(values) > _MAX_COMPLETIONS}})


def _set_log_level(params: Mapping[str, Any], context: RequestContext, server: McpServer) -> str:
    if "logging" not in server.capabilities:
        raise errors.unknown_method("logging/setLevel", context.revision)
    server.set_log_level(params["level"])
    return "{}"


def _subscription(method: str, change: Callable[[McpServer, str], None]) -> "_Method":
    def answered(params: Mapping[str, Any], context: RequestContext, server: McpServer) -> str:
        if "subscriptions" not in server.capabilities:
            raise errors.unknown_method(method, context.revision)
        change(server, params["uri"])
        return "{}"

    return answered


_Method = Callable[[Mapping[str, Any], RequestContext, McpServer], str | InputRequired]

_METHODS: dict[str, _Method] = {
    "initialize": _initialize,
    "server/discover": _discover,
    "ping": _ping,
    "tools/list": _list_tools,
    "tools/call": _call_tool,
    "resources/list": _page("resources", lambda server, cursor: server.list_resources(cursor)),
    "resources/templates/list": _page(
        "resourceTemplates", lambda server, cursor: server.list_resource_templates(cursor)
    ),
    "resources/read": _read_resource,
    "prompts/list": _page("prompts", lambda server, cursor: server.list_prompts(cursor)),
    "prompts/get": _get_prompt,
    "completion/complete": _complete,
    "logging/setLevel": _set_log_level,
    "resources/subscribe": _subscription("resources/subscribe", lambda server, uri: server.subscribe(uri)),
    "resources/unsubscribe": _subscription("resources/unsubscribe", lambda server, uri: server.unsubscribe(uri)),
}

_CAPABILITIES = ("tools", "resources", "prompts", "completions", "logging")

_CACHEABLE = frozenset(
    {"server/discover", "tools/list", "resources/list", "resources/templates/list", "resources/read", "prompts/list"}
)
