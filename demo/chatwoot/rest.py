"""Chatwoot's Application API: one function per call, with its permissions, statuses and errors."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from werkzeug.exceptions import MethodNotAllowed
from werkzeug.exceptions import NotFound as NoRoute
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from ..holds import Holds, Moment
from . import resources
from .desk import Desk, NotFound, Refused, Upload
from .faults import Fault
from .records import Account, AgentBot, Contact, Conversation, Inbox, MessageType, Role, User, Webhook

CONTACTS_PER_PAGE = 15
CONVERSATIONS_PER_PAGE = 25
CONTACT_FIELDS = (
    "name",
    "email",
    "blocked",
    "phone_number",
    "identifier",
    "additional_attributes",
    "custom_attributes",
)
MESSAGE_TYPES = {"outgoing": MessageType.OUTGOING, "incoming": MessageType.INCOMING, "template": MessageType.TEMPLATE}
FOR_ALL, FOR_USERS, FOR_ADMINS = "all", "users", "administrators"

Thing = TypeVar("Thing")


class Unauthorized(Exception):
    """Chatwoot's 401, for bad tokens and for missing permissions alike."""


def _found(thing: Thing | None) -> Thing:
    if thing is None:
        raise NotFound("Resource could not be found")
    return thing


@dataclass(frozen=True)
class Call:
    """One authenticated request. `params` merges query and body, as Rails does."""

    desk: Desk
    account: Account
    who: User | AgentBot
    params: dict[str, Any]
    uploads: Sequence[Upload] = ()

    def integer(self, name: str) -> int | None:
        value = self.params.get(name)
        try:
            return int(value) if value not in (None, "") else None
        except (TypeError, ValueError):
            return None

    def boolean(self, name: str) -> bool:
        return str(self.params.get(name, "")).lower() in ("true", "1", "t")

    def mapping(self, name: str) -> dict[str, Any]:
        """An object; a multipart form sends it as JSON text."""
        value = self.params.get(name) or {}
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                value = {}
        return value if isinstance(value, dict) else {}

    def conversation(self, display_id: int) -> Conversation:
        return self.desk.conversation(self.account, display_id)

    def inbox(self, inbox_id: int) -> Inbox:
        return _found(self.account.inboxes.get(inbox_id))

    def contact(self, contact_id: int) -> Contact:
        return _found(self.account.contacts.get(contact_id))

    def shown(self, conversation: Conversation) -> dict[str, Any]:
        return resources.conversation_json(self.account, conversation, self.desk.base_url)


Answer = Any
"""JSON, or None for Chatwoot's empty 200."""

EMPTY = object()


# -- conversations ---------------------------------------------------------------------------------------------------


def list_conversations(call: Call) -> Answer:
    status, kind = call.params.get("status", "open"), call.params.get("assignee_type", "all")
    inbox_id, page = call.integer("inbox_id"), call.integer("page") or 1
    found = [
        c for c in call.account.conversations.values() if status in ("all", c.status) and inbox_id in (None, c.inbox_id)
    ]
    assigned = [c for c in found if c.assignee_id]
    mine = [c for c in assigned if c.assignee_id == call.who.id]
    unassigned = [c for c in found if not c.assignee_id]
    counts = {"mine": mine, "unassigned": unassigned, "assigned": assigned, "all": found}
    chosen = {"me": mine, "unassigned": unassigned, "assigned": assigned}.get(kind, found)
    chosen = sorted(chosen, key=lambda c: c.last_activity_at, reverse=True)
    start = (page - 1) * CONVERSATIONS_PER_PAGE
    return {
        "data": {
            "meta": {f"{name}_count": len(them) for name, them in counts.items()},
            "payload": [call.shown(c) for c in chosen[start : start + CONVERSATIONS_PER_PAGE]],
        }
    }


def create_conversation(call: Call) -> Answer:
    inbox, contact = call.inbox(call.integer("inbox_id") or 0), call.contact(call.integer("contact_id") or 0)
    source_id = call.params.get("source_id") or (contact.phone_number or "").lstrip("+")
    link = call.desk.link_contact(call.account, contact, inbox, source_id)
    conversation = call.desk.open_conversation(
        call.account,
        link,
        status=call.params.get("status"),
        additional_attributes=call.mapping("additional_attributes"),
        custom_attributes=call.mapping("custom_attributes"),
    )
    message = call.mapping("message")
    if message.get("content"):
        call.desk.write(
            call.account,
            conversation,
            call.who,
            message["content"],
            template_params=message.get("template_params"),
        )
    return call.shown(conversation)


