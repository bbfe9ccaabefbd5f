"""The tools over HTTP: what is an answer of a tool, and what is no answer at all.

That they answer like the tools in process is the addon's test_crews_tools, against the real endpoint.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from chatwootai_agent.crews.errors import ToolsUnreachable
from chatwootai_agent.crews.tool_client import HttpTools


@pytest.fixture
def endpoint():
    """An MCP endpoint that answers with `answer(request)`: (status, body)."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.requests.append((request, dict(self.headers)))
            status, body = server.answer(request)
            raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.requests, server.answer = [], None
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def tools(server):
    return HttpTools(f"http://127.0.0.1:{server.server_port}/mcp", "cwai_acme_k_s")


def result(request, **result):
    return 200, {"jsonrpc": "2.0", "id": request["id"], "result": result}


def test_a_call_is_the_founding_documents_and_carries_the_key(endpoint):
    endpoint.answer = lambda request: result(request, structuredContent={"success": True, "config": {"a": 1}})
    arguments = {"account_id": "acme", "config_type": "business_rules"}
    assert tools(endpoint).call_tool("get_agent_config", arguments) == {"success": True, "config": {"a": 1}}
    request, headers = endpoint.requests[0]
    assert (request["jsonrpc"], request["method"]) == ("2.0", "tools/call")
    assert request["params"] == {"name": "get_agent_config", "arguments": arguments}
    assert headers["Authorization"] == "Bearer cwai_acme_k_s"


def test_a_result_that_is_only_text_is_read(endpoint):
    content = [{"type": "text", "text": '{"success": true, "n": 1}'}]
    endpoint.answer = lambda request: result(request, content=content)
    assert tools(endpoint).call_tool("x", {}) == {"success": True, "n": 1}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"isError": True, "structuredContent": {"success": False, "error": "No."}}, "No."),
        ({"isError": True, "content": [{"type": "text", "text": "Broken."}]}, "Broken."),
        ({"content": []}, "the tool gave no result"),
    ],
)
def test_a_failed_tool_says_why(endpoint, answer, error):
    endpoint.answer = lambda request: result(request, **answer)
    assert tools(endpoint).call_tool("x", {}) == {"success": False, "error": error}


def test_a_protocol_error_is_the_tools_failure(endpoint):
    endpoint.answer = lambda request: (200, {"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": "no x"}})
    assert tools(endpoint).call_tool("x", {}) == {"success": False, "error": "no x"}


@pytest.mark.parametrize(
    ("status", "body", "retryable"),
    [(401, "", False), (403, "{}", False), (404, "<html>", False), (302, "", False), (429, "", True), (500, "", True),
     (503, "<html>", True), (200, "[]", False), (200, "not json", False)],
)  # fmt: skip
def test_no_answer_is_told_apart_from_a_failed_tool(endpoint, status, body, retryable):
    endpoint.answer = lambda request: (status, body)
    with pytest.raises(ToolsUnreachable) as unreachable:
        tools(endpoint).call_tool("x", {})
    assert unreachable.value.retryable is retryable
    assert "cwai_acme" not in unreachable.value.reason


def test_nobody_there_may_be_tried_again():
    with pytest.raises(ToolsUnreachable) as unreachable:
        HttpTools("http://127.0.0.1:9/mcp", "k").list_tools()
    assert unreachable.value.retryable


def test_the_list_is_read_to_its_end(endpoint):
    def page(request):
        tool = {"name": request["params"].get("cursor", "first"), "inputSchema": {"type": "object"}}
        more = {} if "cursor" in request["params"] else {"nextCursor": "second"}
        return result(request, tools=[tool], **more)

    endpoint.answer = page
    assert [tool.name for tool in tools(endpoint).list_tools()] == ["first", "second"]
