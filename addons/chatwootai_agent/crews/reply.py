"""What a turn of a crew gives back: the reply, each step that led to it, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from .part import Part

StepKind = Literal["llm", "tool"]

#: Why a conversation goes to a person: the customer asked for one (or for a service that is off), the agent found no
#: answer, the turn's budget ran out, the model did not behave, or the reply must not be shown.
HandOffCause = Literal["person", "agent", "budget", "model", "guard"]


@dataclass(frozen=True)
class Step:
    """One call of the model or of a tool, as the turn's trace keeps it."""

    kind: StepKind
    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    result: str = ""
    ms: int = 0
    ok: bool = True
    tokens: int = 0


@dataclass(frozen=True)
class Usage:
    """Tokens the turn spent, over all its model calls."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    llm_calls: int = 0
    tool_calls: int = 0


@dataclass(frozen=True)
class HandOff:
    """The conversation goes to a person: `reason` is for the team, `message` for the customer."""

    cause: HandOffCause
    reason: str
    message: str
    team_id: int | None = None


@dataclass(frozen=True)
class Reply:
    """The end of a turn. With a hand-off, `text` is the hand-off's message to the customer.

    `parts` are the messages it is sent as, in the channel's form; without any, the text is sent as it is.
    """

    text: str
    intent: str
    hand_off: HandOff | None = None
    steps: list[Step] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Customer:
    """Who writes, as far as the channel has proved it. `partner_id` is never chosen by the model."""

    name: str | None = None
    partner_id: int | None = None
