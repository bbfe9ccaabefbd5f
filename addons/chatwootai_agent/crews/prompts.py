"""What the agents are told: our instructions, the tenant's facts and style, and the customer's words fenced as data.

Only what the tenant lets be told goes in: an address it does not share, or a site it does not mention, is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from .channel import Writing
from .opening_hours import is_open
from .reply import Customer
from .wording import Wording, wording_of

MESSAGE_LIMIT: Final = 4000
HISTORY_MESSAGES: Final = 20
HISTORY_MESSAGE_LIMIT: Final = 1000
RULE_LIMIT: Final = 800
RULES_LIMIT: Final = 8000
INSTRUCTIONS_LIMIT: Final = 4000

#: crewai fills {input}, {tools}… wherever they stand, in a customer's message too.
_NO_BRACES = str.maketrans("{}", "()")
_FENCE_TAG = re.compile(r"</?\s*(?:customer_message|company)\s*>", re.IGNORECASE)


@dataclass(frozen=True)
class AgentPrompt:
    """An agent as crewai takes it. `instructions` is the part that must never be said to a customer."""

    role: str
    goal: str
    backstory: str
    instructions: str


def data(text: str, limit: int) -> str:
    """Somebody else's text, so that it can neither close its fence nor be filled as a template."""
    while _FENCE_TAG.search(text):  # what is left after a removal may be a tag again
        text = _FENCE_TAG.sub("", text)
    return text.translate(_NO_BRACES).strip()[:limit]


def customer_message(message: str) -> str:
    return f"<customer_message>\n{data(message, MESSAGE_LIMIT)}\n</customer_message>"


def history_messages(history: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The conversation's latest messages, in the roles a model knows."""
    told = [
        {
            "role": "assistant" if entry.get("role") == "assistant" else "user",
            "content": data(str(entry["content"]), HISTORY_MESSAGE_LIMIT),
        }
        for entry in history
        if str(entry.get("content") or "").strip()
    ]
    return told[-HISTORY_MESSAGES:]


class Prompts:
    """The prompts of one tenant at one moment."""

    def __init__(
        self,
        metadata: Mapping[str, Any],
        rules: Sequence[Mapping[str, Any]],
        *,
        instructions: str = "",
        specialists: Sequence[str] = (),
        now: datetime,
        writing: Writing = "chat",
    ) -> None:
        self.writing = writing
        self.metadata = metadata
        self.rules = rules
        self.guidance = instructions
        self.specialists = specialists
        self.now = now
        self.words: Wording = wording_of(self.language)

    @property
    def language(self) -> str:
        return str(self.metadata.get("language") or "pt_BR")

    @property
    def company(self) -> str:
        return data(str(self.metadata.get("company_name") or ""), 200)

    def classifier(self, intents: Sequence[str]) -> AgentPrompt:
        words = self.words
        options = "\n".join(f"- {name}: {words.intents[name]}" for name in intents)
        told = words.classify.format(options=options)
        return AgentPrompt(words.roles["intent"].format(company=self.company), words.classify_goal, told, told)

    def classifier_plain(self, intents: Sequence[str]) -> str:
        """Added to the message for models that take no schema."""
        return self.words.classify_plain.format(names="|".join(intents))

    def specialist(self, name: str, customer: Customer | None) -> AgentPrompt:
        words = self.words
        instructions = words.instructions.format(language=self.language, writing=words.writing[self.writing])
        parts = [instructions, self._style(), self._facts(customer), self._rules(name)]
        if self.guidance.strip():
            parts.append(f"{words.extra}:\n{data(self.guidance, INSTRUCTIONS_LIMIT)}")
        return AgentPrompt(
            role=words.roles[name].format(company=self.company),
            goal=words.goals[name],
            backstory="\n\n".join(part for part in parts if part),
            instructions=instructions,
        )

    def _style(self) -> str:
        style, words = self.metadata.get("style") or {}, self.words
        lines = [words.tones.get(style.get("tone", "friendly"), words.tones["friendly"])]
        lines.append(words.emoji[bool(style.get("emoji"))])
        if style.get("farewell"):
            lines.append(words.farewell.format(text=data(style["farewell"], 500)))
            if style.get("rating_request"):
                lines.append(words.rating.format(text=data(style["rating_request"], 500)))
        return "\n".join(lines)

    def _facts(self, customer: Customer | None) -> str:
        words, told = self.words, self.metadata
        facts = [
            (words.name, self.company),
            (words.about, data(str(told.get("description") or ""), 4000)),
            (words.address, address_line(told.get("address"))),
            (words.phone, told.get("phone")),
            (words.email, told.get("email")),
            (words.website, _mentioned(told.get("website"))),
            (words.social, ", ".join(filter(None, map(_mentioned, told.get("social_links") or [])))),
            (words.hours, self._hours()),
            (words.now, self._now()),
            (words.services, ", ".join(words.intents[name] for name in self.specialists)),
            (words.customer, data(customer.name, 100) if customer and customer.name else None),
        ]
        lines = [f"- {label}: {value}" for label, value in facts if value]
        return f"{words.facts}:\n<company>\n" + "\n".join(lines) + "\n</company>"

    def _hours(self) -> str:
        words = self.words
        by_day = {day["day"]: day for day in self.metadata.get("opening_hours") or []}
        if not by_day:
            return ""
        return "; ".join(
            f"{name} {_day_hours(by_day[day], words) if day in by_day else words.closed}"
            for day, name in enumerate(words.days)
        )

    def _now(self) -> str:
        words = self.words
        said = f"{words.days[self.now.weekday()]}, {self.now:%d/%m/%Y %H:%M}"
        hours = self.metadata.get("opening_hours") or []
        return f"{said} ({words.open_now[is_open(hours, self.now)]})" if hours else said

    def _rules(self, service: str) -> str:
        lines: list[str] = []
        size = 0
        for rule in self.rules:
            if rule.get("service", "general") not in ("general", service):
                continue
            line = f"- {rule_line(rule, self.words)}"
            size += len(line)
            if size > RULES_LIMIT:
                break  # the rest is found through the knowledge base
            lines.append(line)
        return f"{self.words.rules}:\n" + "\n".join(lines) if lines else ""


def rule_line(rule: Mapping[str, Any], words: Wording) -> str:
    said = f"{data(str(rule.get('name', '')), 200)}: {data(str(rule.get('description') or ''), RULE_LIMIT)}"
    scheduling = rule.get("scheduling")
    if not scheduling:
        return said
    days = ", ".join(words.days[day] for day in scheduling.get("days") or []) or words.no_limit
    detail = words.scheduling.format(
        duration=scheduling.get("duration_minutes"), notice=scheduling.get("notice_hours"), days=days
    )
    return f"{said} ({detail})"


def address_line(address: Mapping[str, Any] | None) -> str:
    """The address as one line, if customers may be told."""
    if not address or not address.get("share_with_customers"):
        return ""
    parts = (address.get(key) for key in ("street", "street2", "city", "state", "zip", "country"))
    return ", ".join(data(str(part), 200) for part in parts if part)


def _day_hours(day: Mapping[str, Any], words: Wording) -> str:
    said = f"{day['opens']}-{day['closes']}"
    if day.get("break_start") and day.get("break_end"):
        said += f" ({words.pause.format(start=day['break_start'], end=day['break_end'])})"
    return said


def _mentioned(link: Mapping[str, Any] | None) -> str | None:
    if not link or not link.get("mention"):
        return None
    url = data(str(link.get("url") or ""), 300)
    return f"{link['network']} {url}" if link.get("network") else url