def show_conversation(call: Call, conversation_id: int) -> Answer:
    return call.shown(call.conversation(conversation_id))


def update_conversation(call: Call, conversation_id: int) -> Answer:
    conversation = call.conversation(conversation_id)
    if "priority" in call.params:
        call.desk.set_priority(call.account, conversation, _priority(call.params["priority"]))
    return call.shown(conversation)


def toggle_status(call: Call, conversation_id: int) -> Answer:
    """A bot that opens a pending conversation hands it off, and then `success` is null; a user takes it."""
    conversation = call.conversation(conversation_id)
    status = call.params.get("status") or call.desk.toggled_status(conversation)
    by_user = isinstance(call.who, User)
    success: bool | None = True
    if not by_user and conversation.status == "pending" and status == "open":
        call.desk.hand_over(call.account, conversation)
        success = None
    else:
        by = "user" if by_user else "bot"
        call.desk.set_status(call.account, conversation, status, call.params.get("snoozed_until"), by=by)
    if by_user and conversation.status == "open":
        call.desk.assign(call.account, conversation, call.who)
    return {
        "meta": {},
        "payload": {
            "success": success,
            "current_status": conversation.status,
            "conversation_id": conversation.display_id,
            "snoozed_until": conversation.snoozed_until,
        },
    }


def _priority(value: Any) -> str | None:
    return None if value in (None, "", "none", "nil") else str(value)


def toggle_priority(call: Call, conversation_id: int) -> Answer:
    conversation = call.conversation(conversation_id)
    call.desk.set_priority(call.account, conversation, _priority(call.params.get("priority")))
    return EMPTY


def toggle_typing(call: Call, conversation_id: int) -> Answer:
    conversation = call.conversation(conversation_id)
    state = call.params.get("typing_status")
    if state in ("on", "off"):
        call.desk.set_typing(call.account, conversation, call.who, state == "on", call.boolean("is_private"))
    return EMPTY


def assign(call: Call, conversation_id: int) -> Answer:
    """An agent, the bot, or a team; what cannot be found unassigns, as in Chatwoot."""
    conversation = call.conversation(conversation_id)
    assignee_id = call.integer("assignee_id")
    if call.params.get("assignee_type") == "AgentBot":
        bot = call.account.bots.get(assignee_id or 0)
        call.desk.assign(call.account, conversation, bot)
        return resources.bot_json(bot) if bot else None
    if "assignee_id" in call.params:
        user = call.account.users.get(assignee_id or 0)
        call.desk.assign(call.account, conversation, user)
        return resources.agent_json(user) if user else None
    if "team_id" in call.params:
        team = call.account.teams.get(call.integer("team_id") or 0)
        call.desk.assign_team(call.account, conversation, team)
        return resources.team_json(team)
    return None


def show_labels(call: Call, conversation_id: int) -> Answer:
    return {"payload": call.conversation(conversation_id).labels}


def replace_labels(call: Call, conversation_id: int) -> Answer:
    conversation = call.conversation(conversation_id)
    labels = call.params.get("labels") or []
    call.desk.set_labels(call.account, conversation, [str(label) for label in labels])
    return {"payload": conversation.labels}


def replace_custom_attributes(call: Call, conversation_id: int) -> Answer:
    conversation = call.conversation(conversation_id)
    call.desk.set_custom_attributes(call.account, conversation, call.mapping("custom_attributes"))
    return {"custom_attributes": conversation.custom_attributes}


# -- messages --------------------------------------------------------------------------------------------------------


def list_messages(call: Call, conversation_id: int) -> Answer:
    """Oldest first: the last 20, the 20 before an id, the 100 after one, or up to 1000 between two."""
    conversation = call.conversation(conversation_id)
    before, after = call.integer("before"), call.integer("after")
    messages = conversation.messages
    if call.params.get("filter_internal_messages"):
        messages = [m for m in messages if not m.private and m.message_type is not MessageType.ACTIVITY]
    if after is not None and before is not None:
        messages = [m for m in messages if after <= m.id < before][:1000]
    elif before is not None:
        messages = [m for m in messages if m.id < before][-20:]
    elif after is not None:
        messages = [m for m in messages if m.id > after][:100]
    else:
        messages = messages[-20:]
    return {
        "meta": resources.messages_meta(call.account, conversation),
        "payload": [resources.message_json(m, call.desk.base_url) for m in messages],
    }


