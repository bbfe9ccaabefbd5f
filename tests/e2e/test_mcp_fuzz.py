"""The MCP endpoint under input that no client would send: never a 500, a traceback or another tenant's data.

A tenant of its own takes it, with a key that may write; ``acme-x`` is the one whose data must not appear. To look
longer than a test run does: ``FUZZ_EXAMPLES=5000 bin/test tests/e2e/test_mcp_fuzz.py``.
"""

import json
import os
import socket
import string

import pytest
import requests
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.served_stack import command

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "200"))
fuzzed = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
REVISIONS = ("2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28")
STATELESS = "2026-07-28"
METHODS = (
    "initialize",
    "server/discover",
    "ping",
    "tools/list",
    "tools/call",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "resources/subscribe",
    "prompts/list",
    "prompts/get",
    "completion/complete",
    "logging/setLevel",
    "notifications/initialized",
    "tasks/list",
)


class Endpoint:
    """The fuzzed tenant's URL, and the look at every answer."""

    def __init__(self, stack, tenant, key):
        self.stack, self.tenant, self.key = stack, tenant, key
        self.url = f"{stack.url}/mcp/{tenant.account_id}"
        self.http = requests.Session()
        self.foreign = self._foreign_words()

    def _foreign_words(self):
        """What tells the other tenant: its company, and products that only it sells."""
        company = self.stack.tool(self.stack.acme_x, "get_agent_config", config_type="company_metadata")["config"]
        products = self.stack.tool(self.stack.acme_x, "search_records", model="product.template", fields=["name"])
        return [company["company_name"], *(record["name"] for record in products["records"])]

    def send(self, body, headers=(), method="POST", url=None):
        """Any request; its response, which is sound."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        known = {
            "Authorization": f"Bearer {self.key}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
        }
        all_headers = {name: value for name, value in (known | dict(headers)).items() if value is not None}
        response = self.http.request(
            method, url or self.url, data=data, headers=all_headers, timeout=30, allow_redirects=False
        )
        self.look_at(response)
        return response

    def ask(self, method, params, revision="2025-11-25", headers=()):
        """A well-formed request of a revision; the decoded answer."""
        named = {"MCP-Protocol-Version": revision}
        if revision == STATELESS:
            envelope = {
                "io.modelcontextprotocol/protocolVersion": revision,
                "io.modelcontextprotocol/clientCapabilities": {},
            }
            params = {**params, "_meta": envelope}
            named["Mcp-Method"] = method
            if method == "tools/call":
                named["Mcp-Name"] = params["name"]
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return self.send(body, named | dict(headers)).json()

    def look_at(self, response):
        text = response.content.decode()
        assert response.status_code < 500, (response.status_code, text[:500])
        assert "Traceback" not in text and "psycopg2" not in text and 'File "' not in text
        assert not [word for word in self.foreign if word in text], "another tenant's data"
        if text:
            assert response.headers["Content-Type"].startswith("application/json"), response.headers
            for answer in _each(response.json()):
                assert answer == {"error": "unauthorized"} or _is_response(answer), text[:500]


def _each(answer):
    return answer if isinstance(answer, list) else [answer]


def _is_response(answer):
    if "error" in answer:
        return answer["jsonrpc"] == "2.0" and answer["error"]["code"] < 0 and answer["error"]["message"]
    return answer["jsonrpc"] == "2.0" and answer["id"] is not None and isinstance(answer["result"], dict)


@pytest.fixture(scope="module")
def endpoint(stack):
    command("tenant", "drop", "fuzz", "--yes", check=False)
    tenant = stack.create_tenant("fuzz", demo="cosmetics")
    log_start = stack.serving.log.stat().st_size
    yield Endpoint(stack, tenant, command("tenant", "key", "fuzz", "--write").stdout.strip())
    # Looked at first: where a job of the tenant's is at work as it is dropped, the job's end is a traceback.
    log = stack.serving.log.read_bytes()[log_start:].decode(errors="replace")
    command("tenant", "drop", "fuzz", "--yes")
    assert "Traceback" not in log, log[log.index("Traceback") - 2000 :][:6000]


words = st.text(max_size=30)
names = st.sampled_from([*METHODS, "search_records", "acme-x", "chatwootai://acme-x/configuration/company_metadata"])
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words | names
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | names, inner, max_size=4),
    max_leaves=12,
)
messages = st.fixed_dictionaries(
    {"jsonrpc": st.sampled_from(["2.0", "2.0", "2.0", "1.0", None])},
    optional={
        "id": st.integers() | words | values,
        "method": st.sampled_from(METHODS) | words | values,
        "params": st.dictionaries(
            st.sampled_from(
                ["name", "arguments", "uri", "cursor", "ref", "argument", "level", "_meta", "protocolVersion"]
            ),
            values,
        )
        | values,
        "result": values,
        "error": values,
    },
)


@fuzzed
@given(body=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_bytes_are_no_message(endpoint, body):
    response = endpoint.send(body)
    assert response.status_code == 400
    assert response.json()["error"]["code"] in (-32700, -32600)


@fuzzed
@given(body=messages | st.lists(messages, max_size=4) | values, revision=st.sampled_from((*REVISIONS, None)))
def test_json_gets_a_response_or_is_refused(endpoint, body, revision):
    response = endpoint.send(body, {"MCP-Protocol-Version": revision})
    assert response.status_code in (200, 202, 400, 404)
    assert bool(response.content) == (response.status_code != 202)


header_values = st.text(
    alphabet=string.printable.replace("\r", "").replace("\n", "").strip(), max_size=60
) | st.sampled_from(
    [*REVISIONS, *METHODS, "application/json", "*/*", "text/event-stream", "null", "=?base64?w6k=?=", "acme-x"]
)


@fuzzed
@given(
    headers=st.dictionaries(
        st.sampled_from(
            (
                "MCP-Protocol-Version",
                "Mcp-Method",
                "Mcp-Name",
                "Mcp-Session-Id",
                "Accept",
                "Content-Type",
                "Origin",
                "Last-Event-ID",
                "X-Odoo-Database",
                "Cookie",
                "Accept-Language",
                "X-Forwarded-For",
                "X-HTTP-Method-Override",
                "Content-Encoding",
                "If-None-Match",
                "Range",
            )
        ),
        header_values,
        min_size=1,
        max_size=5,
    )
)
def test_headers_never_break_a_request(endpoint, headers):
    call = {"name": "search_records", "arguments": {"model": "res.company"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    response = endpoint.send(body, headers)
    assert response.status_code in (200, 400, 403, 406, 415)


@fuzzed
@given(
    key=st.text(alphabet=string.ascii_letters + string.digits + "-_. ", max_size=80)
    | st.builds("cwai_{}_{}_{}".format, st.sampled_from(["fuzz", "acme-x", "postgres"]), words, words).map(
        lambda text: text.encode("ascii", "ignore").decode().translate(dict.fromkeys(range(32)))
    )
)
def test_every_wrong_key_gets_the_same_answer(endpoint, key):
    response = endpoint.send({}, {"Authorization": f"Bearer {key}"})
    assert (response.status_code, response.content) == (401, b'{"error":"unauthorized"}')


class Arguments:
    """Arguments for the tools: sensible ones, others that `tools/list` allows, and some that it does not."""

    def __init__(self, endpoint):
        listed = endpoint.ask("tools/list", {})["result"]["tools"]
        self.schemas = {tool["name"]: tool["inputSchema"] for tool in listed}

    def calls(self):
        return st.sampled_from(sorted(self.schemas)).flatmap(
            lambda name: st.tuples(st.just(name), self.arguments(self.schemas[name]))
        )

    @staticmethod
    def arguments(schema):
        sensible, allowed = (Described(schema, only_likely).arguments() for only_likely in (True, False))
        strange = st.dictionaries(st.sampled_from(sorted(schema["properties"]) or ["x"]), values, max_size=4)
        return st.one_of(sensible, sensible, allowed, strange, st.builds(lambda a, b: a | b, sensible, strange))


class Described:
    """What a schema describes.

    :param only_likely: of what it allows, what means something to this tenant
    """

    def __init__(self, schema, only_likely):
        self.schema, self.only_likely = schema, only_likely

    def arguments(self):
        return self._object(self.schema)

    def _object(self, schema):
        properties = {name: self._value(each, name) for name, each in schema.get("properties", {}).items()}
        required = set(schema.get("required", ()))
        return st.fixed_dictionaries(
            {name: value for name, value in properties.items() if name in required},
            optional={name: value for name, value in properties.items() if name not in required},
        )

    def _value(self, schema, name):
        if "$ref" in schema:
            return self._value(self.schema["$defs"][schema["$ref"].rpartition("/")[2]], name)
        if "const" in schema:
            return st.just(schema["const"])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        if alternatives := schema.get("anyOf") or schema.get("oneOf"):
            return st.one_of([self._value(each, name) for each in alternatives])
        if self.only_likely and name in LIKELY:
            likely = st.sampled_from(LIKELY[name])
            return st.lists(likely, max_size=3) if schema.get("type") == "array" else likely
        simple = SIMPLE.get(schema.get("type"))
        if simple:
            return simple[0] if self.only_likely else simple[1]
        if schema.get("type") == "array":
            return st.lists(self._value(schema.get("items") or {}, name), max_size=4)
        if schema.get("properties"):
            return self._object(schema)
        if schema.get("type") == "object":
            return st.dictionaries(st.sampled_from(LIKELY["fields"]) | words, values, max_size=4)
        return values


LIKELY = {
    "model": ["res.partner", "product.template", "product.product", "sale.order", "res.users", "ir.config_parameter"],
    "fields": ["id", "name", "email", "create_date", "list_price", "company_id", "category_id", "parent_id.name"],
    "groupby": ["company_id", "create_date:month", "country_id", "name", "create_date:century"],
    "order": ["name", "name desc, id", "no_such", "name; drop table res_partner", "create_date desc"],
    "lang": ["pt_BR", "en_US", "xx_XX"],
    "domain": [
        ["name", "ilike", "sérum"],
        ["create_date", ">", "2026-01-01"],
        ["category_id", "child_of", 1],
        ["id", "in", [1, 2, 3]],
        ["id", "in", 10**30],
        ["name", "=", None],
        ["parent_id.name", "!=", False],
        ["list_price", ">=", "much"],
        "|",
        "&",
        "!",
    ],
    "ids": [1, 2, 3, 10**12],
    "filter": [{}, {"source": "product"}, {"source": ["product", None]}, {"chunk": {"gte": 0}}, {"chunk": {"gte": []}}],
    "values": [{"name": "Ana"}, {"name": None}, {"email": "ana@example.com", "category_id": [1]}, {"no_such": 1}, {}],
}
# By type: sensible, and anything.
SIMPLE = {
    "string": (
        st.sampled_from(["sérum", "%", "' or 1=1 --", "2026-11-23", "2026-11-23T10:00:00", "acme-x", "\U0001f600"]),
        words | st.sampled_from(["\u0000", "9" * 30, "\ud83d"]),
    ),
    "integer": (st.integers(1, 12), st.integers(-1, 12) | st.integers()),
    "number": (st.floats(0, 100), st.floats(allow_nan=False, allow_infinity=False)),
    "boolean": (st.booleans(), st.booleans()),
    "null": (st.none(), st.none()),
}


@settings(fuzzed, max_examples=2 * EXAMPLES)
@given(data=st.data(), revision=st.sampled_from(REVISIONS))
def test_any_arguments_get_a_result_or_a_sentence(endpoint, data, revision):
    name, arguments = data.draw(_arguments_of(endpoint).calls())
    answer = endpoint.ask("tools/call", {"name": name, "arguments": arguments}, revision)
    if "error" in answer:  # what no text may hold (NUL, half a surrogate pair) is refused before it is a call
        assert answer["error"]["code"] in (-32600, -32602, -32020), answer
        return
    result = answer["result"]
    told = result["structuredContent"]
    event(f"{name}: {'error' if result['isError'] else 'success'}")
    assert told["success"] is not result["isError"]
    if result["isError"]:
        assert told["error"].strip() and "in the log under" not in told["error"], (name, arguments, told["error"])


_known = {}


def _arguments_of(endpoint):
    if endpoint.url not in _known:
        _known[endpoint.url] = Arguments(endpoint)
    return _known[endpoint.url]


@fuzzed
@given(
    method=st.sampled_from(["resources/read", "prompts/get", "completion/complete", "resources/list"]), data=st.data()
)
def test_any_address_or_name_is_found_or_refused(endpoint, method, data):
    uris = words | st.sampled_from(
        [
            "chatwootai://fuzz/configuration/company_metadata",
            "chatwootai://fuzz/configuration/../../acme-x/configuration/company_metadata",
            "chatwootai://acme-x/configuration/company_metadata",
            "chatwootai://fuzz/documents/1",
            "file:///etc/passwd",
        ]
    )
    prompts = words | st.sampled_from(["customer_service", "fuzz"])
    parameters = {
        "resources/read": st.fixed_dictionaries({"uri": uris}),
        "resources/list": st.fixed_dictionaries({"cursor": words | st.integers().map(str)}),
        "prompts/get": st.fixed_dictionaries({"name": prompts}, optional={"arguments": st.dictionaries(words, words)}),
        "completion/complete": st.fixed_dictionaries(
            {
                "ref": st.fixed_dictionaries({"type": st.just("ref/resource"), "uri": uris})
                | st.fixed_dictionaries({"type": st.just("ref/prompt"), "name": prompts}),
                "argument": st.fixed_dictionaries({"name": words, "value": words}),
            }
        ),
    }
    answer = endpoint.ask(method, data.draw(parameters[method]))
    assert "result" in answer or answer["error"]["code"] in (-32002, -32602, -32600), answer


# -- the limits of HTTP, one by one


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH", "HEAD"])
def test_other_methods_are_not_served(endpoint, method):
    response = endpoint.send(b"", method=method)
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example", ""])
def test_pages_of_others_may_not_call(endpoint, origin):
    assert endpoint.send({"jsonrpc": "2.0", "id": 1, "method": "ping"}, {"Origin": origin}).status_code == 403


def test_its_own_page_may_call(endpoint):
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert endpoint.send(body, {"Origin": endpoint.stack.url}).status_code == 200


@pytest.mark.parametrize("revision", ["2031-01-01", "2024-11-05", "1", "", "2025-11-25, 2026-07-28"])
def test_revisions_that_are_not_served_are_refused(endpoint, revision):
    response = endpoint.send({"jsonrpc": "2.0", "id": 1, "method": "ping"}, {"MCP-Protocol-Version": revision})
    assert response.status_code == 400
    assert response.json()["error"]["code"] == -32022


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"params":[{"x":'])
def test_deep_nesting_is_refused(endpoint, opening):
    response = endpoint.send(opening * 50_000)
    assert response.status_code == 400
    depth = 500
    response = endpoint.send(
        b'{"jsonrpc":"2.0","id":1,"method":"ping","params":' + b'{"a":' * depth + b"1" + b"}" * (depth + 1)
    )
    assert (response.status_code, response.json()["error"]["code"]) == (400, -32600)


@pytest.mark.parametrize(
    "number", [b"1e999999", b"-1e999999", b"NaN", b"Infinity", b"9" * 5000, b"0." + b"1" * 5000, b"1" + b"0" * 400]
)
def test_numbers_that_are_none_are_refused_or_taken(endpoint, number):
    call = b'{"name":"search_records","arguments":{"model":"res.company","limit":%s}}' % number
    response = endpoint.send(b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":%s}' % call)
    assert response.status_code in (200, 400)


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 2000000",
        "Content-Length: 99999999999999999999",
        "Content-Length: -1",
        "Content-Length: x",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 2",
    ],
)
def test_bodies_without_a_decent_length_are_not_read(endpoint, head):
    status, body = _raw(endpoint, head)
    assert status in (400, 413)
    assert b"Traceback" not in body


def test_a_body_of_the_largest_size_is_read_and_one_byte_more_is_not(endpoint):
    def of(size):
        start, end = b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"x":"', b'"}}}'
        return start + b"a" * (size - len(start) - len(end)) + end

    assert endpoint.send(of(1024 * 1024)).status_code == 200
    status, _ = _raw(endpoint, f"Content-Length: {1024 * 1024 + 1}")
    assert status == 413


def _raw(endpoint, head):
    """What is answered to headers alone."""
    request = (
        f"POST /mcp/fuzz HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {endpoint.key}\r\n"
        f"Content-Type: application/json\r\n{head}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", endpoint.stack.serving.port), timeout=20) as connection:
        connection.sendall(request.encode())
        answer = b""
        while b"\r\n\r\n" not in answer and (part := connection.recv(65536)):
            answer += part
    return int(answer.split(b" ", 2)[1]), answer
