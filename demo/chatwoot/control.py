"""The stand-in's own calls under /_demo: accounts, the customer's and people's side, faults, log, live changes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from . import resources
from .desk import Desk, NotFound, Refused, Upload
from .faults import UnknownFault
from .people import People

KEEP_ALIVE = 15.0


class ControlApi:
    """What the real Chatwoot has no call for; demo and tests drive it from outside the process with these."""

    def __init__(self, desk: Desk, people: People) -> None:
        self._desk = desk
        self._people = people
        here = "/_demo/accounts/<int:account_id>"
        talk = here + "/conversations/<int:conversation_id>"
        routes: list[tuple[str, str, Callable[..., Any]]] = [
            ("POST", "/_demo/accounts", self.add_account),
            ("GET", "/_demo/accounts", self.list_accounts),
            ("PATCH", here, self.point_webhooks),
            ("POST", here + "/customer_messages", self.customer_message),
            ("GET", talk, self.show),
            ("GET", talk + "/reply", self.reply),
            ("POST", talk + "/human_reply", self.human_reply),
            ("POST", talk + "/phone_echo", self.phone_echo),
            ("POST", talk + "/assign", self.assign),
            ("POST", talk + "/status", self.status),
            ("POST", talk + "/age", self.age),
            ("GET", "/_demo/state", self.state),
            ("GET", "/_demo/log", self.log),
            ("DELETE", "/_demo/log", self.clear_log),
            ("GET", "/_demo/faults", self.show_faults),
            ("POST", "/_demo/faults", self.set_faults),
            ("DELETE", "/_demo/faults", self.clear_faults),
        ]
        self._urls = Map([Rule(path, methods=[verb], endpoint=function) for verb, path, function in routes])

    def respond(self, request: Request) -> Response:
        if request.path == "/_demo/events":
            return self._events(request)
        try:
            function, values = self._urls.bind_to_environ(request.environ).match()
            body = function(request, **values)
        except HTTPException as error:
            return _json({"error": error.description}, error.code or 500)
        except NotFound as error:
            return _json({"error": str(error)}, 404)
        except (Refused, UnknownFault, ValueError, TypeError, KeyError) as error:
            return _json({"error": str(error)}, 422)
        except TimeoutError as error:
            return _json({"error": str(error)}, 408)
        return _json(body, 200)

    # -- accounts

    def add_account(self, request: Request) -> Any:
        return self._people.add_account(**_body(request)).as_json()

    def list_accounts(self, _request: Request) -> Any:
        return [{"id": a.id, "name": a.name} for a in self._desk.accounts.values()]

    def point_webhooks(self, request: Request, account_id: int) -> Any:
        self._people.point_webhooks(account_id, **_body(request))
        return {"success": True}

    # -- the customer's side

    def customer_message(self, request: Request, account_id: int) -> Any:
        given = _body(request)
        files = [_upload(a) for a in given.get("attachments") or []]
        message = self._people.customer_says(
            account_id, given.get("content"), phone=given["phone"], name=given.get("name"), attachments=files
        )
        return {"message_id": message.id, "conversation_id": message.conversation.display_id}

    def show(self, _request: Request, account_id: int, conversation_id: int) -> Any:
        account = self._desk.account(account_id)
        with self._desk.lock:
            return resources.page_view(account, self._desk.conversation(account, conversation_id), self._desk.base_url)

    def reply(self, request: Request, account_id: int, conversation_id: int) -> Any:
        """Waits for the next public answer; 408 when none came."""
        conversation = self._desk.conversation(self._desk.account(account_id), conversation_id)
        after, timeout = request.args.get("after", 0, int), request.args.get("timeout", 30.0, float)
        message = self._people.wait_for_reply(conversation, after, timeout)
        shown = resources.message_json(message, self._desk.base_url)
        return shown | {"conversation_status": conversation.status}

    # -- people who work there

    def human_reply(self, request: Request, account_id: int, conversation_id: int) -> Any:
        given = _body(request)
        message = self._people.human_replies(
            account_id, conversation_id, given["content"], private=given.get("private", False)
        )
        return {"message_id": message.id}

    def phone_echo(self, request: Request, account_id: int, conversation_id: int) -> Any:
        account = self._desk.account(account_id)
        conversation = self._desk.conversation(account, conversation_id)
        return {"message_id": self._desk.phone_echo(account, conversation, _body(request)["content"]).id}

    def assign(self, request: Request, account_id: int, conversation_id: int) -> Any:
        """{"user_id": 3}; null takes the person away, and without it the account's agent is meant."""
        given = _body(request)
        if "user_id" in given and given["user_id"] is None:
            self._people.unassign(account_id, conversation_id)
        else:
            self._people.assign(account_id, conversation_id, given.get("user_id"))
        return {"success": True}

    def status(self, request: Request, account_id: int, conversation_id: int) -> Any:
        account = self._desk.account(account_id)
        conversation = self._desk.conversation(account, conversation_id)
        self._desk.set_status(account, conversation, str(_body(request)["status"]))
        return {"success": True, "status": conversation.status}

    def age(self, request: Request, account_id: int, conversation_id: int) -> Any:
        conversation = self._desk.conversation(self._desk.account(account_id), conversation_id)
        self._desk.age(conversation, float(_body(request)["hours"]))
        return {"success": True}

    # -- watching and disturbing

    def state(self, _request: Request) -> Any:
        with self._desk.lock:
            return {
                "changes": self._desk.changes,
                "accounts": [
                    {
                        "id": account.id,
                        "name": account.name,
                        "conversations": [
                            resources.page_view(account, c, self._desk.base_url) for c in account.conversations.values()
                        ],
                    }
                    for account in self._desk.accounts.values()
                ],
            }

    def log(self, request: Request) -> Any:
        args = request.args
        return self._desk.journal.read(
            after=args.get("after", 0, int), kind=args.get("kind"), limit=args.get("limit", None, int)
        )

    def clear_log(self, _request: Request) -> Any:
        self._desk.journal.clear()
        return {"success": True}

    def show_faults(self, _request: Request) -> Any:
        return self._desk.faults.as_json()

    def set_faults(self, request: Request) -> Any:
        """{"api_500": {"next": 2}, "webhook_lost": {"probability": 0.2}, "seed": 7}"""
        given = _body(request)
        if "seed" in given:
            self._desk.faults.seed(int(given.pop("seed")))
        for name, settings in given.items():
            self._desk.faults.set(name, **settings)
        return self._desk.faults.as_json()

    def clear_faults(self, _request: Request) -> Any:
        self._desk.faults.clear()
        return {}

    # -- live changes

    def _events(self, request: Request) -> Response:
        seen = request.headers.get("Last-Event-ID") or request.args.get("after") or "0"
        stream = self._stream(int(seen) if seen.isdigit() else 0)
        return Response(stream, mimetype="text/event-stream", headers={"Cache-Control": "no-store"})

    def _stream(self, seen: int) -> Iterator[bytes]:
        yield b"retry: 1000\n\n"
        while not self._desk.closing:
            number, changed = self._desk.changes_after(seen, KEEP_ALIVE)
            if number < seen:
                changed = {(a, 0) for a in self._desk.accounts}
            if not changed:
                yield b": still here\n\n"
            for account_id, display_id in sorted(changed):
                yield self._change(number, account_id, display_id)
            seen = number

    def _change(self, number: int, account_id: int, display_id: int) -> bytes:
        with self._desk.lock:
            account = self._desk.accounts[account_id]
            conversation = account.conversations.get(display_id)
            view = resources.page_view(account, conversation, self._desk.base_url) if conversation else None
        event = {"account": {"id": account.id, "name": account.name}, "conversation": view}
        return f"id: {number}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


def _json(body: Any, status: int) -> Response:
    return Response(json.dumps(body, ensure_ascii=False, default=str), status, mimetype="application/json")


def _body(request: Request) -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise ValueError("A JSON object is expected")
    return body


def _upload(given: dict[str, Any]) -> Upload:
    """{"filename", "content_type", "content_base64"}; without content a few bytes stand for it."""
    content = base64.b64decode(given["content_base64"]) if given.get("content_base64") else b"demo"
    return Upload(given.get("filename", "file.bin"), given.get("content_type", "application/octet-stream"), content)
