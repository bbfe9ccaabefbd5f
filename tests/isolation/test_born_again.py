"""A tenant that is dropped and created again under its name is new everywhere: in the process that was told, and in a
second one that was told nothing and knows only what it remembers of the old one.
"""

import base64
import secrets

import pytest

from demo.odoo_session import OdooSession
from tests.served_stack import command

from . import sides as sides_of
from . import traces
from .canaries import Canary
from .crossing import Request, mcp_request
from .watch import found_in, own_retrievals, send

NAME = "phoenix"
PROCESSES = pytest.mark.parametrize("process", [0, 1], ids=["the process that was told", "a second process"])


@pytest.fixture(scope="module")
def lives(stack, ports):
    """The tenant's two lives: the first known to both processes, the second made after the first was dropped."""
    first = _live(stack)
    first.canaries.append(_attachment(stack))
    for port in ports:
        own_retrievals(port, first)
        assert _tool(port, first.key, "find_products", query="creme").status == 200
        assert _whoami(port, first.session), "its administrator is logged in"
    command("tenant", "drop", NAME, "--yes")
    second = _live(stack, canaries=False)
    yield first, second
    command("tenant", "drop", NAME, "--yes")


def test_nothing_of_the_old_one_is_left_anywhere(lives):
    """Before the old credentials are tried: the new one's audit tells of them."""
    first, second = lives
    words = [*first.secrets, *first.credentials, *first.key_ids]
    assert not set(words) & {*second.secrets, *second.credentials, *second.key_ids}
    assert list(traces.left_of(NAME, words)) == []


@PROCESSES
def test_nothing_that_opened_the_old_one_opens_the_new_one(ports, lives, process):
    first, _second = lives
    port = ports[process]
    knocks = [mcp_request("old", f"/mcp/{NAME}", key, "tools/list", {}) for key in (first.key, first.writing_key)]
    knocks += [Request("old", "POST", first.webhook_path, {"Content-Type": "application/json"}, b"{}")]
    bearer = {"Authorization": f"Bearer {first.config_token}", "Content-Type": "application/json"}
    knocks += [Request("old", "POST", first.config_path, bearer, b"{}")]
    assert {send(port, knock).status for knock in knocks} == {401}
    assert not _whoami(port, first.session)


@PROCESSES
def test_the_new_one_answers_and_tells_nothing_of_the_old_one(ports, lives, process):
    first, second = lives
    port = ports[process]
    assert b"products" in _tool(port, second.key, "find_products", query="creme").body
    assert b"company_name" in _tool(port, second.key, "get_agent_config", config_type="company_metadata").body
    for canary in first.canaries:
        params = {**canary.params}
        if "uri" in params:
            params["uri"] = params["uri"].replace("{account_id}", NAME)
        if canary.method != "ping":
            asked = mcp_request("new", f"/mcp/{NAME}", second.key, canary.method, params)
            told = send(port, asked).whole
            assert not found_in(told, [*first.secrets, *first.credentials]), canary.where


@PROCESSES
def test_an_attachment_of_the_old_one_is_not_there(ports, lives, process):
    first, second = lives
    attachment = next(canary for canary in first.canaries if canary.where == "attachment")
    asked = Request("file", "GET", f"/web/content/{attachment.handles[0]}", {"Cookie": f"session_id={second.session}"})
    told = send(ports[process], asked)
    assert told.status == 404 or attachment.secret not in told.whole


def test_its_audit_begins_anew(lives):
    rows = traces.rows(NAME, "SELECT count(*) FROM chatwootai_audit WHERE tool = 'upsert_vectors'")
    assert rows == ["0"], "only the first life wrote vectors"


def _live(stack, canaries=True):
    tenant = stack.create_tenant(NAME, demo="cosmetics")
    stack.tenant[NAME] = tenant
    try:
        side = sides_of.side_of(stack, tenant, canaries=canaries)
        sides_of.await_canaries(stack, side)
        return side
    finally:
        del stack.tenant[NAME]


def _attachment(stack):
    odoo = OdooSession(stack.url, NAME, "admin", "admin")
    secret = "sq" + secrets.token_hex(9)
    content = base64.b64encode(secret.encode() * 50).decode()
    number = odoo.call("ir.attachment", "create", {"name": "note.txt", "datas": content, "public": True})
    return Canary("attachment", secret, (number,), "ping", {})


def _tool(port, key, name, **arguments):
    call = {"name": name, "arguments": arguments}
    return send(port, mcp_request("life", f"/mcp/{NAME}", key, "tools/call", call))


def _whoami(port, cookie):
    """Whether the session is one of somebody who is logged in."""
    heads = {"Content-Type": "application/json", "Cookie": f"session_id={cookie}"}
    body = b'{"jsonrpc": "2.0", "id": 1, "method": "call", "params": {}}'
    told = send(port, Request("session", "POST", "/web/session/get_session_info", heads, body))
    return b'"uid": ' in told.body and b'"uid": null' not in told.body
