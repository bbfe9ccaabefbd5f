"""Chatwoot's Application API, as far as the agents use it.

Two tokens: a user's reads, the agent bot's writes (a bot may not list messages, and what a user writes makes Chatwoot
think that a person answered). Without a bot's token the user's does both.
"""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, NewConnectionError

from .errors import ChatwootError, NotFound, Rejected, Sentence, Unauthorized, Unavailable
from .payload import (
    ContactDetails,
    Conversation,
    InvalidPayload,
    ListedConversation,
    Message,
    parse_contact_details,
    parse_conversation,
    parse_listed,
    parse_message,
)

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
_MAX_ANSWER = 8 * 1024 * 1024
_MAX_PAGES = 10
_PAGE = 100  # of a message list read forward
_PAGE_BACK = 20  # of one read backward
_FIRST_READ = 100  # messages of a list of which nothing was read yet
_CHUNK = 64 * 1024
_NOBODY_BEHIND_THE_PROXY = frozenset({502, 503, 504})
_FLOOD = "too many messages"  # the flood guard answers 422 like a wrong message, and passes


@dataclass(frozen=True)
class OutgoingFile:
    """A file that goes along with a message."""

    name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Profile:
    """Whose the user token is, and the accounts it opens."""

    user_id: int
    name: str
    accounts: frozenset[int]


