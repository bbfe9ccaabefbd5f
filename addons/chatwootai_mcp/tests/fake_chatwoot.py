"""A Chatwoot on a loopback port, just large enough for the addons' tests: a few conversations, and faults on demand."""

import email
import json
import re
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from .fake_administration import Administration

USER_TOKEN, BOT_TOKEN = "user-token", "bot-token"
ACCOUNT = 7
PAGE = 25  # conversations of a list
_ACCOUNT_PATH = f"/api/v1/accounts/{ACCOUNT}"
_PATH = re.compile(rf"{_ACCOUNT_PATH}/conversations/(\d+)(/[a-z_]+)?\Z")
_CONTACT = re.compile(rf"{_ACCOUNT_PATH}/contacts/(\d+)\Z")


_KEPT = ("attachments", "content_type", "content_attributes", "template_params")


def _form(kind, body):
    """A multipart form as the JSON it stands for; each file's name and size become an attachment."""
    parts = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body).get_payload()
    given, files = {}, []
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if name == "attachments[]":
            files.append({"id": len(files) + 1, "file_type": "file", "name": part.get_filename(), "size": len(content)})
        else:
            given[name] = content.decode()
    for name in ("private", "content_attributes"):
        if name in given:
            given[name] = json.loads(given[name])
    return given | {"attachments": files}


