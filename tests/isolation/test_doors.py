"""Whoever is not let in gets the same answer, byte for byte, and nobody can ask which tenants there are."""

import http.client
import json
import re
from contextlib import closing
from types import MappingProxyType
from urllib.parse import urlencode

import pytest

from .crossing import Request
from .doors import doors
from .watch import send

_JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def known_doors(stack, sides):
    return doors(stack)


@pytest.mark.parametrize(
    "number", range(7), ids=["/mcp", "/mcp/acme", "/mcp/acme/odoo", "webhook", "shared", "config", "metrics"]
)
def test_every_refusal_has_the_same_bytes(stack, known_doors, number):
    told = {}
    for why, make in known_doors[number].refused.items():
        for _ in range(2):
            answer = send(stack.serving.port, make())
            heads = [(name, value) for name, value in answer.headers if name != "Date"]
            told.setdefault((answer.status, tuple(heads), answer.body), []).append(why)
    assert len(told) == 1, told
    [(status, _heads, body)] = told
    assert (status, body) == (401, b'{"error":"unauthorized"}')


# Whatever a stranger can ask about a name is answered as if there were none of that name.
NAMES = (
    "nobody",
    "postgres",
    "template1",
    "chatwootai_template",
    "chatwootai_control",
    "acme",
    "Acme",
    "acme_products",
)


@pytest.mark.parametrize("path", ["/web/database/list", "/web/database/manager", "/web/database/selector"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_databases_are_neither_listed_nor_managed(stack, path, method):
    answer = send(stack.serving.port, Request("databases", method, path, _JSON, b"{}"))
    assert answer.status == 404
    assert b"acme" not in answer.body


@pytest.mark.parametrize("path", ["/web/database/create", "/web/database/drop", "/web/database/backup", "/xmlrpc/2/db"])
def test_databases_are_not_made_or_taken_away(stack, path):
    assert send(stack.serving.port, Request("databases", "POST", path, _JSON, b"{}")).status == 404


@pytest.mark.parametrize("path", ["/xmlrpc/2/db", "/xmlrpc/2/common", "/xmlrpc/db", "/jsonrpc"])
def test_there_is_no_rpc_of_odoos_own(stack, path):
    call = {"service": "db", "method": "list", "args": []}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "call", "params": call}).encode()
    assert send(stack.serving.port, Request("rpc", "POST", path, _JSON, body)).status == 404


RPC = [
    ("db", "list", ()),
    ("db", "db_exist", ("{name}",)),
    ("common", "login", ("{name}", "admin", "wrong")),
    ("common", "authenticate", ("{name}", "admin", "wrong", {})),
    ("object", "execute_kw", ("{name}", 2, "wrong", "res.users", "search", [[]])),
]


@pytest.mark.parametrize(("service", "method", "arguments"), RPC, ids=[f"{row[0]}.{row[1]}" for row in RPC])
def test_odoos_rpc_tells_no_name_to_whoever_has_a_session_at_one(stack, service, method, arguments):
    """Only with a session of an account are there Odoo's routes of RPC."""
    call = rpc_of_odoo(stack)

    def told(name):
        return call(service, method, [each.format(name=name) if isinstance(each, str) else each for each in arguments])

    answers = {told(name) for name in NAMES}
    assert len(answers) == 1, answers
    assert answers <= {'{"jsonrpc": "2.0", "id": 1, "result": false}', DENIED}
    user = json.loads(call("common", "login", ["acme", "admin", "admin"]))["result"]
    mine = ["acme", user, "admin", "res.users", "search", [[["id", "=", user]]]]
    assert json.loads(call("object", "execute_kw", mine))["result"] == [user], "an account's own people get in by it"


DENIED = json.dumps(
    {
        "jsonrpc": "2.0",
        "id": 1,
        "error": {
            "code": 0,
            "message": "Odoo Server Error",
            "data": {
                "name": "odoo.exceptions.AccessDenied",
                "message": "Access Denied",
                "arguments": ["Access Denied"],
                "context": {},
                "debug": "odoo.exceptions.AccessDenied: Access Denied\n",
            },
        },
    }
)


def rpc_of_odoo(stack):
    session = _session(_enter(stack, "acme", "admin"))

    def call(service, method, arguments):
        params = {"service": service, "method": method, "args": arguments}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}).encode()
        answer = send(stack.serving.port, Request("rpc", "POST", "/jsonrpc", _JSON | {"Cookie": session}, body))
        assert answer.status == 200, "with a session the route is there"
        return answer.body.decode()

    return call


@pytest.mark.parametrize("path", ["", "?job_uuid=x", "?db={name}&job_uuid=x", "?db={name}"])
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "PUT"])
@pytest.mark.parametrize("entered", [False, True])
def test_the_job_runners_door_is_the_same_for_every_name(stack, method, path, entered):
    cookie = {"Cookie": _session(_enter(stack, "acme-x", "admin"))} if entered else {}

    def told(name):
        named = _JSON | {"X-Odoo-Database": name} | cookie
        answer = send(stack.serving.port, Request("job", method, "/queue_job/runjob" + path.format(name=name), named))
        heads = tuple(head for head in answer.headers if head[0] != "Date")
        return answer.status, heads, answer.body

    assert len({told(name) for name in NAMES}) == 1


