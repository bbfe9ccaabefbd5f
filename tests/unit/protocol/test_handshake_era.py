"""What clients of the revisions 2025-03-26, 2025-06-18 and 2025-11-25 are answered."""

import pytest
from chatwootai_mcp.protocol import HANDSHAKE_REVISIONS
from mcp_types.methods import validate_server_result

from .shop import Shop, ask, post

PROMPT = {"type": "ref/prompt", "name": "greet"}
CLIENT = {"capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


@pytest.mark.parametrize("revision", HANDSHAKE_REVISIONS)
def test_initialize_answers_with_the_clients_revision(revision):
    status, body = ask("initialize", CLIENT | {"protocolVersion": revision}, revision=None)
    assert status == 200
    result = body["result"]
    assert result["protocolVersion"] == revision
    assert result["serverInfo"] == {"name": "shop", "version": "1.0", "title": "Shop"}
    assert result["instructions"] == "Sells lamps."
    assert set(result["capabilities"]) == {"tools", "resources", "prompts", "completions"}
    validate_server_result("initialize", revision, result)


@pytest.mark.parametrize("revision", ["2024-11-05", "2030-01-01", "2026-07-28", "", "nonsense"])
def test_initialize_offers_the_latest_handshake_revision_for_any_other(revision):
    _, body = ask("initialize", CLIENT | {"protocolVersion": revision}, revision=None)
    assert body["result"]["protocolVersion"] == "2025-11-25"


def test_initialize_is_answered_whatever_revision_the_header_hopes_for():
    status, body = ask("initialize", CLIENT | {"protocolVersion": "2030-01-01"}, revision="2030-01-01")
    assert (status, body["result"]["protocolVersion"]) == (200, "2025-11-25")


@pytest.mark.parametrize("revision", [*HANDSHAKE_REVISIONS, None])
@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("ping", None),
        ("tools/list", None),
        ("tools/list", {}),
        ("tools/call", {"name": "echo", "arguments": {"text": "olá"}}),
        ("tools/call", {"name": "echo"}),
        ("resources/list", None),
        ("resources/templates/list", None),
        ("resources/read", {"uri": "shop://hours"}),
        ("prompts/list", None),
        ("prompts/get", {"name": "greet"}),
        (
            "completion/complete",
            {"ref": {"type": "ref/prompt", "name": "greet"}, "argument": {"name": "a", "value": "h"}},
        ),
    ],
)
def test_every_result_is_what_the_revisions_schema_says(revision, method, params):
    status, body = ask(method, params, revision=revision)
    assert status == 200
    assert body["id"] == 1
    validate_server_result(method, revision or "2025-03-26", body["result"])
    assert "resultType" not in body["result"]


def test_a_tools_result_is_structured_and_repeated_as_text():
    _, body = ask("tools/call", {"name": "echo", "arguments": {"text": "olá"}})
    assert body["result"] == {
        "content": [{"type": "text", "text": '{"text":"olá"}'}],
        "structuredContent": {"text": "olá"},
        "isError": False,
    }


def test_bad_arguments_are_a_result_the_model_can_read():
    status, body = ask("tools/call", {"name": "echo", "arguments": {}})
    assert status == 200
    assert body["result"]["isError"] is True
    assert body["result"]["structuredContent"]["success"] is False


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("tools/call", {"name": "nothing", "arguments": {}}, -32602),
        ("tools/call", {"name": "echo", "arguments": [1]}, -32602),
        ("tools/call", {"arguments": {}}, -32602),
        ("tools/call", {"name": 5}, -32602),
        ("tools/call", None, -32602),
        ("tools/call", {"name": "broken"}, -32603),
        ("tools/list", {"cursor": "x"}, -32602),
        ("prompts/get", {"name": "nothing"}, -32602),
        ("resources/read", {"uri": "shop://nothing"}, -32002),
        ("initialize", {}, -32602),
        ("no/such/method", {}, -32601),
        ("server/discover", {}, -32601),
        ("logging/setLevel", {"level": "info"}, -32601),
        ("resources/subscribe", {"uri": "shop://hours"}, -32601),
    ],
)
def test_a_request_that_cannot_be_answered_gets_its_error_under_its_id(method, params, code):
    status, body = ask(method, params, request_id="abc")
    # 200: handshake-era clients take any other status for a broken transport.
    assert (status, body["id"], body["error"]["code"]) == (200, "abc", code)


@pytest.mark.parametrize("revision", ["2024-11-05", "1999-01-01", "x", ""])
def test_an_unknown_revision_in_the_header_is_refused(revision):
    status, body = ask("tools/list", revision=revision or " ")
    assert status == 400
    assert "2025-11-25" in body["error"]["data"]["supported"]


@pytest.mark.parametrize("method", ["notifications/initialized", "notifications/cancelled", "notifications/unheard-of"])
def test_a_notification_is_taken_without_an_answer(method):
    assert post({"jsonrpc": "2.0", "method": method}) == (202, None)


def test_a_request_without_an_id_is_a_notification_and_runs_nothing():
    shop = Shop()
    call = {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "echo", "arguments": {"text": "x"}}}
    assert post(call, server=shop) == (202, None)
    assert shop.calls == []


def test_a_clients_response_is_taken():
    assert post({"jsonrpc": "2.0", "id": 1, "result": {}}) == (202, None)


class TestBatches:
    def test_2025_03_26_answers_each_request_and_no_notification(self):
        status, answers = post(
            [
                {"jsonrpc": "2.0", "id": 1, "method": "ping"},
                {"jsonrpc": "2.0", "method": "notifications/initialized"},
                {"jsonrpc": "2.0", "id": 2, "method": "nothing"},
                17,
            ]
        )
        assert status == 200
        assert [answer["id"] for answer in answers] == [1, 2, None]
        assert answers[0]["result"] == {}
        assert [answer["error"]["code"] for answer in answers[1:]] == [-32601, -32600]

    def test_of_notifications_alone_there_is_no_answer(self):
        assert post([{"jsonrpc": "2.0", "method": "notifications/initialized"}]) == (202, None)

    @pytest.mark.parametrize("revision", ["2025-06-18", "2025-11-25", "2026-07-28"])
    def test_later_revisions_have_none(self, revision):
        status, body = post([{"jsonrpc": "2.0", "id": 1, "method": "ping"}], {"mcp-protocol-version": revision})
        assert (status, body["error"]["code"]) == (400, -32600)

    @pytest.mark.parametrize("size", [0, 51])
    def test_are_bounded(self, size):
        status, body = post([{"jsonrpc": "2.0", "id": 1, "method": "ping"}] * size)
        assert (status, body["error"]["code"]) == (400, -32600)

    def test_initialize_is_not_part_of_one(self):
        _, answers = post([{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": CLIENT}])
        assert answers[0]["error"]["code"] == -32600
