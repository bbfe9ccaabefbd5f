"""The transport: what HTTP asks of a request and of an answer, around the protocol's messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import errors
from .context import context_of
from .errors import ProtocolError
from .methods import answer
from .revisions import (
    LATEST_HANDSHAKE,
    STATELESS_REVISIONS,
    SUPPORTED_REVISIONS,
    WITH_BATCHES,
    check_envelope,
    has_envelope,
    is_stateless,
    revision_of,
)
from .server import McpServer
from .wire import (
    MAX_BATCH,
    Malformed,
    Message,
    Notification,
    Request,
    classify,
    decode,
    encode_error,
    encode_result,
    to_json,
)


@dataclass(frozen=True)
class HttpRequest:
    """:param headers: by their names in lower case"""

    method: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class HttpResponse:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def respond(request: HttpRequest, server: McpServer, *, allowed_origins: frozenset[str] = frozenset()) -> HttpResponse:
    """Answer one HTTP request.

    :param allowed_origins: of the web pages that may call; a request that names no origin is not a web page's
    """
    if request.method != "POST":
        # There are no streams to open with GET and no sessions to end with DELETE.
        refusal = errors.invalid_request("Only POST is served here.", status=405)
        return _json(405, encode_error(None, refusal), {"Allow": "POST"})
    try:
        _check_transport(request.headers, allowed_origins)
        message = decode(request.body)
    except ProtocolError as error:
        return _json(error.http_status(stateless=False), encode_error(None, error))
    if isinstance(message, list):
        return _respond_to_batch(message, request.headers, server)
    return _respond_to_one(classify(message), request.headers, server)


def _check_transport(headers: Mapping[str, str], allowed_origins: frozenset[str]) -> None:
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in allowed_origins:
        raise errors.invalid_request("Requests from this Origin are not allowed.", status=403)
    if _media_type(headers.get("content-type", "")) != "application/json":
        raise errors.invalid_request("Content-Type must be application/json.", status=415)
    if not _accepted(headers) & {"application/json", "application/*", "*/*"}:
        raise errors.invalid_request("Accept must include application/json.", status=406)


def _accepted(headers: Mapping[str, str]) -> set[str]:
    return {_media_type(part) for part in headers.get("accept", "*/*").split(",")}


def _media_type(value: str) -> str:
    return value.partition(";")[0].strip().lower()


def _respond_to_one(message: Message, headers: Mapping[str, str], server: McpServer) -> HttpResponse:
    stateless = is_stateless(headers.get("mcp-protocol-version", "").strip())
    try:
        if isinstance(message, Malformed):
            raise message.error
        revision = _revision_for(message, headers)
        if not isinstance(message, Request):
            return _taken(message, stateless)
        if stateless or has_envelope(message):
            check_envelope(message, headers)
        context = context_of(message.params, revision, server.log_level)
        result = encode_result(message.id, answer(message, context, server))
        if context.notifications and "text/event-stream" in _accepted(headers):
            return _events([*map(to_json, context.notifications), result])
        return _json(200, result)
    except ProtocolError as error:
        return _json(error.http_status(stateless=stateless), encode_error(_id_of(message), error))


def _revision_for(message: Message, headers: Mapping[str, str]) -> str:
    # A stateless client would take any other revision it is offered for one that needs no handshake.
    stateless = isinstance(message, Request) and has_envelope(message)
    try:
        return revision_of(headers, STATELESS_REVISIONS if stateless else SUPPORTED_REVISIONS)
    except ProtocolError:
        # `initialize` negotiates the revision in its body, whatever a client that hopes for another puts in the header.
        if isinstance(message, Request) and message.method == "initialize" and not stateless:
            return LATEST_HANDSHAKE
        raise


def _taken(message: Message, stateless: bool) -> HttpResponse:
    """What needs no answer is accepted and dropped: there is no session it could change."""
    if stateless and not isinstance(message, Notification):
        raise errors.invalid_request("This server sends no requests, so there is nothing to respond to.")
    return HttpResponse(202)


def _respond_to_batch(values: list[Any], headers: Mapping[str, str], server: McpServer) -> HttpResponse:
    try:
        revision = revision_of(headers)
        if revision not in WITH_BATCHES:
            raise errors.invalid_request(f"Revision {revision} has no batches: send one message at a time.")
        if not 0 < len(values) <= MAX_BATCH:
            raise errors.invalid_request(f"A batch holds 1 to {MAX_BATCH} messages.")
    except ProtocolError as error:
        return _json(error.http_status(stateless=False), encode_error(None, error))
    answers = [text for value in values if (text := _answer_in_batch(classify(value), revision, server))]
    return _json(200, f"[{','.join(answers)}]") if answers else HttpResponse(202)


def _answer_in_batch(message: Message, revision: str, server: McpServer) -> str | None:
    try:
        if isinstance(message, Malformed):
            raise message.error
        if not isinstance(message, Request):
            return None
        if message.method == "initialize" or has_envelope(message):
            raise errors.invalid_request(f"{errors.shorten(message.method)!r} must not be part of this batch.")
        context = context_of(message.params, revision, server.log_level)
        return encode_result(message.id, answer(message, context, server))
    except ProtocolError as error:
        return encode_error(_id_of(message), error)


def _id_of(message: Message) -> int | str | None:
    return message.id if isinstance(message, Request | Malformed) else None


def _json(status: int, text: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
    return HttpResponse(status, {"Content-Type": "application/json", **(headers or {})}, text.encode())


def _events(messages: Sequence[str]) -> HttpResponse:
    """Several messages as an event stream, in which JSON, having no line breaks, is one line each."""
    body = "".join(f"event: message\ndata: {message}\n\n" for message in messages)
    return HttpResponse(200, {"Content-Type": "text/event-stream"}, body.encode())