def create_message(call: Call, conversation_id: int) -> Answer:
    conversation = call.conversation(conversation_id)
    kind = str(call.params.get("message_type") or "outgoing")
    if kind not in MESSAGE_TYPES:
        raise Refused(f"'{kind}' is not a valid message_type")
    if kind == "incoming" and call.inbox(conversation.inbox_id).channel_type != "Channel::Api":
        raise Refused("Incoming messages are only allowed in Api inboxes")
    content = call.params.get("content")
    message = call.desk.write(
        call.account,
        conversation,
        call.who,
        None if content is None else str(content),
        call.uploads,
        private=call.boolean("private"),
        message_type=MESSAGE_TYPES[kind],
        content_type=call.params.get("content_type") or "text",
        content_attributes=call.mapping("content_attributes"),
        template_params=call.mapping("template_params") or None,
        source_id=call.params.get("source_id"),
    )
    return resources.message_json(message, call.desk.base_url, call.params.get("echo_id"))


# -- contacts --------------------------------------------------------------------------------------------------------


def _contact_page(call: Call, found: Sequence[Contact]) -> Answer:
    page = max(1, call.integer("page") or 1)
    start = (page - 1) * CONTACTS_PER_PAGE
    return {
        "meta": {"count": len(found), "current_page": page},
        "payload": [resources.contact_json(call.account, c) for c in found[start : start + CONTACTS_PER_PAGE]],
    }


def list_contacts(call: Call) -> Answer:
    return _contact_page(call, list(call.account.contacts.values()))


def search_contacts(call: Call) -> Answer:
    query = str(call.params.get("q") or "").strip().lower()
    if not query:
        raise Refused("Specify search string with parameter q")
    searched = lambda c: (c.name, c.email or "", c.phone_number or "", c.identifier or "")  # noqa: E731
    contacts = call.account.contacts.values()
    return _contact_page(call, [c for c in contacts if any(query in text.lower() for text in searched(c))])


def create_contact(call: Call) -> Answer:
    fields = {name: call.params[name] for name in CONTACT_FIELDS if name in call.params}
    contact = call.desk.add_contact(call.account, **fields)
    created: dict[str, Any] = {"contact": resources.contact_json(call.account, contact)}
    inbox_id = call.integer("inbox_id")
    if inbox_id is not None:
        source_id = call.params.get("source_id") or (contact.phone_number or "").lstrip("+")
        link = call.desk.link_contact(call.account, contact, call.inbox(inbox_id), source_id)
        created["contact"] = resources.contact_json(call.account, contact)
        created["contact_inbox"] = resources.contact_inbox_json(call.account, link)
    return {"payload": created}


def show_contact(call: Call, contact_id: int) -> Answer:
    return {"payload": resources.contact_json(call.account, call.contact(contact_id))}


def update_contact(call: Call, contact_id: int) -> Answer:
    contact = call.contact(contact_id)
    call.desk.update_contact(call.account, contact, {n: call.params[n] for n in CONTACT_FIELDS if n in call.params})
    return {"payload": resources.contact_json(call.account, contact)}


def contact_conversations(call: Call, contact_id: int) -> Answer:
    contact = call.contact(contact_id)
    mine = [c for c in call.account.conversations.values() if c.contact_id == contact.id]
    return {"payload": [call.shown(c) for c in reversed(mine)]}


# -- inboxes, bots, webhooks, people ---------------------------------------------------------------------------------


def list_inboxes(call: Call) -> Answer:
    return {"payload": [resources.inbox_json(i) for i in call.account.inboxes.values()]}


def show_inbox(call: Call, inbox_id: int) -> Answer:
    return resources.inbox_json(call.inbox(inbox_id))


def show_inbox_bot(call: Call, inbox_id: int) -> Answer:
    bot = call.account.bots.get(call.inbox(inbox_id).agent_bot_id or 0)
    return {"agent_bot": resources.bot_json(bot) if bot else {}}