def normal_base_url(text: str) -> str:
    """The address in the one spelling that is stored: scheme, host, port and path, no slash at the end.

    :raises ValueError: when it is no http(s) address
    """
    parts = urlsplit(text.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("not an http(s) address")
    port = f":{parts.port}" if parts.port else ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


@dataclass
class ChatwootClient:
    base_url: str
    account: int
    read_token: str | None = field(repr=False)
    write_token: str | None = field(repr=False, default=None)
    read_seconds: float = READ_SECONDS
    deadline: float | None = None  # by time.monotonic(): all calls together end by then, however slowly Chatwoot talks
    _session: requests.Session = field(repr=False, default_factory=requests.Session)

    def profile(self) -> Profile:
        answer = self._call("GET", "/api/v1/profile", token=self._reader())
        try:
            accounts = frozenset(int(account["id"]) for account in answer["accounts"])
            return Profile(int(answer["id"]), str(answer.get("name") or ""), accounts)
        except (KeyError, TypeError, ValueError):
            raise unexpected_answer() from None

    def check_write_token(self) -> None:
        """Conversation 0 never exists: a token that may act on conversations is told so, another is refused."""
        try:
            self._call("GET", self._path("/conversations/0"), token=self._writer())
        except NotFound:
            return

    def conversation(self, conversation: int) -> Conversation:
        answer = self._call("GET", self._path(f"/conversations/{conversation}"), token=self._reader())
        try:
            return parse_conversation(answer)
        except InvalidPayload:
            raise unexpected_answer() from None

    def pending_conversations(self, page: int = 1) -> list[ListedConversation]:
        """25 at most, those that were active last first."""
        answer = self._call(
            "GET",
            self._path("/conversations"),
            token=self._reader(),
            params={"status": "pending", "assignee_type": "all", "page": page},
        )
        try:
            return [parse_listed(listed) for listed in answer["data"]["payload"]]
        except (KeyError, TypeError, InvalidPayload):
            raise unexpected_answer() from None

    def messages(self, conversation: int, *, after: int | None = None, before: int | None = None) -> list[Message]:
        """One page, oldest first: the newest 20, or those before or after a message."""
        bounds = {name: bound for name, bound in (("after", after), ("before", before)) if bound is not None}
        answer = self._call(
            "GET", self._path(f"/conversations/{conversation}/messages"), token=self._reader(), params=bounds
        )
        try:
            return [parse_message(message) for message in answer["payload"]]
        except (KeyError, TypeError, InvalidPayload):
            raise unexpected_answer() from None

    def messages_since(self, conversation: int, floor: int) -> list[Message]:
        """All messages newer than ``floor``, at most a thousand; the newest hundred when it is 0."""
        if not floor:
            return self.messages_before(conversation, None, _FIRST_READ)
        found: list[Message] = []
        for _page in range(_MAX_PAGES):
            page = self.messages(conversation, after=floor)
            newer = [message for message in page if message.id > floor]
            found += newer
            if len(page) < _PAGE or not newer:
                break
            floor = max(message.id for message in newer)
        return found

    def messages_before(self, conversation: int, before: int | None, limit: int) -> list[Message]:
        """The newest ``limit`` messages (older than ``before``), oldest first."""
        found: list[Message] = []
        while len(found) < limit:
            page = self.messages(conversation, before=before)
            older = [message for message in page if before is None or message.id < before]
            found = sorted(older, key=lambda message: message.id) + found
            if len(page) < _PAGE_BACK or not older:
                break
            before = min(message.id for message in older)
        return found[-limit:]

    def find_contacts(self, query: str, page: int = 1) -> tuple[list[ContactDetails], int]:
        """15 contacts at most, and how many there are in all."""
        answer = self._call(
            "GET", self._path("/contacts/search"), token=self._reader(), params={"q": query, "page": page}
        )
        try:
            found = [parse_contact_details(contact) for contact in answer["payload"]]
            return found, max(int(answer.get("meta", {}).get("count") or 0), len(found))
        except (AttributeError, KeyError, TypeError, ValueError):
            raise unexpected_answer() from None

    def update_contact(self, contact: int, changes: Mapping[str, Any]) -> ContactDetails:
        """Change what is given, and return the contact. Attributes merge. A bot may not: the user's token does it."""
        answer = self._call("PUT", self._path(f"/contacts/{contact}"), token=self._reader(), body=changes)
        try:
            return parse_contact_details(answer["payload"])
        except (KeyError, TypeError, InvalidPayload):
            raise unexpected_answer() from None

    def agents(self) -> dict[int, str]:
        """The company's people in Chatwoot: names by id."""
        return self._names("/agents")

    def teams(self) -> dict[int, str]:
        return self._names("/teams")

    def _names(self, path: str) -> dict[int, str]:
        answer = self._call("GET", self._path(path), token=self._reader())
        try:
            return {int(each["id"]): str(each.get("name") or "") for each in answer}
        except (AttributeError, KeyError, TypeError, ValueError):
            raise unexpected_answer() from None

    def send_message(
        self,
        conversation: int,
        content: str,
        *,
        private: bool = False,
        files: Sequence[OutgoingFile] = (),
        **options: Any,
    ) -> int:
        """Post a message; its id. Not idempotent: posting twice shows it twice."""
        body = {"content": content, "message_type": "outgoing", "private": private, **options}
        path = self._path(f"/conversations/{conversation}/messages")
        answer = self._call("POST", path, token=self._writer(), body=body, files=files)
        try:
            return int(answer["id"])
        except (KeyError, TypeError, ValueError):
            # It answered 200: the message stands, only its id is unknown.
            raise Unavailable(Sentence.NO_ID, maybe_done=True) from None

    def set_status(self, conversation: int, status: str) -> None:
        self._act(conversation, "toggle_status", {"status": status})

    def set_priority(self, conversation: int, priority: str | None) -> None:
        path = self._path(f"/conversations/{conversation}/toggle_priority")
        self._write_with_either(path, {"priority": priority})

    def assign(self, conversation: int, *, assignee_id: int | None = None, team_id: int | None = None) -> None:
        self._act(conversation, "assignments", {"team_id": team_id} if team_id else {"assignee_id": assignee_id})

    def add_labels(self, conversation: int, labels: Iterable[str]) -> None:
        """Chatwoot replaces all labels: read, merge, write."""
        path = self._path(f"/conversations/{conversation}/labels")
        answer = self._call("GET", path, token=self._reader())
        there = answer.get("payload") if isinstance(answer, dict) else None
        if not isinstance(there, list):
            raise unexpected_answer()
        merged = list(dict.fromkeys([*there, *labels]))
        if merged != there:
            self._write_with_either(path, {"labels": merged})

    def show_typing(self, conversation: int, typing: bool) -> None:
        self._act(conversation, "toggle_typing_status", {"typing_status": "on" if typing else "off"})

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> "ChatwootClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _act(self, conversation: int, action: str, body: Mapping[str, Any]) -> None:
        self._call("POST", self._path(f"/conversations/{conversation}/{action}"), token=self._writer(), body=body)

    def _write_with_either(self, path: str, body: Mapping[str, Any]) -> None:
        """What tells customers nothing, and what not every version lets a bot do: then the user's token does it."""
        try:
            self._call("POST", path, token=self._writer(), body=body)
        except Unauthorized:
            if self._reader() == self._writer():
                raise
            self._call("POST", path, token=self._reader(), body=body)

    def _path(self, path: str) -> str:
        return f"/api/v1/accounts/{self.account}{path}"

    def _reader(self) -> str | None:
        return self.read_token or self.write_token

    def _writer(self) -> str | None:
        return self.write_token or self.read_token

    def _call(
        self,
        method: str,
        path: str,
        *,
        token: str | None,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        files: Sequence[OutgoingFile] = (),
    ) -> Any:
        if not token:
            raise Unauthorized(Sentence.NO_TOKEN)
        try:
            # No redirects: requests would carry the token's header on to whatever host is named.
            with self._session.request(
                method,
                self.base_url + path,
                headers={"api_access_token": token, "Accept": "application/json"},
                params=params,
                json=None if files else body,
                data=_form(body or {}) if files else None,
                files=[("attachments[]", (file.name, file.content, file.content_type)) for file in files] or None,
                timeout=self._timeout(),
                allow_redirects=False,
                stream=True,
            ) as response:
                return _answer(response, self._read(response))
        except requests.RequestException as error:
            raise _unreachable(error) from None
        except (OSError, HTTPError):  # the answer broke off while it was read
            raise Unavailable(Sentence.BROKE_OFF, maybe_done=True, out_of_reach=True) from None

    def _timeout(self) -> tuple[float, float]:
        if self.deadline is None:
            return CONNECT_SECONDS, self.read_seconds
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Unavailable(Sentence.LATE, out_of_reach=True)
        return min(CONNECT_SECONDS, left), min(self.read_seconds, left)

    def _read(self, response: requests.Response) -> bytes:
        """The answer's body, at most one byte more than is taken."""
        if self.deadline is None:
            return bytes(response.raw.read(_MAX_ANSWER + 1, decode_content=True))
        # Piece by piece: the timeout is that of a piece, and a peer may send them one byte at a time.
        text = bytearray()
        while len(text) <= _MAX_ANSWER and (piece := response.raw.read1(_CHUNK, decode_content=True)):
            text += piece
            if time.monotonic() > self.deadline:
                raise Unavailable(Sentence.LATE, maybe_done=True, out_of_reach=True)
        return bytes(text)


def _form(body: Mapping[str, Any]) -> dict[str, str]:
    """The body as fields of a form: what is no text goes as JSON, which reads the same for true and false."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}


def _answer(response: requests.Response, text: bytes) -> Any:
    status = response.status_code
    if 200 <= status < 300:
        if len(text) > _MAX_ANSWER:
            raise Rejected(Sentence.TOO_LARGE)
        return _json(text) if text.strip() else {}
    raise _failure(status, _sentence(text), response.headers.get("Retry-After", ""))


def _failure(status: int, said: str, retry_after: str) -> ChatwootError:
    with_status = f"status {status}, {said}" if said else f"status {status}"
    if status in (401, 403):
        return Unauthorized(Sentence.TOKEN_REFUSED, said)
    if status == 404:
        return NotFound(Sentence.NOT_KNOWN, said)
    if status == 429 or (status == 422 and _FLOOD in said.lower()):
        wait = int(retry_after) if retry_after.isdecimal() else 60
        # The flood guard is the conversation's; 429 is for whoever calls from here.
        return Unavailable(Sentence.TOO_OFTEN, said, retry_after=min(wait, 3600), out_of_reach=status == 429)
    if status >= 500:
        gone = status in _NOBODY_BEHIND_THE_PROXY
        return Unavailable(Sentence.FAILED, with_status, maybe_done=True, out_of_reach=gone)
    if 300 <= status < 400:
        return Unavailable(Sentence.REDIRECT)
    return Rejected(Sentence.REFUSED, with_status)


def _unreachable(error: requests.RequestException) -> Unavailable:
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError):
        return Unavailable(Sentence.NOT_REACHED, out_of_reach=True)
    if isinstance(error, requests.Timeout):
        return Unavailable(Sentence.LATE, maybe_done=True, out_of_reach=True)
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return Unavailable(Sentence.NO_ADDRESS)
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    never_sent = isinstance(reason, NewConnectionError)
    return Unavailable(Sentence.NOT_REACHED, maybe_done=not never_sent, out_of_reach=True)


def unexpected_answer() -> Unavailable:
    return Unavailable(Sentence.UNEXPECTED, maybe_done=True)


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise unexpected_answer() from None


def _sentence(text: bytes) -> str:
    """What Chatwoot said of the error: ``{error}`` or ``{message, attributes}``; nothing of a page of HTML."""
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    said = answer.get("error") or answer.get("message") if isinstance(answer, dict) else None
    return str(said)[:300] if said else ""
