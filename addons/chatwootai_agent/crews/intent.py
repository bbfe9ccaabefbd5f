"""What a customer wants: reading the classifier's answer, whatever shape the model gave it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

PERSON: Final = "person"
SPECIALISTS: Final = ("sales", "support", "scheduling", "delivery")

_OBJECT = re.compile(r"\{[^{}]*\}", re.DOTALL)
_WORD = re.compile(r"[a-z_]+")


@dataclass(frozen=True)
class Intent:
    name: str
    confidence: float


def response_format(names: Sequence[str]) -> dict[str, Any]:
    """The strict schema of the classifier's answer, for models that take one."""
    return {
        "type": "json_schema",
        "json_schema": {
            "name": "intent",
            "strict": True,
            "schema": {
                "type": "object",
                "properties": {
                    "intent": {"type": "string", "enum": list(names)},
                    "confidence": {"type": "number", "description": "0 to 1"},
                },
                "required": ["intent", "confidence"],
                "additionalProperties": False,
            },
        },
    }


def parse_intent(answer: str, names: Sequence[str]) -> Intent | None:
    """The intent an answer names, or None if it names none or several.

    >>> parse_intent('Sure! ```json\\n{"intent": "sales", "confidence": 0.9}\\n```', ["sales", "person"])
    Intent(name='sales', confidence=0.9)
    >>> parse_intent("I think this is about sales.", ["sales", "person"])
    Intent(name='sales', confidence=0.5)
    >>> parse_intent("sales or person", ["sales", "person"])
    """
    for match in _OBJECT.finditer(answer):
        intent = _from_object(match.group(), names)
        if intent is not None:
            return intent
    named = set(_WORD.findall(answer.lower())) & set(names)
    return Intent(named.pop(), 0.5) if len(named) == 1 else None


def _from_object(text: str, names: Sequence[str]) -> Intent | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    name = str(found.get("intent", "")).strip().lower()
    if name not in names:
        return None
    try:
        confidence = min(1.0, max(0.0, float(found.get("confidence", 0.5))))
    except (TypeError, ValueError):
        confidence = 0.5
    return Intent(name, confidence)