def set_inbox_bot(call: Call, inbox_id: int) -> Answer:
    inbox = call.inbox(inbox_id)
    bot_id = call.integer("agent_bot")
    inbox.agent_bot_id = _found(call.account.bots.get(bot_id)).id if bot_id is not None else None
    return EMPTY


def list_bots(call: Call) -> Answer:
    return [resources.bot_json(b) for b in call.account.bots.values()]


def create_bot(call: Call) -> Answer:
    name = str(call.params.get("name") or "")
    if not name:
        raise Refused("Name can't be blank", ["name"])
    url, description = call.params.get("outgoing_url") or "", call.params.get("description")
    bot = call.desk.add_bot(call.account, name, url, description=description)
    return resources.bot_json(bot, secrets=True)


def show_bot(call: Call, bot_id: int) -> Answer:
    return resources.bot_json(_found(call.account.bots.get(bot_id)))


def update_bot(call: Call, bot_id: int) -> Answer:
    bot = _found(call.account.bots.get(bot_id))
    for name in ("name", "description", "outgoing_url"):
        if call.params.get(name) is not None:
            setattr(bot, name, str(call.params[name]))
    return resources.bot_json(bot, secrets=True)


def delete_bot(call: Call, bot_id: int) -> Answer:
    _found(call.account.bots.pop(bot_id, None))
    for inbox in call.account.inboxes.values():
        if inbox.agent_bot_id == bot_id:
            inbox.agent_bot_id = None
    return EMPTY


def list_webhooks(call: Call) -> Answer:
    return {"payload": {"webhooks": [resources.webhook_json(w) for w in call.account.webhooks.values()]}}


def _webhook_params(call: Call) -> dict[str, Any]:
    """The fields stand at the top or under `webhook`, and both are accepted."""
    return call.params | call.mapping("webhook")


def create_webhook(call: Call) -> Answer:
    given = _webhook_params(call)
    webhook = call.desk.add_webhook(
        call.account, str(given.get("url") or ""), given.get("subscriptions") or [], str(given.get("name") or "")
    )
    return {"payload": {"webhook": resources.webhook_json(webhook)}}


def update_webhook(call: Call, webhook_id: int) -> Answer:
    webhook: Webhook = _found(call.account.webhooks.get(webhook_id))
    given = _webhook_params(call)
    call.desk.update_webhook(
        call.account,
        webhook,
        str(given.get("url") or webhook.url),
        given.get("subscriptions") or webhook.subscriptions,
        str(given.get("name") or webhook.name),
    )
    return {"payload": {"webhook": resources.webhook_json(webhook)}}


def delete_webhook(call: Call, webhook_id: int) -> Answer:
    _found(call.account.webhooks.pop(webhook_id, None))
    return EMPTY


def list_agents(call: Call) -> Answer:
    return [resources.agent_json(u) for u in call.account.users.values()]


def list_teams(call: Call) -> Answer:
    return [resources.team_json(t) for t in call.account.teams.values()]


def list_account_labels(call: Call) -> Answer:
    used = dict.fromkeys(label for c in call.account.conversations.values() for label in c.labels)
    described = {"description": "", "color": "#1f93ff", "show_on_sidebar": True}
    return {"payload": [{"id": n, "title": label} | described for n, label in enumerate(used, 1)]}


def show_account(call: Call) -> Answer:
    return resources.account_json(call.account)


def show_profile(call: Call) -> Answer:
    assert isinstance(call.who, User)
    return resources.profile_json(call.account, call.who)


@dataclass(frozen=True)
class Route:
    function: Callable[..., Answer]
    allowed: str


