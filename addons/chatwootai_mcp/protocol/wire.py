"""JSON-RPC on the wire: bytes to messages, results and errors to bytes.

What leaves `decode` is safe to work on: bounded in size and depth, valid Unicode, without NUL (PostgreSQL stores
none), without NaN or infinities.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from .errors import ProtocolError, invalid_params, invalid_request, parse_error

MAX_BODY_BYTES = 1024 * 1024
MAX_DEPTH = 64
MAX_BATCH = 50
MAX_ID_LENGTH = 256

RequestId = int | str | None


@dataclass(frozen=True)
class Request:
    id: int | str
    method: str
    params: dict[str, Any]


@dataclass(frozen=True)
class Notification:
    method: str


@dataclass(frozen=True)
class Answer:
    """A response to a request of ours. We send none, so it is taken and dropped."""


@dataclass(frozen=True)
class Malformed:
    """A message that is none of these, with the id it could be answered under."""

    error: ProtocolError
    id: RequestId = None


Message = Request | Notification | Answer | Malformed


def decode(body: bytes) -> Any:
    """The JSON value of a request's body.

    :raises ProtocolError: it is no JSON, or more than a client has reason to send
    """
    if len(body) > MAX_BODY_BYTES:
        raise invalid_request(f"The body is larger than {MAX_BODY_BYTES} bytes.", status=413)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise parse_error("The body is not UTF-8.") from None
    too_deep = invalid_request(f"The JSON is nested deeper than {MAX_DEPTH} levels.")
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise too_deep from None
    except ValueError:
        raise parse_error("The body is not JSON.") from None
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_deeper(value, MAX_DEPTH):
        raise too_deep
    if "\\u" in text and not all(map(_is_storable, _strings(value))):
        raise invalid_request("The JSON holds a NUL character or half of a surrogate pair, which no text may hold.")
    return value


def classify(value: Any) -> Message:
    """Which kind of JSON-RPC message this is."""
    if not isinstance(value, dict):
        return Malformed(invalid_request("A JSON-RPC message is an object."))
    request_id = value.get("id")
    known_id = request_id if _is_id(request_id) else None
    if value.get("jsonrpc") != "2.0":
        return Malformed(invalid_request('"jsonrpc" must be "2.0".'), known_id)
    if "method" not in value and ("result" in value or "error" in value) and known_id is not None:
        return Answer()
    method, params = value.get("method"), value.get("params", {})
    if not isinstance(method, str):
        return Malformed(invalid_request('"method" must be a string.'), known_id)
    if "id" in value and known_id is None:
        return Malformed(invalid_request(f'"id" must be an integer or a string of at most {MAX_ID_LENGTH} characters.'))
    if not isinstance(params, dict):
        error = invalid_params('"params" must be an object.')
        return Malformed(error, known_id) if "id" in value else Malformed(invalid_request(error.message))
    return Notification(method) if known_id is None else Request(known_id, method, params)


def encode_result(request_id: RequestId, result: str) -> str:
    """The response to a request, its result already encoded."""
    return f'{{"jsonrpc":"2.0","id":{to_json(request_id)},"result":{result}}}'


def encode_error(request_id: RequestId, error: ProtocolError) -> str:
    return to_json({"jsonrpc": "2.0", "id": request_id, "error": error.to_wire()})


def to_json(value: Any) -> str:
    """Compact JSON.

    :raises ValueError: for NaN and infinities, which JSON has not
    """
    return _encoder.encode(value)


_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _is_id(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_ID_LENGTH
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _is_deeper(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit + 1):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return False
    return True


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _strings(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            yield from item
        waiting.extend(_children(item))


def _is_storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
