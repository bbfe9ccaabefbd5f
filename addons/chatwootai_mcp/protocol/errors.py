"""What can be wrong with a request, as JSON-RPC error and as HTTP status."""

from collections.abc import Iterable
from typing import Any

from mcp_types import (
    HEADER_MISMATCH,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    PARSE_ERROR,
    UNSUPPORTED_PROTOCOL_VERSION,
)
from pydantic import ValidationError

# Of the handshake revisions only: from 2026-07-28 on, an unknown resource is INVALID_PARAMS.
RESOURCE_NOT_FOUND = -32002

# Statuses of the stateless revisions. The handshake revisions answer 200 as soon as there is a request to answer: their
# clients take any other status for a broken transport and never read the error.
_STATELESS_STATUS = {
    PARSE_ERROR: 400,
    INVALID_REQUEST: 400,
    INVALID_PARAMS: 400,
    HEADER_MISMATCH: 400,
    UNSUPPORTED_PROTOCOL_VERSION: 400,
    METHOD_NOT_FOUND: 404,
}
_MAX_PROBLEMS = 3


class ProtocolError(Exception):
    """The request cannot be answered as the protocol wants it; the message is for the client's developer."""

    def __init__(self, code: int, message: str, *, status: int | None = None, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.data = data

    def to_wire(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.data is not None:
            error["data"] = self.data
        return error

    def http_status(self, *, stateless: bool) -> int:
        if self.status is not None:
            return self.status
        return _STATELESS_STATUS.get(self.code, 200) if stateless else 200


def parse_error(message: str) -> ProtocolError:
    return ProtocolError(PARSE_ERROR, message, status=400)


def invalid_request(message: str, *, status: int = 400) -> ProtocolError:
    return ProtocolError(INVALID_REQUEST, message, status=status)


def invalid_params(message: str) -> ProtocolError:
    return ProtocolError(INVALID_PARAMS, message)


def malformed_params(method: str, error: ValidationError) -> ProtocolError:
    """The first things wrong with the parameters, by their place, without repeating what was sent."""
    problems = [
        f"{'.'.join(str(part) for part in problem['loc']) or 'params'}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_input=False, include_context=False)[:_MAX_PROBLEMS]
    ]
    return invalid_params(f"Wrong parameters of {method}: {'; '.join(problems)}")


def unknown_method(method: str, revision: str) -> ProtocolError:
    return ProtocolError(METHOD_NOT_FOUND, f"There is no method {shorten(method)!r} in revision {revision} here.")


def unknown_resource(uri: str, *, stateless: bool) -> ProtocolError:
    code = INVALID_PARAMS if stateless else RESOURCE_NOT_FOUND
    return ProtocolError(code, f"There is no resource {shorten(uri)!r}.", data={"uri": shorten(uri)})


def header_mismatch(message: str) -> ProtocolError:
    return ProtocolError(HEADER_MISMATCH, message, status=400)


def unsupported_revision(requested: str, supported: tuple[str, ...]) -> ProtocolError:
    return ProtocolError(
        UNSUPPORTED_PROTOCOL_VERSION,
        f"Unsupported protocol version; supported: {', '.join(supported)}.",
        status=400,
        data={"supported": list(supported), "requested": shorten(requested)},
    )


def missing_capability(names: Iterable[str]) -> ProtocolError:
    needed = sorted(names)
    return ProtocolError(
        MISSING_REQUIRED_CLIENT_CAPABILITY,
        f"This needs capabilities that the client did not declare: {', '.join(needed)}.",
        status=400,
        data={"requiredCapabilities": {name: {} for name in needed}},
    )


def internal_error() -> ProtocolError:
    return ProtocolError(INTERNAL_ERROR, "The server failed to answer; its log tells why.")


def shorten(text: str, limit: int = 100) -> str:
    """Of a name from outside, no more than a message can carry."""
    return text if len(text) <= limit else text[:limit] + "…"
