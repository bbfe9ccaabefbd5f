"""The routes that take a credential, and for each every way to be refused at it.

Most credentials here were never issued. Those in ``GENUINE`` bear a right signature: they were issued once, to somebody
who knows so, and only a database can tell that they are not, or no longer, in force.
"""

import functools
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from tests.served_stack import Stack, command

from . import traces
from .crossing import Request, mcp_request
from .pure import (
    CHATWOOT_AUDIENCE,
    METRICS_AUDIENCE,
    Keyring,
    config_audience,
    mint_mcp_key,
    mint_webhook_token,
    new_token_id,
    tenant_audience,
)

NOBODY = "nobody"  # an account_id that no tenant has
GENUINE = frozenset(
    {"revoked", "expired", "out of scope", "replaced", "unsigned", "a dropped tenant's", "another account's event"}
)
_EVENT = json.dumps({"event": "message_created", "account": {"id": 2**30}}).encode()


@dataclass(frozen=True)
class Door:
    """:param refused: why → a fresh request that is refused for that"""

    name: str
    refused: dict[str, Callable[[], Request]]


def doors(stack: Stack) -> list[Door]:
    """Of a stack with the tenants acme and acme-x."""
    ours = traces.keyring()
    of_another_server = Keyring([secrets.token_hex(32)])
    return [
        *_mcp_doors(stack, ours, of_another_server),
        _webhook(stack, ours, of_another_server),
        _shared_webhook(ours, of_another_server),
        _configuration(ours, of_another_server),
        _metrics(stack, of_another_server),
    ]


def _mcp_doors(stack: Stack, ours: Keyring, strange: Keyring) -> list[Door]:
    revoked, expired, narrow = _spent_keys()
    keys = {
        "wrong": lambda: mint_mcp_key(strange, "acme", new_token_id()),
        "malformed": lambda: "cwai_" + secrets.token_urlsafe(20),
        "none": str,
        "revoked": lambda: revoked,
        "expired": lambda: expired,
    }
    foreign = {"foreign": lambda: stack.acme_x.key}
    strangers = {
        "an unknown tenant's": lambda: mint_mcp_key(strange, NOBODY, new_token_id()),
        "a dropped tenant's": lambda: mint_mcp_key(ours, NOBODY, new_token_id()),
    }
    found = []
    for path, more in (
        ("/mcp", {}),
        ("/mcp/acme", foreign),
        ("/mcp/acme/odoo", foreign | {"out of scope": lambda: narrow}),
    ):
        refused = {why: functools.partial(_listing, path, make) for why, make in (keys | more).items()}
        elsewhere = path.replace("acme", NOBODY)
        refused |= {why: functools.partial(_listing, elsewhere, make) for why, make in strangers.items()}
        found.append(Door(path, refused))
    return found


def _listing(path: str, make: Callable[[], str]) -> Request:
    return mcp_request("door", path, make(), "tools/list", {})


def _webhook(stack: Stack, ours: Keyring, strange: Keyring) -> Door:
    theirs = stack.acme_x.webhook_url.rsplit("/", 1)[1]
    mine = stack.acme.webhook_url.rsplit("/", 1)[1]

    def event(account: str, make: Callable[[], str]) -> Callable[[], Request]:
        return lambda: _posted(f"/chatwootai/webhook/{account}/{make()}")

    def minted(keyring: Keyring, account: str) -> Callable[[], str]:
        return lambda: mint_webhook_token(keyring, tenant_audience(account), new_token_id())

    return Door(
        "webhook",
        {
            "wrong": event("acme", minted(strange, "acme")),
            "malformed": event("acme", lambda: secrets.token_urlsafe(20)),
            "foreign": event("acme", lambda: theirs),
            "an unknown tenant's": event(NOBODY, minted(strange, NOBODY)),
            "a dropped tenant's": event(NOBODY, minted(ours, NOBODY)),
            "replaced": event("acme", minted(ours, "acme")),
            "unsigned": event("acme", lambda: mine),
        },
    )


def _shared_webhook(ours: Keyring, strange: Keyring) -> Door:
    def event(make: Callable[[], str]) -> Callable[[], Request]:
        return lambda: _posted(f"/chatwootai/webhook/{make()}")

    return Door(
        "shared webhook",
        {
            "wrong": event(lambda: mint_webhook_token(strange, CHATWOOT_AUDIENCE, new_token_id())),
            "malformed": event(lambda: secrets.token_urlsafe(20)),
            "foreign": event(lambda: mint_webhook_token(ours, tenant_audience("acme-x"), new_token_id())),
            "another account's event": event(lambda: mint_webhook_token(ours, CHATWOOT_AUDIENCE, new_token_id())),
        },
    )


def _configuration(ours: Keyring, strange: Keyring) -> Door:
    def post(account: str, make: Callable[[], str]) -> Callable[[], Request]:
        return lambda: _posted(f"/chatwootai/config/{account}", make())

    def minted(keyring: Keyring, account: str, audience: str = "") -> Callable[[], str]:
        return lambda: mint_webhook_token(keyring, config_audience(audience or account), new_token_id())

    return Door(
        "configuration",
        {
            "wrong": post("acme", minted(strange, "acme")),
            "malformed": post("acme", lambda: secrets.token_urlsafe(20)),
            "none": post("acme", str),
            "foreign": post("acme", minted(ours, "acme", audience="acme-x")),
            "an unknown tenant's": post(NOBODY, minted(strange, NOBODY)),
            "a dropped tenant's": post(NOBODY, minted(ours, NOBODY)),
            "replaced": post("acme", minted(ours, "acme")),
        },
    )


def _metrics(stack: Stack, strange: Keyring) -> Door:
    def get(make: Callable[[], str]) -> Callable[[], Request]:
        return lambda: Request("door", "GET", "/chatwootai/metrics", {"Authorization": f"Bearer {make()}"})

    return Door(
        "metrics",
        {
            "wrong": get(lambda: mint_webhook_token(strange, METRICS_AUDIENCE, new_token_id())),
            "malformed": get(lambda: secrets.token_urlsafe(20)),
            "none": get(str),
            "foreign": get(lambda: stack.acme.key),
        },
    )


def _posted(path: str, token: str = "") -> Request:
    given = {"Authorization": f"Bearer {token}"} if token else {}
    return Request("door", "POST", path, {"Content-Type": "application/json", **given}, _EVENT)


def _spent_keys() -> tuple[str, str, str]:
    """Keys of acme: one that was revoked, one that has expired, one for another server."""
    revoked, expired, narrow = (
        command("tenant", "key", "acme", "--days", 1, "--servers", servers).stdout.strip()
        for servers in ("odoo", "odoo", "qdrant")
    )
    command("tenant", "key", "acme", "--revoke", revoked.split("_")[2])
    traces.expire_key("acme", expired.split("_")[2])
    return revoked, expired, narrow
