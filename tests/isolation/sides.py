"""Making the two tenants known to these tests: their ways in, their tools, and canaries that are really there."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests

from demo.odoo_session import OdooSession
from tests.served_stack import Stack, Tenant, command

from . import traces
from .canaries import Side, plant
from .crossing import mcp_request
from .pure import config_audience, mint_webhook_token
from .watch import own_retrievals, send

# Both with the same demo company: every record has its twin under the same id.
LOOK_ALIKES = {"acme": "cosmetics", "acme-x": "cosmetics"}
SETTLE_SECONDS = 60


def both(stack: Stack) -> tuple[Side, Side]:
    """The sides of the two tenants, with canaries that their own keys retrieve."""
    first, second = (side_of(stack, tenant) for tenant in stack.tenants)
    await_canaries(stack, first, second)
    return first, second


def side_of(stack: Stack, tenant: Tenant, canaries: bool = True) -> Side:
    account_id = tenant.account_id
    command("tenant", "limit", account_id, "--calls-per-minute", -1, "--concurrent", -1)
    writing_key = command("tenant", "key", account_id, "--user", "admin", "--write").stdout.strip()
    odoo = OdooSession(stack.url, account_id, "admin", "admin")
    parameter = odoo.call("ir.config_parameter", "get_param", "chatwootai_mcp.config_token_id")
    config_token = mint_webhook_token(traces.keyring(), config_audience(account_id), parameter)
    side = Side(
        account_id=account_id,
        key=tenant.key,
        writing_key=writing_key,
        webhook_path=urlsplit(tenant.webhook_url).path,
        shared_webhook_path=urlsplit(tenant.shared_webhook_url).path,
        config_path=f"/chatwootai/config/{account_id}",
        config_token=config_token,
        chatwoot_account=tenant.chatwoot.id,
        webhook_secret=tenant.chatwoot.bot_secret,
        session=session(stack.url, account_id),
    )
    chatwoot = tenant.chatwoot
    side.credentials = [chatwoot.user_token, chatwoot.bot_token, chatwoot.bot_secret, tenant.key, writing_key]
    side.credentials.append(config_token)
    _open_for_writing(odoo)
    answer = stack.mcp(tenant, "tools/list", key=writing_key)
    side.tools = answer.json()["result"]["tools"]
    if canaries:
        plant(side, odoo, stack.chatwoot, partial(_call, stack, tenant, writing_key))
    return side


def session(url: str, account_id: str, login: str = "admin", password: str = "admin") -> str:
    """The session cookie of a person who logged in."""
    params = {"db": account_id, "login": login, "password": password}
    body = {"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}
    answer = requests.post(f"{url}/web/session/authenticate", json=body, timeout=30)
    return answer.cookies["session_id"]


def await_canaries(stack: Stack, *sides: Side) -> None:
    """Until jobs have brought what was entered to where agents find it."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while missing := {side.account_id: own_retrievals(stack.serving.port, side) for side in sides}:
        if not any(missing.values()):
            return
        assert time.monotonic() < deadline, f"their own keys do not retrieve {missing}"
        time.sleep(0.3)


def _open_for_writing(odoo: OdooSession) -> None:
    """The contacts may be written by keys that write, so that writes across tenants would have something to hit."""
    rows = odoo.call("chatwootai.allowed.model", "search", [("model", "=", "res.partner")])
    odoo.call("chatwootai.allowed.model", "write", rows, {"can_create": True, "can_write": True, "can_unlink": True})


def _call(stack: Stack, tenant: Tenant, key: str, name: str, **arguments: Any) -> dict[str, Any]:
    request = mcp_request(
        "plant", f"/mcp/{tenant.account_id}", key, "tools/call", {"name": name, "arguments": arguments}
    )
    return json.loads(send(stack.serving.port, request).body)["result"]["structuredContent"]


def planted_anew(stack: Stack, *sides: Side) -> Iterator[Side]:
    """The same tenants with fresh canaries, after others were written over."""
    for side in sides:
        tenant = stack.tenant[side.account_id]
        fresh = replace(side, canaries=[], session=session(stack.url, side.account_id))
        odoo = OdooSession(stack.url, side.account_id, "admin", "admin")
        plant(fresh, odoo, stack.chatwoot, partial(_call, stack, tenant, side.writing_key))
        await_canaries(stack, fresh)
        yield fresh
