"""What HTTP and JSON-RPC ask of every request, whatever its revision."""

import json

import pytest

from .shop import ORIGIN, Shop, ask, post

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS", "PUT", "HEAD"])
def test_only_post_is_served(method):
    from chatwootai_mcp.protocol import HttpRequest, respond

    response = respond(HttpRequest(method, {}, b""), Shop())
    assert (response.status, response.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", "https://shop.example.evil", "http://shop.example"]
)
def test_a_page_of_another_origin_is_refused(origin):
    assert post(PING, {"origin": origin})[0] == 403


@pytest.mark.parametrize("origin", [ORIGIN, "HTTPS://Shop.example"])
def test_a_page_of_an_allowed_origin_may_call(origin):
    assert post(PING, {"origin": origin})[0] == 200


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_a_body_of_another_type_is_refused(content_type):
    assert post(PING, {"content-type": content_type})[0] == 415


def test_the_content_type_may_name_its_charset():
    assert post(PING, {"content-type": "application/json; charset=utf-8"})[0] == 200


@pytest.mark.parametrize(("accept", "status"), [("text/event-stream", 406), ("text/html", 406), ("*/*", 200)])
def test_a_client_must_accept_json(accept, status):
    assert post(PING, {"accept": accept})[0] == status


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, -32700),
        (b"{", 400, -32700),
        (b"\xff\xfe", 400, -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":NaN}}', 400, -32700),
        (b"9" * 5000, 400, -32700),
        (b"null", 400, -32600),
        (b"17", 400, -32600),
        (b'"ping"', 400, -32600),
        (b"{}", 400, -32600),
        (b'{"jsonrpc":"1.0","id":1,"method":"ping"}', 400, -32600),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', 400, -32600),
        (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', 400, -32600),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', 400, -32600),
        (b'{"jsonrpc":"2.0","id":{},"method":"ping"}', 400, -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":5}', 400, -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo\\u0000"}}', 400, -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\\ud800"}}', 400, -32600),
        (b"[" * 100_000, 400, -32600),
        (b"[" * 70 + b"]" * 70, 400, -32600),
        (b'{"a":' * 70 + b"1" + b"}" * 70, 400, -32600),
        (b'"' + b"x" * 1024 * 1024 + b'"', 413, -32600),
    ],
)
def test_what_is_no_message_is_refused_with_the_right_code(body, status, code):
    got_status, answer = post(body)
    assert (got_status, answer["error"]["code"]) == (status, code)
    assert answer["jsonrpc"] == "2.0"
    assert "id" in answer


def test_brackets_in_a_text_are_no_nesting():
    status, body = ask("tools/call", {"name": "echo", "arguments": {"text": "[" * 1000}})
    assert (status, body["result"]["isError"]) == (200, False)


def test_wide_json_is_not_deep_json():
    status, _ = ask("tools/call", {"name": "echo", "arguments": {"text": "x", "domain": [["a", "=", 1]] * 500}})
    assert status == 200


def test_params_of_another_shape_are_an_error_under_the_requests_id():
    status, body = post({"jsonrpc": "2.0", "id": 5, "method": "ping", "params": [1]})
    assert (status, body["id"], body["error"]["code"]) == (200, 5, -32602)


def test_an_error_repeats_no_more_than_a_little_of_what_was_sent():
    _, body = ask("x" * 100_000)
    assert len(json.dumps(body)) < 500
    _, body = ask("tools/call", {"name": "y" * 100_000})
    assert len(json.dumps(body)) < 500


def test_an_exception_of_the_server_passes_through():
    class Broken(Shop):
        def call_tool(self, name, arguments, context):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask("tools/call", {"name": "echo"}, server=Broken())
