"""Reading a request: from the messages and tools of a chat completion to the task it sets. Pure functions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .words import fold, is_english, stems

Json = dict[str, Any]


class ToolRole(StrEnum):
    """What a tool is good for, as its name and description tell."""

    PRODUCTS = "products"
    KNOWLEDGE = "knowledge"
    RULES = "rules"
    HAND_OFF = "hand_off"
    CHOICES = "choices"
    OTHER = "other"


@dataclass(frozen=True)
class Tool:
    name: str
    description: str
    parameters: Json
    role: ToolRole


@dataclass(frozen=True)
class ToolResult:
    """What a tool gave back earlier in this turn; its text is data, whatever it says."""

    tool: str
    arguments: Json
    text: str


@dataclass(frozen=True)
class Fact:
    """A line `- label: text` of the instructions: something the company says of itself."""

    label: str
    text: str


class Tone(StrEnum):
    FORMAL = "formal"
    FRIENDLY = "friendly"
    CASUAL = "casual"


@dataclass(frozen=True)
class Style:
    tone: Tone = Tone.FRIENDLY
    emoji: bool = False
    greeting: str | None = None
    goodbye: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """One of the options of a classification."""

    name: str
    description: str = ""


@dataclass(frozen=True)
class Classification:
    """The request is to choose: `key` is where the choice goes in the JSON answer, `other` the schema's other keys."""

    key: str
    choices: tuple[Choice, ...]
    other: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """All the model goes by."""

    question: str
    earlier: tuple[str, ...]
    """What the customer wrote before, oldest first."""
    first_message: bool
    english: bool
    style: Style
    facts: tuple[Fact, ...]
    tools: tuple[Tool, ...]
    results: tuple[ToolResult, ...]
    classification: Classification | None
    forced_tool: str | None
    """A tool's name, or "any", where the caller insists on a tool call."""

    def tool(self, role: ToolRole) -> Tool | None:
        return next((tool for tool in self.tools if tool.role is role), None)


def read(request: Mapping[str, Any]) -> Task:
    messages: list[Json] = [m for m in request.get("messages") or [] if isinstance(m, dict)]
    system = "\n".join(text_of(m) for m in messages if m.get("role") in ("system", "developer"))
    at = _question_index(messages)
    asked = text_of(messages[at]) if at is not None else ""
    question, around = _unwrapped(asked)
    before = messages[:at] if at is not None else []
    tools = () if request.get("tool_choice") == "none" else read_tools(request.get("tools") or [])
    return Task(
        question=question,
        earlier=tuple(_unwrapped(text_of(m))[0] for m in before if m.get("role") == "user"),
        first_message=not any(m.get("role") == "assistant" and text_of(m) for m in before),
        english=_english(question, system),
        style=read_style(system),
        facts=read_facts(system),
        tools=tools,
        results=_results(messages),
        classification=_classification(request.get("response_format"), f"{system}\n{around}", bool(tools)),
        forced_tool=_forced(request.get("tool_choice")),
    )


def text_of(message: Mapping[str, Any]) -> str:
    """A message's text, whether it is a string or a list of parts."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")


def _question_index(messages: Sequence[Json]) -> int | None:
    """The last message of the user before any tool was called: what frameworks add after results is no question."""
    called = next((i for i, m in enumerate(messages) if m.get("tool_calls")), len(messages))
    asked = [i for i, m in enumerate(messages[:called]) if m.get("role") == "user"]
    return asked[-1] if asked else None


_TAGGED = re.compile(r"<(\w+)>\s*(.*?)\s*</\1>", re.DOTALL)
_TASK_PREFIX = re.compile(r"\A\s*(?:current task|task|pergunta|mensagem)\s*:\s*", re.IGNORECASE)
_TASK_SUFFIX = re.compile(
    r"\n\s*\n\s*(?:provide your complete response|this is the expected criteria|you must return|"
    r"answer only json|responda (?:somente|apenas) json).*\Z",
    re.IGNORECASE | re.DOTALL,
)  # fmt: skip


def _unwrapped(text: str) -> tuple[str, str]:
    """The customer's own words, and what the framework wrote around them."""
    tagged = _TAGGED.search(text)
    if tagged:
        return tagged.group(2), text[: tagged.start()] + text[tagged.end() :]
    bare = _TASK_PREFIX.sub("", text)
    suffix = _TASK_SUFFIX.search(bare)
    return (bare[: suffix.start()].strip(), suffix.group()) if suffix else (bare.strip(), "")


