"""MCP over HTTP against the served Odoo: a real client, the seed's calls, and every wrong credential."""

import asyncio
import json
import time

import pytest
import requests
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client

from tests.served_stack import command


def with_client(url, key, work):
    async def main():
        async with (
            streamablehttp_client(url, headers={"Authorization": f"Bearer {key}"}) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await work(session)

    return asyncio.run(main())


@pytest.mark.parametrize("path", ["/mcp/acme", "/mcp", "/mcp/acme/odoo"])
def test_the_python_sdks_client_works(stack, path):
    async def work(session):
        await session.send_ping()
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        arguments = {"model": "res.partner", "domain": [["is_company", "=", True]], "limit": 2}
        if path == "/mcp":
            assert "account_id" in tools["search_records"].inputSchema["required"]
            arguments["account_id"] = "acme"
        return tools, await session.call_tool("search_records", arguments)

    tools, result = with_client(stack.url + path, stack.acme.key, work)
    assert not result.isError and result.structuredContent["success"]
    assert ("search_knowledge" in tools) == (path != "/mcp/acme/odoo")


def test_the_seeds_calls_work_as_printed(stack):
    def call(name, arguments):
        return stack.mcp(
            stack.acme, "tools/call", {"name": name, "arguments": {"account_id": "acme", **arguments}}, path="/mcp"
        ).json()["result"]["structuredContent"]

    records = call(
        "search_records",
        {
            "model": "res.partner",
            "domain": [["is_company", "=", True]],
            "fields": ["name", "email", "phone"],
            "limit": 10,
        },
    )
    assert records["success"] and isinstance(records["records"], list)
    dimension = next(
        c["dimension"] for c in call("list_collections", {})["collections"] if c["collection_type"] == "products"
    )
    vectors = call("search_vectors", {"collection_type": "products", "query_vector": [0.1] * dimension, "limit": 5})
    assert vectors["success"] and len(vectors["results"]) == 5
    config = call("get_agent_config", {"config_type": "business_rules"})
    assert config["success"] and config["config"] and isinstance(config["config"], list)


def test_each_tenant_sees_its_own(stack):
    names = [
        {
            record["name"]
            for record in stack.tool(tenant, "search_records", model="product.template", fields=["name"], limit=100)[
                "records"
            ]
        }
        for tenant in stack.tenants
    ]
    assert names[0] and names[1] and not names[0] & names[1]
    companies = [
        stack.tool(tenant, "get_agent_config", config_type="company_metadata")["config"] for tenant in stack.tenants
    ]
    assert companies[0]["company_name"] != companies[1]["company_name"]
    assert [company["account_id"] for company in companies] == ["acme", "acme-x"]


def test_a_call_for_another_account_is_refused(stack):
    result = stack.mcp(
        stack.acme,
        "tools/call",
        {"name": "get_agent_config", "arguments": {"account_id": "acme-x", "config_type": "business_rules"}},
        path="/mcp",
    ).json()["result"]
    assert result["isError"] and result["structuredContent"]["success"] is False


def test_unknown_tenant_wrong_key_and_foreign_key_get_the_same_bytes(stack):
    def answer(path, key):
        response = requests.post(
            stack.url + path, json={}, headers={"Authorization": f"Bearer {key}"} if key else {}, timeout=10
        )
        return response.status_code, response.content, response.headers.get("WWW-Authenticate")

    own = stack.acme.key
    answers = {
        answer("/mcp/nobody", own),
        answer("/mcp/acme-x", own),
        answer("/mcp/acme", stack.acme_x.key),
        answer("/mcp/acme", own[:-1] + ("A" if own[-1] != "A" else "B")),
        answer("/mcp/acme", own.replace("cwai_acme_", "cwai_acme-x_")),
        answer("/mcp/acme", "nonsense"),
        answer("/mcp/acme", None),
        answer("/mcp/postgres", own),
        answer("/mcp/ACME", own),
        answer("/mcp/acme/../acme-x", "x"),
        answer("/mcp", "nonsense"),
        answer("/chatwootai/config/acme", own),
        answer("/chatwootai/webhook/acme/" + "a" * 12 + "-" + "b" * 43, None),
        answer("/chatwootai/webhook/nobody/" + "a" * 12 + "-" + "b" * 43, None),
    }
    assert len(answers) == 1 and answers.pop()[0] == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"{}",
        b'{"jsonrpc":"2.0"}',
        b'{"jsonrpc":"1.0","id":1,"method":"ping"}',
        b"[" * 5000,
        b'{"jsonrpc":"2.0","id":1,"method":7}',
        b'{"jsonrpc":"2.0","id":{},"method":"ping"}',
        b"\xff\xfe",
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"no_such_tool","arguments":{}}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}',
        b'{"jsonrpc":"2.0","id":1,"method":"no/such"}',
    ],
)
def test_a_malformed_request_gets_a_json_rpc_error(stack, body):
    response = requests.post(
        f"{stack.url}/mcp/acme",
        data=body,
        headers={
            "Authorization": f"Bearer {stack.acme.key}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
        },
        timeout=10,
    )
    assert response.status_code < 500
    assert response.json()["error"]["code"] < 0
    assert "Traceback" not in response.text