IN_ACCOUNT = "/api/v1/accounts/<int:account_id>"
CONVERSATION = "/conversations/<int:conversation_id>"
ROUTES: list[tuple[str, str, Callable[..., Answer], str]] = [
    ("GET", "", show_account, FOR_USERS),
    ("GET", "/conversations", list_conversations, FOR_USERS),
    ("POST", "/conversations", create_conversation, FOR_ALL),
    ("GET", CONVERSATION, show_conversation, FOR_ALL),
    ("PATCH", CONVERSATION, update_conversation, FOR_ALL),
    ("POST", CONVERSATION + "/toggle_status", toggle_status, FOR_ALL),
    ("POST", CONVERSATION + "/toggle_priority", toggle_priority, FOR_ALL),
    ("POST", CONVERSATION + "/toggle_typing_status", toggle_typing, FOR_ALL),
    ("POST", CONVERSATION + "/assignments", assign, FOR_ALL),
    ("GET", CONVERSATION + "/labels", show_labels, FOR_ALL),
    ("POST", CONVERSATION + "/labels", replace_labels, FOR_ALL),
    ("POST", CONVERSATION + "/custom_attributes", replace_custom_attributes, FOR_ALL),
    ("GET", CONVERSATION + "/messages", list_messages, FOR_USERS),
    ("POST", CONVERSATION + "/messages", create_message, FOR_ALL),
    ("GET", "/contacts", list_contacts, FOR_USERS),
    ("POST", "/contacts", create_contact, FOR_USERS),
    ("GET", "/contacts/search", search_contacts, FOR_USERS),
    ("GET", "/contacts/<int:contact_id>", show_contact, FOR_USERS),
    ("PUT", "/contacts/<int:contact_id>", update_contact, FOR_USERS),
    ("GET", "/contacts/<int:contact_id>/conversations", contact_conversations, FOR_USERS),
    ("GET", "/inboxes", list_inboxes, FOR_USERS),
    ("GET", "/inboxes/<int:inbox_id>", show_inbox, FOR_USERS),
    ("GET", "/inboxes/<int:inbox_id>/agent_bot", show_inbox_bot, FOR_USERS),
    ("POST", "/inboxes/<int:inbox_id>/set_agent_bot", set_inbox_bot, FOR_ADMINS),
    ("GET", "/agent_bots", list_bots, FOR_USERS),
    ("POST", "/agent_bots", create_bot, FOR_ADMINS),
    ("GET", "/agent_bots/<int:bot_id>", show_bot, FOR_USERS),
    ("PATCH", "/agent_bots/<int:bot_id>", update_bot, FOR_ADMINS),
    ("DELETE", "/agent_bots/<int:bot_id>", delete_bot, FOR_ADMINS),
    ("GET", "/webhooks", list_webhooks, FOR_ADMINS),
    ("POST", "/webhooks", create_webhook, FOR_ADMINS),
    ("PATCH", "/webhooks/<int:webhook_id>", update_webhook, FOR_ADMINS),
    ("PUT", "/webhooks/<int:webhook_id>", update_webhook, FOR_ADMINS),
    ("DELETE", "/webhooks/<int:webhook_id>", delete_webhook, FOR_ADMINS),
    ("GET", "/agents", list_agents, FOR_USERS),
    ("GET", "/teams", list_teams, FOR_USERS),
    ("GET", "/labels", list_account_labels, FOR_USERS),
]


def _url_map() -> Map:
    rules = [
        Rule(IN_ACCOUNT + path, methods=[verb], endpoint=Route(function, allowed))
        for verb, path, function, allowed in ROUTES
    ]
    rules.append(Rule("/api/v1/profile", methods=["GET"], endpoint=Route(show_profile, FOR_USERS)))
    return Map(rules, strict_slashes=False)