def _english(question: str, system: str) -> bool:
    """The customer's language; where the words do not tell, the one the instructions name or are written in."""
    told = is_english(question)
    if told is not None:
        return told
    named = re.search(r"(?:language|idioma|l[ií]ngua)\W+(?:\w+\s+)?(pt|en)(?![a-z])", system, re.IGNORECASE)
    if named:
        return named.group(1).lower() == "en"
    return bool(is_english(system))


# -- tools -----------------------------------------------------------------------------------------------------------

_ROLE_WORDS = {
    ToolRole.PRODUCTS: "product produto price preço stock estoque catalog catálogo catalogue item sale",
    ToolRole.KNOWLEDGE: (
        "knowledge conhecimento search policy policies política políticas document documents documentos documento faq"
        " written article articles question base"
    ),
    ToolRole.RULES: "rule rules regra regras active force vigor business config configuration",
    ToolRole.HAND_OFF: (
        "hand handoff off human humano person pessoa people team equipe transfer transferir passa passar escalate"
        " atendente agent operator encerra"
    ),
    ToolRole.CHOICES: "choices choice options option opções escolher choose tap tocar",
}
_ROLE_STEMS = {role: frozenset(stems(text)) for role, text in _ROLE_WORDS.items()}
_NAME_WEIGHT = 4


def read_tools(offered: Sequence[Any]) -> tuple[Tool, ...]:
    """Tools as OpenAI's API offers them, each with what it is good for."""
    tools = []
    for entry in offered:
        function = entry.get("function") if isinstance(entry, dict) else None
        if isinstance(function, dict) and function.get("name"):
            name, description = str(function["name"]), str(function.get("description") or "")
            parameters = function.get("parameters") or {}
            tools.append(Tool(name, description, parameters, tool_role(name, description)))
    return tuple(tools)


def tool_role(name: str, description: str) -> ToolRole:
    """
    >>> tool_role("consultar_catalogo", "Preços e estoque")
    <ToolRole.PRODUCTS: 'products'>
    """
    named = set(stems(name.replace("_", " ")))
    described = set(stems(description))
    scores = {
        role: _NAME_WEIGHT * len(vocabulary & named) + len(vocabulary & described)
        for role, vocabulary in _ROLE_STEMS.items()
    }
    best = max(scores, key=lambda role: scores[role])
    return best if scores[best] else ToolRole.OTHER


def _forced(choice: Any) -> str | None:
    if isinstance(choice, dict):
        return str((choice.get("function") or {}).get("name") or "any")
    return "any" if choice == "required" else None


def _results(messages: Sequence[Json]) -> tuple[ToolResult, ...]:
    calls: dict[str, tuple[str, Json]] = {}
    results = []
    for message in messages:
        for call in message.get("tool_calls") or []:
            function = call.get("function") or {}
            calls[str(call.get("id"))] = (str(function.get("name")), _object(function.get("arguments")))
        if message.get("role") == "tool":
            given: tuple[str, Json] = (str(message.get("name") or ""), {})
            name, arguments = calls.get(str(message.get("tool_call_id")), given)
            results.append(ToolResult(name, arguments, text_of(message)))
    return tuple(results)


def _object(text: Any) -> Json:
    try:
        value = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


# -- what the instructions say of the company and its style ------------------------------------------------------------

