"""What the audit of a tenant tells of one event: a call, a change of the configuration, a key's life, a refusal."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

KINDS = ("call", "configuration", "key", "refused")


@dataclass(frozen=True)
class AuditEvent:
    """Who, what, on which records, with what outcome, how long. Texts and arguments are masked before they come here.

    :param actor: ``key:<id>``, ``turn:<id>``, ``user:<id>`` or, of who showed no key of ours, ``address:<address>``
    """

    actor: str
    user_id: int
    tool: str
    server: str
    outcome: str  # "success", "error" or "refused"
    duration_ms: int
    arguments: dict[str, Any]
    error: str = ""
    record_ids: tuple[int, ...] = ()
    kind: str = "call"
    model: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None))
