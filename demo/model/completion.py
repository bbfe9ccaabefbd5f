"""The wire format of chat completions: whole, or as server-sent events. Pure functions."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from .choosing import CallTool, Move, Say, classify, next_move
from .media import hidden_words, picture_of
from .task import Classification, Json, Task, read

MODEL = "chatwootai-demo-model"
FINGERPRINT = "chatwootai-offline-demo"
_CHARACTERS_PER_TOKEN = 4


def move_for(request: Mapping[str, Any]) -> Move:
    """What the model says or calls in answer to a request."""
    picture = picture_of(request.get("messages") or [])
    if picture is not None:
        return Say(hidden_words(picture) or "Uma imagem.")
    task = read(request)
    if task.classification is not None:
        return Say(json.dumps(classified(task, task.classification), ensure_ascii=False))
    return next_move(task)


def classified(task: Task, classification: Classification) -> Json:
    """The choice as the asked-for JSON, the schema's other keys filled in."""
    name, confidence = classify(task, classification)
    answer: Json = {classification.key: name}
    for key, described in classification.other.items():
        kind = described.get("type") if isinstance(described, dict) else None
        answer[key] = confidence if kind in ("number", "integer") else (kind == "boolean" and False) or ""
    return answer


def completion(request: Mapping[str, Any], move: Move) -> Json:
    message, finish = _message(move)
    return {
        **_head(request, "chat.completion"),
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": usage(request, message),
    }


def usage(request: Mapping[str, Any], message: Json) -> Json:
    """Estimated: four characters a token."""
    asked = json.dumps([request.get("messages"), request.get("tools")], ensure_ascii=False)
    said = (message.get("content") or "") + json.dumps(message.get("tool_calls") or "", ensure_ascii=False)
    prompt, answer = tokens(asked), tokens(said)
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}


def tokens(text: str) -> int:
    return max(1, len(text) // _CHARACTERS_PER_TOKEN)


def stream(request: Mapping[str, Any], move: Move) -> Iterator[bytes]:
    """The same answer as chunks, ended by [DONE]."""
    whole = completion(request, move)
    head = {key: whole[key] for key in ("id", "created", "model", "system_fingerprint")}
    head["object"] = "chat.completion.chunk"
    choice = whole["choices"][0]
    for delta in _deltas(choice["message"]):
        yield _event(head | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    yield _event(head | {"choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
    if (request.get("stream_options") or {}).get("include_usage"):
        yield _event(head | {"choices": [], "usage": whole["usage"]})
    yield b"data: [DONE]\n\n"


def _deltas(message: Json) -> Iterator[Json]:
    if message.get("tool_calls"):
        yield {"role": "assistant", "content": None}
        for index, call in enumerate(message["tool_calls"]):
            yield {"tool_calls": [{"index": index} | call]}
        return
    yield {"role": "assistant", "content": ""}
    words = (message.get("content") or "").split(" ")
    for at, word in enumerate(words):
        yield {"content": word if at == 0 else f" {word}"}


def _event(chunk: Json) -> bytes:
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()


def _head(request: Mapping[str, Any], kind: str) -> Json:
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex[:24]}",
        "object": kind,
        "created": int(time.time()),
        "model": str(request.get("model") or MODEL),
        "system_fingerprint": FINGERPRINT,
    }


def _message(move: Move) -> tuple[Json, str]:
    if isinstance(move, CallTool):
        function = {"name": move.name, "arguments": json.dumps(move.arguments, ensure_ascii=False)}
        call = {"id": f"call_{uuid.uuid4().hex[:12]}", "type": "function", "function": function}
        return {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
    return {"role": "assistant", "content": move.text}, "stop"
