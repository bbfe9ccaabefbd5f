"""Whatever comes in, a well-formed response goes out."""

import json

from chatwootai_mcp.protocol import HttpRequest, respond
from hypothesis import given, settings
from hypothesis import strategies as st

from .shop import ORIGIN, Shop

METHODS = ["initialize", "ping", "tools/list", "tools/call", "resources/read", "prompts/get", "server/discover", "x"]
REVISIONS = ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28", "2024-11-05", ""]

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
meta = st.fixed_dictionaries(
    {},
    optional={
        "io.modelcontextprotocol/protocolVersion": st.sampled_from(REVISIONS) | values,
        "io.modelcontextprotocol/clientCapabilities": st.just({}) | values,
        "progressToken": values,
    },
)
params = st.fixed_dictionaries(
    {},
    optional={
        "_meta": meta | values,
        "name": st.sampled_from(["echo", "nothing", "greet"]) | values,
        "arguments": st.fixed_dictionaries({}, optional={"text": values}) | values,
        "uri": st.just("shop://hours") | values,
        "cursor": values,
        "protocolVersion": st.sampled_from(REVISIONS) | values,
        "capabilities": st.just({}) | values,
        "clientInfo": st.just({"name": "a", "version": "1"}) | values,
    },
)
message = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | values,
        "id": st.integers() | st.text() | values,
        "method": st.sampled_from(METHODS) | values,
        "params": params | values,
        "result": values,
        "error": values,
    },
)
documents = message | st.lists(message, max_size=4) | values
bodies = st.binary(max_size=200) | documents.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))
headers = st.fixed_dictionaries(
    {"content-type": st.sampled_from(["application/json"] * 9 + ["text/plain"])},
    optional={
        "accept": st.sampled_from(["application/json", "*/*", "text/html"]),
        "origin": st.sampled_from([ORIGIN, "null"]) | st.text(max_size=10),
        "mcp-protocol-version": st.sampled_from(REVISIONS) | st.text(max_size=10),
        "mcp-method": st.sampled_from(METHODS) | st.text(max_size=10),
        "mcp-name": st.sampled_from(["echo", "=?base64?ZWNobw==?=", "=?base64?x?="]) | st.text(max_size=10),
    },
)


@settings(max_examples=1500, deadline=None)
@given(method=st.sampled_from(["POST"] * 9 + ["GET"]), headers=headers, body=bodies)
def test_any_request_gets_a_well_formed_response(method, headers, body):
    response = respond(HttpRequest(method, headers, body), Shop(), allowed_origins=frozenset({ORIGIN}))
    if response.status == 202:
        assert response.body == b""
        return
    assert response.headers["Content-Type"] == "application/json"
    answer = json.loads(response.body, parse_constant=_refuse)
    for one in answer if isinstance(answer, list) else [answer]:
        assert one["jsonrpc"] == "2.0"
        assert isinstance(one["id"], int | str | None)
        assert ("result" in one) != ("error" in one)
        if "error" in one:
            assert -32768 <= one["error"]["code"] <= -32000
            assert one["error"]["message"]
    assert response.status in (200, 400, 403, 404, 405, 406, 413, 415)


def _refuse(constant):
    raise AssertionError(f"{constant} is not JSON")
