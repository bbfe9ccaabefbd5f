"""From what the model wrote to what a customer may read: unwrap it, check it, greet once. Pure functions."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from .errors import ModelMisbehaved

_THINKING = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_FINAL_ANSWER = re.compile(r"^.*?Final Answer\s*:\s*", re.DOTALL | re.IGNORECASE)
_THOUGHT_LINE = re.compile(r"^\s*Thought\s*:.*?(?:\n|\Z)", re.IGNORECASE)
_REACT_LEFTOVER = re.compile(r"^\s*(?:Action|Action Input|Observation)\s*:", re.MULTILINE | re.IGNORECASE)
_FENCED = re.compile(r"\A```[\w-]*\n(.*?)\n?```\Z", re.DOTALL)
_WHOLE_TAG = re.compile(r"</?(?:customer_message|company)>")
_REPLY_KEYS: Final = ("reply", "answer", "message", "text", "response", "content", "resposta")
_TOOL_CALL_LEFTOVER = re.compile(r"ChatCompletionMessage|\btool_calls?\b|\"function\"\s*:|<tool_call>|</?function")

_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE)
#: A shorter piece of the instructions may well be said by chance.
_TELLING_LENGTH: Final = 40
_GREETING_REACH: Final = 3


def unwrap(raw: str) -> str:
    """The text meant for the customer, without thoughts, fences and JSON around it.

    >>> unwrap("Thought: I know\\nFinal Answer: Custa R$ 10.")
    'Custa R$ 10.'
    >>> unwrap('```json\\n{"reply": "Olá"}\\n```')
    'Olá'
    """
    text = _THINKING.sub("", raw).strip()
    if re.search(r"Final Answer\s*:", text, re.IGNORECASE):
        text = _FINAL_ANSWER.sub("", text, count=1).strip().removesuffix("```").strip()
    while _THOUGHT_LINE.match(text):
        text = _THOUGHT_LINE.sub("", text, count=1).strip()
    fenced = _FENCED.match(text)
    if fenced:
        text = fenced.group(1).strip()
    text = _WHOLE_TAG.sub("", _from_json(text)).strip()
    if not text:
        raise ModelMisbehaved("empty")
    if _REACT_LEFTOVER.search(text) or _TOOL_CALL_LEFTOVER.search(text):
        raise ModelMisbehaved("tool_call")
    return text


def _from_json(text: str) -> str:
    if not text.startswith(("{", "[")):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if isinstance(value, dict):
        for key in _REPLY_KEYS:
            if isinstance(value.get(key), str):
                return str(value[key])
    raise ModelMisbehaved("data")


def leak(text: str, *, instructions: str, internal_names: Iterable[str]) -> str | None:
    """The cause why a customer must not read the text: it would show something of our workings. None if it would not.

    `instructions` are the lines we wrote, not the company's facts: those are there to be told.
    """
    for name in internal_names:
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text):
            return "leaks_name"
    if _UUID.search(text):
        return "leaks_identifier"
    said = _plain(text)
    for sentence in re.split(r"(?<=[.;:])\s|\n", instructions):
        wanted = _plain(sentence)
        if len(wanted) >= _TELLING_LENGTH and wanted in said:
            return "leaks_instructions"
    return None


def greet(text: str, greeting: str | None, *, first_turn: bool) -> str:
    """The tenant's greeting opens the first reply of a conversation, and no other.

    >>> greet("Custa R$ 10.", "Olá, aqui é a Acme!", first_turn=True)
    'Olá, aqui é a Acme!\\n\\nCusta R$ 10.'
    >>> greet("Olá, aqui é a Acme! Custa R$ 10.", "Olá, aqui é a Acme!", first_turn=False)
    'Custa R$ 10.'
    """
    greeting = (greeting or "").strip()
    if not greeting:
        return text
    at = text.find(greeting)
    rest = text[at + len(greeting) :].lstrip(" \n,.!") if 0 <= at <= _GREETING_REACH else text
    if not first_turn:
        return rest or text
    return f"{greeting}\n\n{rest}" if rest else greeting


def _plain(text: str) -> str:
    folded = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"\W+", " ", folded).strip().lower()
