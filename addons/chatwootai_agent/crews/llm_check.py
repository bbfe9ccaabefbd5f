"""Asks a model one short question, to tell whoever set it up whether it works. Needs no crewai."""

from __future__ import annotations

import time
from typing import Any, Final, Literal

import httpx

from .http_client import shared_client
from .llm_settings import LLMSettings

SECONDS: Final = 10.0

Verdict = Literal["works", "no_schema", "refused_key", "unknown_model", "overloaded", "late", "unreachable", "wrong"]

_SCHEMA: Final = {
    "type": "json_schema",
    "json_schema": {
        "name": "answer",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"works": {"type": "boolean"}},
            "required": ["works"],
            "additionalProperties": False,
        },
    },
}


def check(settings: LLMSettings, *, seconds: float = SECONDS) -> Verdict:
    """What the model does with a short question, asked the way the crew asks, within these seconds."""
    deadline = time.monotonic() + seconds
    asked: dict[str, Any] = {
        "model": settings.model,
        "messages": [{"role": "user", "content": 'Answer with this JSON: {"works": true}'}],
    }
    if not settings.json_schema:
        return _ask(settings, asked, deadline)
    verdict = _ask(settings, {**asked, "response_format": _SCHEMA}, deadline)
    if verdict == "wrong" and _ask(settings, asked, deadline) == "works":
        return "no_schema"
    return verdict


def _ask(settings: LLMSettings, body: dict[str, Any], deadline: float) -> Verdict:
    left = deadline - time.monotonic()
    if left <= 0:
        return "late"
    try:
        response = shared_client().post(
            f"{settings.base_url.rstrip('/')}/chat/completions",
            json=body,
            headers={"Authorization": f"Bearer {settings.api_key or 'none'}"},
            timeout=left,
        )
        return _verdict(response)
    except httpx.TimeoutException:
        return "late"
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return "unreachable"


def _verdict(response: httpx.Response) -> Verdict:
    match response.status_code:
        case 200:
            return "works" if _is_completion(response) else "wrong"
        case 401 | 403:
            return "refused_key"
        case 404:
            return "unknown_model"
        case 429:
            return "overloaded"
        case status if status >= 500:
            return "unreachable"
        case _:
            return "wrong"


def _is_completion(response: httpx.Response) -> bool:
    try:
        return bool(response.json()["choices"][0]["message"]["content"])
    except (ValueError, LookupError, TypeError):
        return False
