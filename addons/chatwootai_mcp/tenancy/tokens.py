"""Credentials: MCP keys and webhook tokens, both an HMAC over what they stand for.

Whether one is genuine is decided with the server's key alone, before any database is touched; whether it is still in
force (revoked, expired, its scope) is decided afterwards by its id, in the tenant's database.
"""

import base64
import binascii
import re
import secrets
import string
from dataclasses import dataclass

from .account import InvalidAccountId, parse_account_id
from .keyring import Keyring

_ID_ALPHABET = string.ascii_lowercase + string.digits
_ID_LENGTH = 12
_MAC = r"[A-Za-z0-9_-]{43}"
_MCP_KEY = re.compile(rf"cwai_([a-z0-9-]{{1,40}})_([a-z0-9]{{{_ID_LENGTH}}})_({_MAC})\Z")
_WEBHOOK_TOKEN = re.compile(rf"([a-z0-9]{{{_ID_LENGTH}}})-({_MAC})\Z")


@dataclass(frozen=True)
class McpKeyClaims:
    """What a genuine MCP key says of itself."""

    account_id: str
    key_id: str


def new_token_id() -> str:
    """12 random characters; never reused, so that a dropped tenant's keys stay dead."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))


def mint_mcp_key(keyring: Keyring, account_id: str, key_id: str) -> str:
    mac = keyring.sign("mcp-key", _message(parse_account_id(account_id), key_id))
    return f"cwai_{account_id}_{key_id}_{_encode(mac)}"


def verify_mcp_key(keyring: Keyring, token: str) -> McpKeyClaims | None:
    """The key's claims, or None when it is not one of this server's keys."""
    match = _MCP_KEY.match(token)
    if not match:
        take_as_long(keyring)
        return None
    account_id, key_id, mac = match.groups()
    if not keyring.verify("mcp-key", _message(account_id, key_id), _decode(mac)):
        return None
    try:
        return McpKeyClaims(parse_account_id(account_id), key_id)
    except InvalidAccountId:
        return None


def take_as_long(keyring: Keyring) -> None:
    """Refuse what is no credential at all in the time a wrong one takes."""
    keyring.verify("webhook", _message(METRICS_AUDIENCE, "a" * _ID_LENGTH), bytes(32))


def tenant_audience(account_id: str) -> str:
    """Audience of the Chatwoot webhook of one tenant."""
    return f"tenant:{parse_account_id(account_id)}"


def config_audience(account_id: str) -> str:
    """Audience of the configuration webhook of one tenant."""
    return f"config:{parse_account_id(account_id)}"


CHATWOOT_AUDIENCE = "chatwoot"  # a webhook shared by all tenants of one Chatwoot; its id names the base URL
METRICS_AUDIENCE = "metrics"


def mint_webhook_token(keyring: Keyring, audience: str, token_id: str) -> str:
    return f"{token_id}-{_encode(keyring.sign('webhook', _message(audience, token_id)))}"


def verify_webhook_token(keyring: Keyring, audience: str, token: str) -> str | None:
    """The token's id, or None when it was not minted by this server for this audience."""
    match = _WEBHOOK_TOKEN.match(token)
    if not match:
        take_as_long(keyring)
        return None
    token_id, mac = match.groups()
    return token_id if keyring.verify("webhook", _message(audience, token_id), _decode(mac)) else None


def _message(*parts: str) -> bytes:
    return "\0".join(parts).encode()


def _encode(mac: bytes) -> str:
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def _decode(text: str) -> bytes:
    try:
        mac = base64.urlsafe_b64decode(text + "=")
    except binascii.Error:
        return b""
    # 43 characters carry two bits more than 32 bytes: only the canonical spelling is the key.
    return mac if _encode(mac) == text else b""
