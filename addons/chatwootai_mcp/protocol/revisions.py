"""The protocol's revisions, and how a request tells which one it speaks.

There are two eras. In the *handshake* era a client says `initialize` and afterwards names the revision in the header
`MCP-Protocol-Version` (without one: 2025-03-26). In the *stateless* era every request carries its revision and the
client's capabilities in `params._meta`, and headers that repeat the revision, the method and the name, so that a
proxy can route without reading bodies; where header and body disagree, the request is refused.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from mcp_types import CLIENT_CAPABILITIES_META_KEY, PROTOCOL_VERSION_META_KEY

from .errors import header_mismatch, invalid_params, unsupported_revision
from .wire import Request

STATELESS_REVISIONS = ("2026-07-28",)
HANDSHAKE_REVISIONS = ("2025-11-25", "2025-06-18", "2025-03-26")
SUPPORTED_REVISIONS = STATELESS_REVISIONS + HANDSHAKE_REVISIONS
LATEST_HANDSHAKE = HANDSHAKE_REVISIONS[0]
WITHOUT_HEADER = "2025-03-26"
WITH_BATCHES = frozenset({"2025-03-26"})

# Of these methods, the parameter that the header `Mcp-Name` repeats.
_NAME_PARAMETER = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_BASE64_VALUE = re.compile(r"=\?base64\?(.*)\?=\Z")


def is_stateless(revision: str) -> bool:
    return revision in STATELESS_REVISIONS


def negotiate(requested: str) -> str:
    """The revision that `initialize` answers with: the client's own, or the latest it may accept instead."""
    return requested if requested in HANDSHAKE_REVISIONS else LATEST_HANDSHAKE


def revision_of(headers: Mapping[str, str], supported: tuple[str, ...] = SUPPORTED_REVISIONS) -> str:
    """The revision a request's headers name.

    :param supported: those to offer instead of one that is not served
    :raises ProtocolError: one that is not served
    """
    revision = headers.get("mcp-protocol-version", WITHOUT_HEADER).strip()
    if revision not in SUPPORTED_REVISIONS:
        raise unsupported_revision(revision, supported)
    return revision


def has_envelope(request: Request) -> bool:
    """Whether the body names a revision itself, as only stateless requests do."""
    meta = request.params.get("_meta")
    return isinstance(meta, dict) and PROTOCOL_VERSION_META_KEY in meta


def check_envelope(request: Request, headers: Mapping[str, str]) -> None:
    """Refuse a stateless request whose `_meta` is incomplete or whose headers say something else than its body.

    :raises ProtocolError: naming the first thing that is wrong
    """
    meta = request.params.get("_meta")
    if not isinstance(meta, dict):
        raise invalid_params("params._meta must be an object with the protocol version and the client's capabilities.")
    for key in (PROTOCOL_VERSION_META_KEY, CLIENT_CAPABILITIES_META_KEY):
        if key not in meta:
            raise invalid_params(f"params._meta lacks {key}.")
    if _header_text(headers, "mcp-protocol-version") != meta[PROTOCOL_VERSION_META_KEY]:
        raise header_mismatch("The header MCP-Protocol-Version is missing or differs from params._meta.")
    if _header_text(headers, "mcp-method") != request.method:
        raise header_mismatch("The header Mcp-Method is missing or differs from the method.")
    parameter = _NAME_PARAMETER.get(request.method)
    if parameter is None:
        return
    named: Any = request.params.get(parameter)
    if named is not None and _decoded(_header_text(headers, "mcp-name")) != named:
        raise header_mismatch(f"The header Mcp-Name is missing or differs from params.{parameter}.")


def _header_text(headers: Mapping[str, str], name: str) -> str | None:
    """A header without the white space around it, which is not part of it."""
    value = headers.get(name)
    return None if value is None else value.strip(" \t")


def _decoded(value: str | None) -> str | None:
    """What a header says, which is base64 where the text would not survive in a header."""
    encoded = _BASE64_VALUE.match(value) if value else None
    if not encoded:
        return value
    try:
        raw = base64.b64decode(encoded[1], validate=True)
        return raw.decode() if base64.b64encode(raw).decode() == encoded[1] else None
    except (binascii.Error, UnicodeDecodeError):
        return None