def test_a_revoked_key_opens_nothing_from_then_on(stack):
    key = command("tenant", "key", "acme", "--name", "to be revoked", "--days", "1").stdout.strip()
    assert stack.mcp(stack.acme, "ping", key=key).status_code == 200
    command("tenant", "key", "acme", "--revoke", key.split("_")[2])
    refused = stack.mcp(stack.acme, "ping", key=key)
    assert refused.status_code == 401
    assert key.split("_", 3)[3] not in command("tenant", "key", "acme", "--list").stdout


def test_a_limit_takes_effect_at_once_and_says_when_to_try_again(stack):
    command("tenant", "limit", "acme-x", "--calls-per-minute", "1")
    try:
        deadline = time.monotonic() + 10
        while (result := stack.tool(stack.acme_x, "list_collections"))["success"]:
            assert time.monotonic() < deadline, "nothing is counted"
        assert "seconds" in result["error"]
        assert stack.tool(stack.acme, "list_collections")["success"]
    finally:
        command("tenant", "limit", "acme-x", "--calls-per-minute", "100000")


def test_a_tenant_is_there_once_created_and_gone_once_dropped_while_the_server_runs(stack):
    """What becomes of one that is made again under its name: tests/isolation/test_born_again.py."""
    tenant = stack.create_tenant("short-lived")
    try:
        assert "short-lived" in command("tenant", "list").stdout
        assert stack.tool(tenant, "list_collections")["success"]
    finally:
        command("tenant", "drop", "short-lived", "--yes")
    assert "short-lived" not in command("tenant", "list").stdout
    assert stack.mcp(tenant, "ping").status_code == 401


def test_health_tells_no_tenant(stack):
    response = requests.get(f"{stack.url}/chatwootai/health", timeout=10)
    assert response.status_code == 200
    assert "acme" not in json.dumps(response.json())


def test_metrics_open_to_the_operators_token_and_tell_of_each_account(stack):
    assert stack.tool(stack.acme, "get_agent_config", config_type="company_metadata")["success"]
    token = command("tenant", "metrics-token").stdout.strip()

    def scrape(credential):
        address = f"{stack.url}/chatwootai/metrics"
        return requests.get(address, headers={"Authorization": f"Bearer {credential}"}, timeout=10)

    assert scrape(stack.acme.key).status_code == 401
    told = scrape(token)
    assert told.status_code == 200
    for start in (
        'chatwootai_tool_calls_total{account="acme",',
        'chatwootai_pool_size{account="acme",pool="calls"} ',
        'chatwootai_pool_size{account="acme",pool="cursors"} ',
        'chatwootai_cache_lookups_total{account="acme",namespace="company_metadata",outcome=',
    ):
        assert any(line.startswith(start) for line in told.text.splitlines()), start
