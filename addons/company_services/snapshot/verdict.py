"""What the answer to a posted snapshot means: done, to be tried again, or failed for good."""

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import requests

# Seconds to wait after the first, second, … failed attempt; after the last of them the sync has failed.
RETRY_SECONDS = (10, 30, 120, 300, 900)
DETAIL_LENGTH = 500


class Action(StrEnum):
    DONE = "done"
    RETRY = "retry"
    FAIL = "fail"


class Reason(StrEnum):
    STORED = "stored"
    NOT_CONFIGURED = "not_configured"
    BAD_ADDRESS = "bad_address"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    CERTIFICATE = "certificate"
    REDIRECTED = "redirected"
    REFUSED = "refused"
    UNAUTHORISED = "unauthorised"
    NOT_FOUND = "not_found"
    STALE = "stale"
    SERVER_ERROR = "server_error"
    STRANGE_ANSWER = "strange_answer"


@dataclass(frozen=True)
class Verdict:
    action: Action
    reason: Reason
    status: int | None = None
    detail: str = ""
    stored_version: int | None = None  # what the receiver holds, when it refuses an older version and says so


_BY_STATUS = {
    400: (Action.FAIL, Reason.REFUSED),
    401: (Action.FAIL, Reason.UNAUTHORISED),
    403: (Action.FAIL, Reason.UNAUTHORISED),
    404: (Action.FAIL, Reason.NOT_FOUND),
    405: (Action.FAIL, Reason.NOT_FOUND),
    408: (Action.RETRY, Reason.TIMEOUT),
    409: (Action.FAIL, Reason.STALE),
    429: (Action.RETRY, Reason.SERVER_ERROR),
}


def verdict_of_answer(status: int, body: bytes) -> Verdict:
    """The verdict on an HTTP answer. A 200 counts only with the receiver's own words: any web page answers 200."""
    answer = _json_object(body)
    detail = _one_line(answer.get("error"))
    if status == 200:
        if answer.get("success") is True:
            return Verdict(Action.DONE, Reason.STORED, status)
        return Verdict(Action.FAIL, Reason.REFUSED if detail else Reason.STRANGE_ANSWER, status, detail)
    if status in _BY_STATUS:
        action, reason = _BY_STATUS[status]
    elif status >= 500:
        action, reason = Action.RETRY, Reason.SERVER_ERROR
    elif 300 <= status < 400:
        action, reason = Action.FAIL, Reason.REDIRECTED
    else:
        action, reason = Action.FAIL, Reason.REFUSED if 400 <= status < 500 else Reason.STRANGE_ANSWER
    return Verdict(action, reason, status, detail, _version(answer) if reason is Reason.STALE else None)


def verdict_of_error(error: Exception) -> Verdict:
    """The verdict on a request that got no answer."""
    if isinstance(error, requests.exceptions.SSLError):
        return Verdict(Action.FAIL, Reason.CERTIFICATE)
    if isinstance(error, requests.exceptions.Timeout):
        return Verdict(Action.RETRY, Reason.TIMEOUT)
    if isinstance(error, ValueError):  # requests' InvalidURL, MissingSchema, … are ValueErrors
        return Verdict(Action.FAIL, Reason.BAD_ADDRESS)
    return Verdict(Action.RETRY, Reason.UNREACHABLE)


def retry_delay(failed_attempts: int) -> int | None:
    """Seconds until the next attempt after so many failed ones, None when it is time to give up."""
    return RETRY_SECONDS[failed_attempts - 1] if failed_attempts <= len(RETRY_SECONDS) else None


def is_web_address(url: str) -> bool:
    """Whether a snapshot can be posted there: http(s), a host, and no password in it (it would be logged).

    >>> is_web_address("https://odoo.example.com/chatwootai/config/acme"), is_web_address("odoo.example.com")
    (True, False)
    """
    try:
        parts = urlsplit(url)
        port_is_number = parts.port is None or parts.port > 0
    except ValueError:
        return False
    has_space = re.search(r"\s", url) is not None
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and port_is_number
        and "@" not in parts.netloc
        and not has_space
    )


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _one_line(text: object) -> str:
    if not isinstance(text, str):
        return ""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:DETAIL_LENGTH]


def _version(answer: dict[str, Any]) -> int | None:
    version = answer.get("version")
    return version if type(version) is int and 0 < version < 2**31 - 1 else None
