"""How a crew reaches the MCP tools: the port, and its adapter over HTTP. The one in process is `in_process`.

Both take the seed's calls, with `account_id` among the arguments, and answer with the tool's own result:
`{"success": true, …}` or `{"success": false, "error": "…"}`. Only when nothing could be asked do they raise.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import requests

from .errors import ToolsUnreachable

PROTOCOL_VERSION: Final = "2025-11-25"


@dataclass(frozen=True)
class OfferedTool:
    """A tool as its server describes it."""

    name: str
    description: str
    input_schema: Mapping[str, Any]


class ToolClient(Protocol):
    def call_tool(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]: ...

    def list_tools(self) -> list[OfferedTool]: ...


def failure(error: str) -> dict[str, Any]:
    return {"success": False, "error": error}


class HttpTools:
    """The orchestrator's endpoint, for a crew that runs outside Odoo."""

    def __init__(self, url: str, key: str, *, timeout: float = 15.0, session: requests.Session | None = None) -> None:
        self._url = url
        self._timeout = timeout
        self._ids = itertools.count(1)
        self._session = session or requests.Session()
        self._session.trust_env = False
        self._session.headers.update(
            {
                "Authorization": f"Bearer {key}",
                "Accept": "application/json, text/event-stream",
                "MCP-Protocol-Version": PROTOCOL_VERSION,
            }
        )

    def call_tool(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._request("tools/call", {"name": name, "arguments": dict(arguments)})
        if "error" in answer:
            return failure(str(answer["error"].get("message") or "the tool was refused"))
        result = answer.get("result") or {}
        content = result.get("structuredContent")
        if content is None:
            content = _text_content(result)
        if result.get("isError") and content.get("success") is not False:
            return failure(str(content.get("error") or "the tool failed"))
        return dict(content)

    def list_tools(self) -> list[OfferedTool]:
        tools: list[OfferedTool] = []
        cursor: str | None = None
        while True:
            answer = self._request("tools/list", {"cursor": cursor} if cursor else {})
            if "error" in answer:
                raise ToolsUnreachable(f"tools/list was refused: {answer['error'].get('message')}", retryable=False)
            result = answer["result"]
            tools += [
                OfferedTool(tool["name"], tool.get("description") or "", tool["inputSchema"])
                for tool in result["tools"]
            ]
            cursor = result.get("nextCursor")
            if not cursor:
                return tools

    def _request(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        body = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        try:
            response = self._session.post(self._url, json=body, timeout=self._timeout, allow_redirects=False)
        except requests.RequestException as error:
            raise ToolsUnreachable(f"no answer from the MCP server ({type(error).__name__})", retryable=True) from error
        if response.status_code in (401, 403):
            raise ToolsUnreachable(f"the MCP server refused the key ({response.status_code})", retryable=False)
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not ("result" in answer or "error" in answer):
            raise ToolsUnreachable(
                f"the MCP server answered {response.status_code} without a JSON-RPC message",
                retryable=response.status_code >= 500 or response.status_code == 429,
            )
        return answer


def _text_content(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result of a server that sends its structured content as text only."""
    text = "".join(part.get("text", "") for part in result.get("content") or [] if part.get("type") == "text")
    try:
        content = json.loads(text)
    except ValueError:
        return failure(text or "the tool gave no result")
    return content if isinstance(content, dict) else {"success": True, "result": content}
