"""What the audit of a tenant tells of one call, with secrets and personal data masked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

_SECRET_NAME = re.compile(r"token|secret|password|api_?key|authorization", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_PHONE = re.compile(r"\+?\d[\d\s().-]{7,}\d")
_MAX_TEXT = 200
_MAX_ITEMS = 20
_MAX_DEPTH = 6


@dataclass(frozen=True)
class AuditEvent:
    """One tool call: who, what, on which records, with what outcome, how long."""

    actor: str
    user_id: int
    tool: str
    server: str
    outcome: str  # "success", "error" or "refused"
    duration_ms: int
    arguments: dict[str, Any]
    error: str = ""
    record_ids: tuple[int, ...] = ()
    at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None))


def mask(value: Any, depth: int = 0) -> Any:
    """The value as the audit may keep it: no secret, no address or number of a person, no whole text or vector."""
    if depth > _MAX_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return {
            str(key)[:_MAX_TEXT]: "***" if _SECRET_NAME.search(str(key)) else mask(item, depth + 1)
            for key, item in list(value.items())[:_MAX_ITEMS]
        }
    if isinstance(value, (list, tuple)):
        masked = [mask(item, depth + 1) for item in value[:_MAX_ITEMS]]
        return [*masked, f"… {len(value)} in all"] if len(value) > _MAX_ITEMS else masked
    if isinstance(value, str):
        text = _PHONE.sub("<phone>", _EMAIL.sub("<email>", value))
        return text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "…"
    return value