def test_a_revoked_key_that_asks_for_a_websocket_is_refused_like_any(stack, known_doors):
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }
    for why, make in known_doors[1].refused.items():
        asked = make()
        connection = http.client.HTTPConnection("127.0.0.1", stack.serving.port, timeout=30)
        with closing(connection):  # the development server sends no body after such a request
            connection.request(asked.method, asked.path, asked.body, asked.headers | upgrade)
            assert connection.getresponse().status == 401, why


@pytest.mark.parametrize("path", ["/web/login", "/web/session/get_session_info", "/web/manifest.webmanifest", "/odoo"])
def test_a_header_chooses_no_database(stack, path):
    assert len({_told(stack, path, header=name) for name in (*NAMES, None)}) == 1


def test_logging_in_by_json_tells_no_account_from_a_wrong_password(stack):
    def tried(name):
        params = {"db": name, "login": "admin", "password": "wrong"}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}).encode()
        answer = send(stack.serving.port, Request("login", "POST", "/web/session/authenticate", _JSON, body))
        return answer.status, answer.body

    assert len({tried(name) for name in NAMES}) == 1


@pytest.mark.parametrize("path", ["/", "/web", "/web/login", "/odoo", "/odoo/contacts", "/scoped_app/x", "/web/signup"])
def test_an_address_that_names_an_account_is_answered_alike_for_every_name(stack, path):
    told = {_told(stack, f"{path}?db={name}").replace(name, "NAME") for name in NAMES}
    assert len(told) == 1


def test_entering_tells_no_account_from_a_wrong_password(stack):
    assert len({_kept(_enter(stack, name, "wrong")).replace(name, "NAME") for name in NAMES}) == 1


def test_whoever_has_entered_is_where_they_wanted_to_go_and_in_no_other_account(stack):
    entered = _enter(stack, "acme", "admin", redirect="/odoo/contacts?db=acme")
    assert (entered.status, dict(entered.headers)["Location"]) == (303, "/odoo/contacts?db=acme")
    cookie = _session(entered)
    inside = send(stack.serving.port, Request("inside", "GET", "/odoo?db=acme", {"Cookie": cookie}))
    assert b"odoo.__session_info__" in inside.body
    for name in ("acme-x", "nobody"):
        elsewhere = send(stack.serving.port, Request("elsewhere", "GET", f"/odoo?db={name}", {"Cookie": cookie}))
        assert b'name="password"' in elsewhere.body and b"__session_info__" not in elsewhere.body
    for outside in ("https://example.com/", "//example.com/", "/\\example.com"):
        assert dict(_enter(stack, "acme", "admin", redirect=outside).headers)["Location"] == "/odoo"


@pytest.mark.parametrize("path", ["/", "/web", "/web/login", "/odoo", "/web/signup", "/web/session/logout"])
def test_whoever_has_entered_one_account_learns_of_no_other(stack, path):
    def told(name):
        cookie = {"Cookie": _session(_enter(stack, "acme", "admin"))}
        answer = send(stack.serving.port, Request("inside", "GET", f"{path}?db={name}", cookie))
        # The pages themselves hold a token that is another each time.
        return answer.status, dict(answer.headers).get("Location", "").replace(name, "NAME")

    assert len({told(name) for name in ("acme-x", "nobody", "postgres")}) == 1


def test_whoever_has_entered_one_account_enters_another_by_its_password(stack):
    cookie = {"Cookie": _session(_enter(stack, "acme", "admin"))}
    inside = {"Cookie": _session(_enter(stack, "acme-x", "admin", headers=cookie))}
    info = send(stack.serving.port, Request("info", "POST", "/web/session/get_session_info", _JSON | inside, b"{}"))
    assert json.loads(info.body)["result"]["db"] == "acme-x"


def test_a_form_of_another_site_enters_nothing(stack):
    for origin in ("https://example.com", "null"):
        assert b'name="password"' in _enter(stack, "acme", "admin", headers={"Origin": origin}).body


def test_a_stranger_s_logo_and_assets_are_the_same_for_every_name(stack):
    for path in ("/web/binary/company_logo?dbname={}", "/web/binary/company_logo?db={}", "/web/health?db={}"):
        assert len({_told(stack, path.format(name)) for name in NAMES}) == 1


def test_too_many_tries_are_told_of_no_account(stack):
    """Odoo lets an account rest after five, and says so. The last test here: acme rests for a minute."""
    told = {_kept(_enter(stack, name, "wrong")).replace(name, "NAME") for name in ("acme", "nobody") for _ in range(7)}
    assert len(told) == 1


def _told(stack, path, header=None):
    named = {"X-Odoo-Database": header} if header else {}
    return _kept(send(stack.serving.port, Request("name", "GET", path, named)))


def _enter(stack, account, password, redirect="", headers=MappingProxyType({})):
    form = urlencode({"db": account, "login": "admin", "password": password, "redirect": redirect}).encode()
    heads = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    return send(stack.serving.port, Request("enter", "POST", "/web/enter", heads, form))


def _session(answer):
    *_before, last = re.findall(r"session_id=[^;]+", answer.whole)
    return last


def _kept(answer):
    # What is told has the name's length, where it repeats what was asked.
    dropped = ("Date", "Set-Cookie", "Last-Modified", "Content-Length")
    kept = [(name, value) for name, value in answer.headers if name not in dropped]
    return f"{answer.status} {kept} {answer.body.decode(errors='replace')}"