class RestApi:
    """From an HTTP request to an answer: faults, token, permission, call, error shape, log."""

    def __init__(self, desk: Desk, holds: Holds) -> None:
        self._desk = desk
        self._holds = holds
        self._urls = _url_map()
        self._closing = threading.Event()

    def close(self) -> None:
        self._closing.set()

    def respond(self, request: Request) -> Response:
        subject = f"{request.method} {request.path}"
        described = f"{subject} {request.get_data(as_text=True)}"
        with self._desk.journal.during(self._log(request, "request")):
            self._holds.pause(Moment.BEFORE, described)
            before = self._fault_before(request, subject)
            answer = before or self._answer(request)
            self._holds.pause(Moment.AFTER, described)
            after = None if before else self._fault_after(request, subject)
            response = after or answer
            self._log(request, "api", status=response.status_code, fault=bool(before or after))
        return response

    def _fault_before(self, request: Request, subject: str) -> Response | None:
        strikes = self._desk.faults.strikes
        if strikes(Fault.API_CUT, subject):
            return _cut(request)
        if strikes(Fault.API_DOWN, subject):
            return Response("<html>502 Bad Gateway</html>", 502, mimetype="text/html")
        if knob := strikes(Fault.API_429, subject):
            later = {"Retry-After": f"{knob.seconds:.0f}"} if knob.seconds else {}
            return _json({"error": "Too many requests"}, 429, later)
        if strikes(Fault.API_500, subject):
            return _json({"status": 500, "error": "Internal Server Error"}, 500)
        return self._hang(Fault.API_HANG, subject)

    def _fault_after(self, request: Request, subject: str) -> Response | None:
        if self._desk.faults.strikes(Fault.API_CUT_AFTER, subject):
            return _cut(request)
        if self._desk.faults.strikes(Fault.API_500_AFTER, subject):
            return _json({"status": 500, "error": "Internal Server Error"}, 500)
        return self._hang(Fault.API_HANG_AFTER, subject)

    def _hang(self, fault: Fault, subject: str) -> Response | None:
        knob = self._desk.faults.strikes(fault, subject)
        if knob is None:
            return None
        self._closing.wait(knob.seconds)
        return _json({"error": "Gateway Timeout"}, 504)

    def _answer(self, request: Request) -> Response:
        try:
            route, matched = self._urls.bind_to_environ(request.environ).match()
            values = dict(matched)
            owner = self._authenticate(request)
            account = self._authorize(owner, route.allowed, values.pop("account_id", None))
            call = Call(self._desk, account, owner[1], _params(request), _uploads(request))
            with self._desk.lock:
                body = route.function(call, **values)
        except (NoRoute, MethodNotAllowed, NotFound):
            return _json({"error": "Resource could not be found"}, 404)
        except Unauthorized as refusal:
            return _json({"error": str(refusal)}, 401)
        except Refused as refusal:
            if refusal.attributes:
                return _json({"message": str(refusal), "attributes": refusal.attributes}, 422)
            return _json({"error": str(refusal)}, 422)
        except (KeyError, TypeError, ValueError) as error:
            return _json({"error": str(error)}, 422)
        return Response(status=200) if body is EMPTY else _json(body, 200)

    def _authenticate(self, request: Request) -> tuple[Account, User | AgentBot]:
        owner = self._desk.token_owner(request.headers.get("api_access_token", ""))
        if owner is None:
            raise Unauthorized("Invalid Access Token")
        return owner

    def _authorize(self, owner: tuple[Account, User | AgentBot], allowed: str, account_id: int | None) -> Account:
        home, who = owner
        if isinstance(who, AgentBot):
            if allowed != FOR_ALL:
                raise Unauthorized("Access to this endpoint is not authorized for bots")
        elif allowed == FOR_ADMINS and who.role is not Role.ADMINISTRATOR:
            raise Unauthorized("You are not authorized to do this action")
        if account_id is None or account_id == home.id:
            return home
        self._desk.account(account_id)
        kind = "Bot is" if isinstance(who, AgentBot) else "You are"
        raise Unauthorized(f"{kind} not authorized to access this account")

    def _log(self, request: Request, kind: str, **what: Any) -> int:
        """A call is logged twice: when it has arrived, and when it is answered."""
        owner = self._desk.token_owner(request.headers.get("api_access_token", ""))
        return self._desk.journal.write(
            kind,
            method=request.method,
            path=request.path,
            token=type(owner[1]).__name__ if owner else None,
            account_id=owner[0].id if owner else None,
            body=_logged(request),
            **what,
        )


def _cut(request: Request) -> Response:
    """The caller's connection breaks; what is answered then is read by nobody."""
    with contextlib.suppress(OSError):
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return Response(status=499)


def _json(body: Any, status: int, headers: Mapping[str, str] | None = None) -> Response:
    text = json.dumps(body, ensure_ascii=False, default=str)
    return Response(text, status, headers, mimetype="application/json")


def _params(request: Request) -> dict[str, Any]:
    params: dict[str, Any] = dict(request.args)
    if request.mimetype == "application/json":
        body = request.get_json(silent=True)
        if body is None and request.get_data():
            raise Refused("Error occurred while parsing request parameters")
        params |= body if isinstance(body, dict) else {}
    else:
        params |= request.form
    return params


def _uploads(request: Request) -> list[Upload]:
    files = request.files.getlist("attachments[]")
    return [Upload(f.filename or "file", f.mimetype or "application/octet-stream", f.read()) for f in files]


def _logged(request: Request) -> Any:
    """What was sent, for the log; files are not kept."""
    if request.mimetype == "application/json":
        return request.get_json(silent=True)
    return dict(request.form) or None