class FakeChatwoot(ThreadingHTTPServer):
    """``with FakeChatwoot() as chatwoot``; what was said is in ``chatwoot.said(25)``.

    ``faults`` are used up one by one by writing calls, in order: a status and body, or "lost" (done, and no answer).
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.conversations = {}
        self.faults = []
        self.calls = []
        self.next_id = 1000
        self.before_write = None
        self.while_asked = None
        self.contacts = {}
        self.files = {}  # by path: (type, content), or None for one that is not there yet
        self.agents = {3: "Luis"}
        self.teams = {4: "Vendas"}
        self.inboxes = []
        self.administration = Administration()
        self.down = False

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return super().__enter__()

    def __exit__(self, *arguments):
        self.shutdown()
        super().__exit__(*arguments)

    def conversation(self, number, **changes):
        default = {"id": number, "status": "pending", "assignee": None, "messages": [], "labels": [], "typing": []}
        conversation = self.conversations.setdefault(number, default)
        conversation.update(changes)
        return conversation

    def add(self, number, content, message_type=0, sender=None, private=False, **values):
        """A message, by default the customer's; its id."""
        self.next_id += 1
        message = {
            "id": self.next_id,
            "content": content,
            "message_type": message_type,
            "private": private,
            "sender": sender or {"id": 89, "type": "contact", "name": "Ana"},
            "created_at": int(time.time()),
            **values,
        }
        self.conversation(number)["messages"].append(message)
        return self.next_id

    def said(self, number, private=False):
        """What bot and people said in a conversation."""
        return [
            message["content"]
            for message in self.conversation(number)["messages"]
            if message["message_type"] == 1 and message["private"] is private
        ]

    def contact(self, number, **values):
        self.contacts[number] = {
            "id": number,
            "name": "Ana",
            "email": None,
            "phone_number": None,
            "identifier": None,
            "blocked": False,
            "custom_attributes": {},
            "contact_inboxes": [{"source_id": "1", "pubsub_token": "pubsub-secret"}],
            **values,
        }

    def webhook(self, number, message_id, event="message_created", **changes):
        """The payload that tells of a message."""
        message = next(one for one in self.conversation(number)["messages"] if one["id"] == message_id)
        words = {0: "incoming", 1: "outgoing", 3: "template"}
        return {
            "event": event,
            "account": {"id": ACCOUNT, "name": "Acme"},
            "inbox": {"id": 17, "name": "WhatsApp"},
            **message,
            "message_type": words[message["message_type"]],
            "created_at": datetime.fromtimestamp(message["created_at"], UTC).isoformat(timespec="milliseconds"),
            "conversation": self.shown(number),
            **changes,
        }

    def shown(self, number):
        conversation = self.conversation(number)
        assignee = conversation["assignee"]
        return {
            "id": number,
            "inbox_id": 17,
            "channel": conversation.get("channel", "Channel::Whatsapp"),
            "status": conversation["status"],
            "updated_at": conversation.get("updated_at"),
            "contact_inbox": {"source_id": "5511987654321", "pubsub_token": "pubsub-secret"},
            "meta": {
                "sender": {"id": 89, "name": "Ana", "phone_number": "+5511987654321"},
                "assignee": assignee,
                "assignee_type": {"user": "User", "agent_bot": "AgentBot"}.get((assignee or {}).get("type")),
            },
            "labels": conversation["labels"],
            "can_reply": conversation.get("can_reply", True),
            "additional_attributes": conversation.get("additional_attributes", {}),
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_DELETE(self):
        self._serve(None)

    def do_GET(self):
        self._serve(None)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind = self.headers["Content-Type"]
        self._serve(_form(kind, body) if kind.startswith("multipart/") else json.loads(body))

    do_PUT = do_POST

    def _serve(self, body):
        chatwoot = self.server
        path, _mark, query = self.path.partition("?")
        token = self.headers["api_access_token"]
        chatwoot.calls.append((self.command, path, token, body))
        if chatwoot.down:
            return self._answer(503, {"error": "down"})
        if path in chatwoot.files:
            return self._file(chatwoot.files[path])
        if token not in (USER_TOKEN, BOT_TOKEN):
            return self._answer(401, {"error": "Invalid Access Token"})
        if path == "/api/v1/profile":
            return self._answer(200, {"id": 3, "name": "Luis", "accounts": [{"id": ACCOUNT}]})
        if chatwoot.while_asked:
            chatwoot.while_asked()
        if path in (f"{_ACCOUNT_PATH}/agents", f"{_ACCOUNT_PATH}/teams"):
            names = chatwoot.agents if path.endswith("agents") else chatwoot.teams
            return self._answer(200, [{"id": number, "name": name} for number, name in names.items()])
        administered = token == USER_TOKEN and path.startswith(_ACCOUNT_PATH)
        if administered and (answer := chatwoot.administration.answer(self.command, path[len(_ACCOUNT_PATH) :], body)):
            return self._answer(*answer)
        if path == f"{_ACCOUNT_PATH}/inboxes":
            return self._answer(200, {"payload": chatwoot.inboxes})
        if path.startswith(f"{_ACCOUNT_PATH}/contacts"):
            return self._contacts(path, query, body, token)
        if path == f"{_ACCOUNT_PATH}/conversations":
            return self._answer(200, {"data": {"payload": self._listed(parse_qs(query))}})
        match = _PATH.match(path)
        if not match or int(match[1]) not in chatwoot.conversations:
            return self._answer(404, {"error": "Resource could not be found"})
        return self._conversation(int(match[1]), match[2], body, query, token)

    def _file(self, file):
        if file is None:
            return self._answer(404, {})
        kind, content = file
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _listed(self, query):
        """A page of the conversations in a status, those that were active last first."""
        chatwoot = self.server
        listed = []
        for number, conversation in chatwoot.conversations.items():
            messages = conversation["messages"][-1:]
            if conversation["status"] == query["status"][0]:
                active = messages[0]["created_at"] if messages else 0
                listed.append({**chatwoot.shown(number), "messages": messages, "last_activity_at": active})
        listed.sort(key=lambda one: one["last_activity_at"], reverse=True)
        first = (int(query["page"][0]) - 1) * PAGE
        return listed[first : first + PAGE]

    def _contacts(self, path, query, body, token):
        chatwoot = self.server
        if token == BOT_TOKEN:
            return self._answer(401, {"error": "bots may not"})
        if path.endswith("/search"):
            asked = parse_qs(query)["q"][0].lower()
            found = [one for one in chatwoot.contacts.values() if asked in json.dumps(one).lower()]
            return self._answer(200, {"meta": {"count": len(found), "current_page": 1}, "payload": found[:15]})
        match = _CONTACT.match(path)
        contact = match and chatwoot.contacts.get(int(match[1]))
        if not contact:
            return self._answer(404, {"error": "Resource could not be found"})
        attributes = {**contact["custom_attributes"], **body.pop("custom_attributes", {})}
        contact.update(body, custom_attributes=attributes)
        return self._answer(200, {"payload": contact})

    def _conversation(self, number, action, body, query, token):
        chatwoot = self.server
        if body is None:
            if action is None:
                return self._answer(200, chatwoot.shown(number))
            if action == "/labels":
                return self._answer(200, {"payload": chatwoot.conversation(number)["labels"]})
            if token == BOT_TOKEN:
                return self._answer(401, {"error": "bots may not list"})
            bounds = {name: int(values[0]) for name, values in parse_qs(query).items()}
            messages = chatwoot.conversation(number)["messages"]
            if "before" in bounds:
                messages = [one for one in messages if one["id"] < bounds["before"]][-20:]
            if "after" in bounds:
                messages = [one for one in messages if one["id"] > bounds["after"]]
            return self._answer(200, {"meta": {}, "payload": messages})
        if chatwoot.before_write and action != "/toggle_typing_status":
            chatwoot.before_write(action, body)
        fault = chatwoot.faults.pop(0) if chatwoot.faults and action != "/toggle_typing_status" else None
        if isinstance(fault, tuple):
            return self._answer(*fault)
        answer = self._write(number, action, body, token)
        if fault == "lost":
            self.close_connection = True
            return self.connection.close()
        return self._answer(200, answer)

    def _write(self, number, action, body, token):
        chatwoot = self.server
        conversation = chatwoot.conversation(number)
        if action == "/messages":
            sender = {"id": 5, "type": "agent_bot"} if token == BOT_TOKEN else {"id": 3, "type": "user"}
            more = {name: body[name] for name in _KEPT if name in body}
            return {"id": chatwoot.add(number, body["content"], 1, sender, body["private"], **more), "message_type": 1}
        if action == "/toggle_status":
            conversation["status"] = body["status"]
        elif action == "/labels":
            conversation["labels"] = body["labels"]
        elif action == "/toggle_typing_status":
            conversation["typing"].append(body["typing_status"])
        elif action == "/assignments" and "team_id" in body:
            conversation["team"] = body["team_id"]
        elif action == "/assignments":
            name = chatwoot.agents.get(body["assignee_id"])
            conversation["assignee"] = name and {"id": body["assignee_id"], "type": "user", "name": name}
        elif action == "/toggle_priority":
            conversation["priority"] = body["priority"]
        return {"payload": {"success": None}}

    def _answer(self, status, answer):
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
