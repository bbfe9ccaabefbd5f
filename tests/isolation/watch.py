"""The eyes of the isolation tests: whether an answer, a database, a file, a cache entry or a log line holds what is
another's.
"""

import http.client
import json
from dataclasses import dataclass
from typing import Any

from .canaries import Side
from .crossing import Request, mcp_request


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def whole(self) -> str:
        heads = "\n".join(f"{name}: {value}" for name, value in self.headers)
        return f"{self.status}\n{heads}\n\n{self.body.decode(errors='replace')}"


def send(port: int, request: Request, seconds: float = 30) -> Answer:
    """A connection a request: Odoo's threaded server keeps none open."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request(request.method, request.path, request.body or None, dict(request.headers))
        response = connection.getresponse()
        return Answer(response.status, tuple(response.getheaders()), response.read())
    finally:
        connection.close()


def leak(request: Request, answer: Answer, other: Side) -> str | None:
    """What of the other tenant came with the answer; None when nothing did."""
    text = answer.whole
    for canary in other.canaries:
        if canary.secret in text:
            return f"{canary.where} of {other.account_id} was told: {request}\n{text[:800]}"
    for credential in other.credentials:
        if credential in text:
            return f"a credential of {other.account_id} was told: {request}"
    if (request.must_refuse and not is_refused(answer)) or (request.not_ours and answer.status != 401):
        return f"a door of {other.account_id} opened: {request}\n{text[:800]}"
    return None


def is_refused(answer: Answer) -> bool:
    if answer.status in (400, 401, 403, 404, 405, 409, 413):
        return True
    if answer.status != 200:
        return False
    said = json.loads(answer.body)
    return "error" in said or bool(said.get("result", {}).get("isError"))


def own_retrievals(port: int, side: Side) -> list[str]:
    """The places of those canaries that their own key does not get back: with any, nothing is proven."""
    missing = []
    for canary in side.canaries:
        params = json.loads(json.dumps(canary.params).replace("{account_id}", side.account_id))
        asked = mcp_request("own", f"/mcp/{side.account_id}", side.key, canary.method, params)
        if canary.secret not in send(port, asked).whole:
            missing.append(canary.where)
    return missing


def found_in(text: str | bytes, words: list[str]) -> list[str]:
    """Those of the words that stand in the text."""
    if isinstance(text, bytes):
        return [word for word in words if word.encode() in text]
    return [word for word in words if word in text]


def described(where: str, words: list[str], side: Side) -> str:
    names: dict[str, Any] = {canary.secret: canary.where for canary in side.canaries}
    return f"{where} holds of {side.account_id}: {', '.join(names.get(word, 'a credential') for word in words)}"
