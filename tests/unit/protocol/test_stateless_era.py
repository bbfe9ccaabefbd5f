"""What clients of the revision 2026-07-28 are answered: no handshake, everything in each request."""

import base64

import pytest
from mcp_types.methods import validate_server_result

from .shop import Shop, ask, ask_stateless, post

REVISION = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("server/discover", {}),
        ("tools/list", {}),
        ("tools/call", {"name": "echo", "arguments": {"text": "olá"}}),
        ("tools/call", {"name": "echo", "arguments": {}}),
        ("resources/list", {}),
        ("resources/templates/list", {}),
        ("resources/read", {"uri": "shop://hours"}),
        ("prompts/list", {}),
        ("prompts/get", {"name": "greet"}),
    ],
)
def test_every_result_is_what_the_schema_says_and_names_the_server(method, params):
    status, body = ask_stateless(method, params)
    assert status == 200, body
    validate_server_result(method, "2026-07-28", body["result"])
    assert body["result"]["resultType"] == "complete"
    assert body["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "shop"


def test_discover_tells_only_revisions_that_need_no_handshake():
    _, body = ask_stateless("server/discover")
    assert body["result"]["supportedVersions"] == ["2026-07-28"]
    assert body["result"]["instructions"] == "Sells lamps."


def test_lists_and_reads_may_be_kept_by_the_client_alone():
    for method, params in [("tools/list", {}), ("resources/read", {"uri": "shop://hours"}), ("server/discover", {})]:
        _, body = ask_stateless(method, params)
        assert body["result"]["ttlMs"] > 0
        assert body["result"]["cacheScope"] == "private"
    _, body = ask_stateless("tools/call", {"name": "echo", "arguments": {"text": "x"}})
    assert "ttlMs" not in body["result"]


@pytest.mark.parametrize("method", ["initialize", "ping", "logging/setLevel", "nothing"])
def test_methods_the_revision_has_not_are_not_found(method):
    status, body = ask_stateless(method)
    assert (status, body["error"]["code"], body["id"]) == (404, -32601, 7)


@pytest.mark.parametrize(
    "headers",
    [
        {"mcp-method": None},
        {"mcp-method": "tools/list"},
        {"mcp-name": None},
        {"mcp-name": "other"},
        {"mcp-name": "=?base64?!!?="},
        {"mcp-name": "=?base64?b3RoZXI=?="},
        {"mcp-protocol-version": None},
        {"mcp-protocol-version": "2025-11-25"},
    ],
)
def test_headers_that_say_something_else_than_the_body_are_refused(headers):
    shop = Shop()
    status, body = ask_stateless(
        "tools/call", {"name": "echo", "arguments": {"text": "x"}}, headers=headers, server=shop
    )
    assert (status, body["error"]["code"]) == (400, -32020)
    assert shop.calls == []


def test_a_name_may_come_in_base64():
    encoded = f"=?base64?{base64.b64encode(b'echo').decode()}?="
    status, _ = ask_stateless("tools/call", {"name": "echo", "arguments": {"text": "x"}}, headers={"mcp-name": encoded})
    assert status == 200


@pytest.mark.parametrize("missing", [REVISION, CAPABILITIES])
def test_an_incomplete_envelope_is_refused(missing):
    status, body = ask_stateless("tools/list", meta={missing: None})
    assert (status, body["error"]["code"]) == (400, -32602)
    assert missing in body["error"]["message"]


def test_no_envelope_is_refused():
    status, body = ask("tools/list", revision="2026-07-28", mcp_method="tools/list")
    assert (status, body["error"]["code"]) == (400, -32602)


def test_a_revision_that_is_not_served_is_refused_with_those_that_are():
    status, body = ask_stateless(
        "tools/list", meta={REVISION: "2031-01-01"}, headers={"mcp-protocol-version": "2031-01-01"}
    )
    assert (status, body["error"]["code"]) == (400, -32022)
    assert body["error"]["data"]["requested"] == "2031-01-01"
    assert body["error"]["data"]["supported"] == ["2026-07-28"], "the others need a handshake"


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("tools/call", {"name": "nothing"}),
        ("tools/call", {"name": "echo", "arguments": []}),
        ("resources/read", {"uri": "shop://nothing"}),
        ("prompts/get", {"name": "nothing"}),
    ],
)
def test_wrong_parameters_and_names_are_400(method, params):
    status, body = ask_stateless(method, params)
    assert (status, body["error"]["code"]) == (400, -32602)


def test_a_notification_is_taken_and_a_response_is_not():
    headers = {"mcp-protocol-version": "2026-07-28"}
    assert post({"jsonrpc": "2.0", "method": "notifications/cancelled"}, headers) == (202, None)
    status, body = post({"jsonrpc": "2.0", "id": 1, "result": {}}, headers)
    assert (status, body["error"]["code"]) == (400, -32600)


def test_white_space_around_a_header_is_not_part_of_it():
    headers = {"mcp-name": " echo ", "mcp-protocol-version": " 2026-07-28\t"}
    status, _ = ask_stateless("tools/call", {"name": "echo", "arguments": {"text": "x"}}, headers=headers)
    assert status == 200