_FACT = re.compile(r"^[ \t]*[-*•][ \t]*([^:\n]{2,120}):[ \t]*(\S.*)$", re.MULTILINE)
_NEGATIVE = re.compile(r"\b(n[aã]o|nunca|sem|no|not|never|nenhum|don'?t|avoid|false|evite)\b", re.IGNORECASE)
_TONES = (
    (Tone.CASUAL, re.compile(r"\b(informal|casual|descontra\w+|relaxed)\b")),
    (Tone.FORMAL, re.compile(r"\bformal\w*\b")),
    (Tone.FRIENDLY, re.compile(r"\b(friendly|cordial|amig\w+|pr[oó]ximo|warm)\b")),
)  # fmt: skip


def read_facts(system: str) -> tuple[Fact, ...]:
    return tuple(Fact(m.group(1).strip(), m.group(2).strip()) for m in _FACT.finditer(system))


def read_style(system: str) -> Style:
    tone, emoji = Tone.FRIENDLY, False
    greeting: str | None = None
    no_greeting = False
    goodbye: list[str] = []
    for line in system.splitlines():
        folded = fold(line)
        if re.search(r"\b(tom|tone|estilo|style)\b", folded):
            tone = next((t for t, pattern in _TONES if pattern.search(folded)), tone)
        if "emoji" in folded:
            emoji = not _NEGATIVE.search(line)
        label, colon, text = line.partition(":")
        if re.search(r"\b(greet\w*|saudacao|cumpriment\w+)\b", fold(label)):
            no_greeting = no_greeting or bool(_NEGATIVE.search(label))
            if colon and text.strip() and not _NEGATIVE.search(label):
                greeting = text.strip().strip('"')
        elif colon and text.strip() and re.search(r"\b(despe\w+|farewell|goodbye)\b", fold(label)):
            goodbye.append(text.strip().strip('"'))
    return Style(tone, emoji, None if no_greeting else greeting, tuple(goodbye))


# -- classification ----------------------------------------------------------------------------------------------------

_JSON_EXAMPLE = re.compile(r'"(\w+)"\s*:\s*"([\w-]+(?:\s*\|\s*[\w-]+)+)"')


def _classification(response_format: Any, instructions: str, has_tools: bool) -> Classification | None:
    """A schema with an enum, or an example like {"intent": "a|b"} in the instructions."""
    schema = _schema(response_format)
    for key, described in (schema.get("properties") or {}).items():
        options = _enum(described, schema)
        if options:
            others = {k: v for k, v in schema["properties"].items() if k != key}
            return Classification(key, _choices(options, instructions), others)
    example = None if has_tools else _JSON_EXAMPLE.search(instructions)
    if example is None:
        return None
    options = [option.strip() for option in example.group(2).split("|")]
    other = {"confidence": {"type": "number"}} if "confidence" in instructions else {}
    return Classification(example.group(1), _choices(options, instructions), other)


def _schema(response_format: Any) -> Json:
    if not isinstance(response_format, dict) or response_format.get("type") != "json_schema":
        return {}
    schema = (response_format.get("json_schema") or {}).get("schema")
    return schema if isinstance(schema, dict) else {}


def _enum(described: Any, schema: Json) -> list[str]:
    if not isinstance(described, dict):
        return []
    if "$ref" in described:
        described = (schema.get("$defs") or {}).get(str(described["$ref"]).rpartition("/")[2], {})
    options = described.get("enum") or []
    return [str(option) for option in options if isinstance(option, str)]


def _choices(options: Sequence[str], instructions: str) -> tuple[Choice, ...]:
    """Each option with what the instructions say after its name."""
    described = []
    for option in options:
        line = re.search(rf"(?:^|\n)\W*{re.escape(option)}\W*[:=–-]\s*(.+)", instructions) or re.search(
            rf"\b{re.escape(option)}\b[\"'`]?\s*[:=]\s*([^\n.;]+)", instructions
        )
        described.append(Choice(option, line.group(1).strip() if line else ""))
    return tuple(described)
