"""What goes with an answer or stands in its place: notifications, and questions to the client."""

import json

import pytest
from chatwootai_mcp.protocol import HttpRequest, InputRequired, ToolResult, respond
from mcp_types.methods import validate_server_result

from .shop import Shop, ask, ask_stateless

CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
LOG_LEVEL = "io.modelcontextprotocol/logLevel"
NAME_FORM = {
    "method": "elicitation/create",
    "params": {"message": "Name?", "requestedSchema": {"type": "object", "properties": {"name": {"type": "string"}}}},
}
ANSWER = {"name": {"action": "accept", "content": {"name": "Ana"}}}


class TalkativeShop(Shop):
    capabilities = Shop.capabilities | {"logging", "subscriptions"}

    def call_tool(self, name, arguments, context):
        for done in (0, 1):
            context.progress(done, 1)
        context.log("debug", "looking")
        context.log("warning", "nearly sold out")
        return ToolResult({"text": "done"})

    def set_log_level(self, level):
        self.log_level = level

    def subscribe(self, uri):
        self.calls.append(("subscribe", uri))

    def unsubscribe(self, uri):
        self.calls.append(("unsubscribe", uri))


class AskingShop(Shop):
    def call_tool(self, name, arguments, context):
        if "name" not in context.input_responses:
            return InputRequired({"name": NAME_FORM}, "round 1")
        return ToolResult({"text": context.input_responses["name"]["content"]["name"], "state": context.request_state})

    def get_prompt(self, name, arguments, context):
        return InputRequired({"name": NAME_FORM})


def call(server, meta=None, accept="application/json, text/event-stream", revision="2025-11-25"):
    """The messages of the answer, in order."""
    params = {"name": "echo", "arguments": {}} | ({"_meta": meta} if meta else {})
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {"content-type": "application/json", "accept": accept, "mcp-protocol-version": revision}
    if revision == "2026-07-28":
        headers |= {"mcp-method": "tools/call", "mcp-name": "echo"}
    response = respond(HttpRequest("POST", headers, json.dumps(body).encode()), server)
    text = response.body.decode()
    if response.headers["Content-Type"] == "application/json":
        return [json.loads(text)]
    assert response.headers["Content-Type"] == "text/event-stream"
    return [json.loads(event.partition("data: ")[2]) for event in text.split("\n\n") if event]


def logged(messages):
    return [each["params"]["data"] for each in messages if each.get("method") == "notifications/message"]


def test_progress_goes_before_the_result_to_who_asked_for_it():
    *notifications, result = call(TalkativeShop(), {"progressToken": "t"})
    progress = [each["params"] for each in notifications if each["method"] == "notifications/progress"]
    assert progress == [{"progressToken": "t", "progress": done, "total": 1} for done in (0, 1)]
    assert result["id"] == 1 and result["result"]["structuredContent"] == {"text": "done"}


def test_nobody_is_told_of_progress_unasked():
    assert all(each.get("method") != "notifications/progress" for each in call(TalkativeShop()))


def test_who_takes_no_event_stream_gets_the_result_alone():
    (result,) = call(TalkativeShop(), {"progressToken": "t"}, accept="application/json")
    assert result["result"]["structuredContent"] == {"text": "done"}


def test_log_messages_are_those_of_the_level_that_was_set():
    shop = TalkativeShop()
    assert logged(call(shop)) == ["nearly sold out"]
    ask("logging/setLevel", {"level": "debug"}, server=shop)
    assert logged(call(shop)) == ["looking", "nearly sold out"]


@pytest.mark.parametrize(("level", "expected"), [(None, []), ("error", []), ("info", ["nearly sold out"])])
def test_a_stateless_request_says_itself_what_it_wants_to_be_told(level, expected):
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", CAPABILITIES: {}}
    meta |= {LOG_LEVEL: level} if level else {}
    assert logged(call(TalkativeShop(), meta, revision="2026-07-28")) == expected


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("logging/setLevel", {"level": "debug"}),
        ("resources/subscribe", {"uri": "shop://hours"}),
        ("resources/unsubscribe", {"uri": "shop://hours"}),
    ],
)
def test_logging_and_subscriptions_are_there_for_servers_that_name_them(method, params):
    assert ask(method, params)[1]["error"]["code"] == -32601
    assert ask(method, params, server=TalkativeShop())[1]["result"] == {}


def test_subscriptions_are_declared_where_they_can_be_asked_for():
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    _, old = ask("initialize", hello, server=TalkativeShop())
    assert old["result"]["capabilities"]["resources"] == {"subscribe": True}
    _, new = ask_stateless("server/discover", server=TalkativeShop())
    assert new["result"]["capabilities"]["resources"] == {}


def test_a_question_stands_in_place_of_the_result_and_its_answer_comes_with_the_next_call():
    shop, able = AskingShop(), {CAPABILITIES: {"elicitation": {}}}
    _, body = ask_stateless("tools/call", {"name": "echo"}, meta=able, server=shop)
    assert body["result"]["resultType"] == "input_required"
    assert body["result"]["inputRequests"] == {"name": NAME_FORM}
    validate_server_result("tools/call", "2026-07-28", body["result"])
    again = {"name": "echo", "inputResponses": ANSWER, "requestState": body["result"]["requestState"]}
    _, body = ask_stateless("tools/call", again, meta=able, server=shop)
    assert body["result"]["resultType"] == "complete"
    assert body["result"]["structuredContent"] == {"text": "Ana", "state": "round 1"}


def test_a_prompt_may_ask_too():
    able = {CAPABILITIES: {"elicitation": {}}}
    _, body = ask_stateless("prompts/get", {"name": "greet"}, meta=able, server=AskingShop())
    assert body["result"]["resultType"] == "input_required"
    assert "requestState" not in body["result"]


def test_a_client_is_asked_only_for_what_it_declared():
    status, body = ask_stateless("tools/call", {"name": "echo"}, server=AskingShop())
    assert (status, body["error"]["code"]) == (400, -32021)
    assert body["error"]["data"] == {"requiredCapabilities": {"elicitation": {}}}


def test_a_client_of_the_handshake_era_cannot_be_asked():
    status, body = ask("tools/call", {"name": "echo"}, server=AskingShop())
    assert status == 200 and body["error"]["code"] == -32600
