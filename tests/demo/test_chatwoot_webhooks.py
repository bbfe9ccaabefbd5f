"""The webhooks of the Chatwoot stand-in: their keys, signature, retries, and what they follow from."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from demo.chatwoot import ChatwootServer
from demo.chatwoot.desk import Upload
from demo.chatwoot.webhooks import sign

ENVELOPE = {
    "account", "additional_attributes", "content_attributes", "content_type", "content", "conversation", "created_at",
    "id", "inbox", "message_type", "private", "sender", "source_id", "event",
}  # fmt: skip
CONVERSATION = {
    "additional_attributes", "can_reply", "channel", "contact_inbox", "id", "inbox_id", "messages", "labels", "meta",
    "status", "custom_attributes", "snoozed_until", "unread_count", "first_reply_created_at", "priority",
    "waiting_since", "agent_last_seen_at", "contact_last_seen_at", "last_activity_at", "timestamp", "created_at",
    "updated_at", "account",
}  # fmt: skip
CONTACT_INBOX = {
    "id", "contact_id", "inbox_id", "source_id", "created_at", "updated_at", "hmac_verified", "pubsub_token",
}  # fmt: skip
NESTED_MESSAGE = {
    "id", "content", "account_id", "inbox_id", "conversation_id", "message_type", "created_at", "updated_at", "private",
    "status", "source_id", "content_type", "content_attributes", "sender_type", "sender_id", "external_source_ids",
    "additional_attributes", "processed_message_content", "sentiment", "conversation", "sender",
}  # fmt: skip
META = {"sender", "assignee", "assignee_type", "team", "hmac_verified"}
TOP_CONTACT = {
    "account", "additional_attributes", "avatar", "custom_attributes", "email", "id", "identifier", "name",
    "phone_number", "thumbnail", "blocked",
}  # fmt: skip
NESTED_CONTACT = (TOP_CONTACT - {"account", "avatar"}) | {"type"}
NESTED_USER = {"id", "name", "available_name", "avatar_url", "type", "availability_status", "thumbnail"}
ATTACHMENT = {
    "id", "message_id", "file_type", "account_id", "extension", "content_type", "data_url", "thumb_url", "file_size",
    "width", "height",
}  # fmt: skip


class Receiver:
    """An endpoint that keeps what it gets, and answers the statuses it is told (200 when none is left)."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with outer.changed:
                    outer.got.append((self.path, dict(self.headers), body))
                    status = outer.statuses.pop(0) if outer.statuses else 200
                    outer.changed.notify_all()
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def events(self, path: str, event: str | None = None) -> list[dict[str, Any]]:
        with self.changed:
            found = [json.loads(body) for where, _, body in self.got if where == path]
        return [e for e in found if event in (None, e["event"])]

    def wait(self, path: str, event: str, count: int = 1) -> list[dict[str, Any]]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.events(path, event)) >= count, 10), self.got
        return self.events(path, event)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def server() -> Iterator[ChatwootServer]:
    with ChatwootServer(retry_seconds=0.01) as server:
        yield server


def connected(server: ChatwootServer, receiver: Receiver) -> Any:
    return server.add_account("Acme", bot_url=receiver.url + "/bot", webhook_url=receiver.url + "/account")


def test_an_incoming_message_has_the_keys_of_chatwoot(server: ChatwootServer, receiver: Receiver) -> None:
    account = connected(server, receiver)
    server.customer_says(account.id, "Oi", name="Ana", phone="+5511900000001")
    for path in ("/bot", "/account"):
        (event,) = receiver.wait(path, "message_created")
        assert set(event) == ENVELOPE
        assert next(iter(event)) == "account" and list(event)[-1] == "event"
        assert set(event["conversation"]) == CONVERSATION
        assert set(event["conversation"]["contact_inbox"]) == CONTACT_INBOX
        assert set(event["conversation"]["meta"]) == META
        assert set(event["conversation"]["meta"]["sender"]) == NESTED_CONTACT
        (nested,) = event["conversation"]["messages"]
        assert set(nested) == NESTED_MESSAGE
        assert set(nested["sender"]) == NESTED_CONTACT
        assert set(event["sender"]) == TOP_CONTACT
        assert event["message_type"] == "incoming" and nested["message_type"] == 0
        assert event["created_at"].endswith("Z") and isinstance(nested["created_at"], int)
        assert event["conversation"]["status"] == "pending" and event["conversation"]["channel"] == "Channel::Whatsapp"
        assert event["source_id"].startswith("wamid.")


def test_a_persons_reply_names_the_person_twice_in_two_shapes(server: ChatwootServer, receiver: Receiver) -> None:
    account = connected(server, receiver)
    said = server.customer_says(account.id, "Oi")
    server.human_replies(account.id, said.conversation.display_id, "Olá, aqui é o Caio")
    event = next(e for e in receiver.wait("/bot", "message_created", 2) if e["message_type"] == "outgoing")
    assert set(event["sender"]) == {"id", "name", "email", "type"} and event["sender"]["type"] == "user"
    assert set(event["conversation"]["messages"][0]["sender"]) == NESTED_USER
    assert event["conversation"]["status"] == "pending", "a human reply does not open the conversation"


def test_attachments_stand_in_the_event_only_where_there_are_some(server: ChatwootServer, receiver: Receiver) -> None:
    account = connected(server, receiver)
    server.customer_says(account.id, None, attachments=[Upload("foto.jpg", "image/jpeg", b"123")])
    server.customer_says(account.id, None, attachments=[Upload("voz.oga", "audio/ogg", b"1234")])
    events = receiver.wait("/bot", "message_created", 2)
    by_type = {e["attachments"][0]["file_type"]: e["attachments"][0] for e in events}
    assert set(by_type["image"]) == ATTACHMENT
    assert set(by_type["audio"]) == ATTACHMENT | {"transcribed_text"}
    assert all(e["content"] is None for e in events)


def test_a_webhook_is_signed_over_timestamp_and_raw_body(server: ChatwootServer, receiver: Receiver) -> None:
    account = connected(server, receiver)
    secrets = {"/bot": account.bot_secret, "/account": account.webhook_secret}
    server.customer_says(account.id, "Oi")
    receiver.wait("/bot", "message_created")
    receiver.wait("/account", "message_created")
    for path, headers, body in receiver.got:
        signed = headers["X-Chatwoot-Timestamp"].encode() + b"." + body
        expected = "sha256=" + hmac.new(secrets[path].encode(), signed, hashlib.sha256).hexdigest()
        assert headers["X-Chatwoot-Signature"] == expected
        assert headers["X-Chatwoot-Delivery"]


def test_the_published_signature_vector() -> None:
    assert (
        sign("s3cret", 1781706000, b'{"event":"message_created"}')
        == "sha256=604bb285bf63a6ee46e8c0cae3caeb221bcf4d64d0929b9c447915639e7b973b"
    )


def test_who_hears_of_which_event(server: ChatwootServer, receiver: Receiver) -> None:
    account = connected(server, receiver)
    said = server.customer_says(account.id, "Oi")
    server.desk.set_status(server.desk.account(account.id), said.conversation, "resolved")
    receiver.wait("/bot", "conversation_resolved")
    receiver.wait("/account", "conversation_status_changed")
    assert server.postman.wait_idle()
    bot, whole = ({e["event"] for e in receiver.events(p)} for p in ("/bot", "/account"))
    shared = {"message_created", "conversation_status_changed", "conversation_updated"}
    assert bot == shared | {"conversation_resolved"}
    assert whole == shared | {"conversation_created"}


def test_conversation_events_stand_at_the_top_and_say_what_changed(server: ChatwootServer, receiver: Receiver) -> None:
    account = connected(server, receiver)
    said = server.customer_says(account.id, "Oi")
    server.desk.set_status(server.desk.account(account.id), said.conversation, "open")
    (changed,) = receiver.wait("/account", "conversation_status_changed")
    assert set(changed) == CONVERSATION | {"event", "changed_attributes"} and changed["changed_attributes"] is None
    updated = receiver.wait("/account", "conversation_updated")[0]
    assert updated["changed_attributes"] == [{"status": {"previous_value": "pending", "current_value": "open"}}]
    assert updated["id"] == said.conversation.display_id


def test_the_bot_hears_its_own_reply_and_note(server: ChatwootServer, receiver: Receiver) -> None:
    account = connected(server, receiver)
    said = server.customer_says(account.id, "Oi")
    desk = server.desk.account(account.id)
    server.desk.write(desk, said.conversation, desk.bots[account.bot_id], "Olá")
    server.desk.write(desk, said.conversation, desk.bots[account.bot_id], "nota", private=True)
    own = [e for e in receiver.wait("/bot", "message_created", 3) if e["message_type"] == "outgoing"]
    assert {(e["content"], e["private"], e["sender"]["type"]) for e in own} == {
        ("Olá", False, "agent_bot"),
        ("nota", True, "agent_bot"),
    }


@pytest.mark.parametrize(("status", "tries"), [(500, 3), (429, 3), (503, 1), (401, 1)])
def test_a_bot_is_tried_again_only_after_500_and_429(
    server: ChatwootServer, receiver: Receiver, status: int, tries: int
) -> None:
    account = server.add_account("Acme", bot_url=receiver.url + "/bot")
    receiver.statuses = [status] * 3
    said = server.customer_says(account.id, "Oi")
    server.wait_for_status(said.conversation, "open", timeout=10)
    assert server.postman.wait_idle()
    assert len(receiver.events("/bot", "message_created")) == tries
    assert "error with the agent bot" in (said.conversation.messages[-1].content or "")


def test_a_bot_that_recovers_keeps_the_conversation(server: ChatwootServer, receiver: Receiver) -> None:
    account = server.add_account("Acme", bot_url=receiver.url + "/bot")
    receiver.statuses = [500, 500]
    said = server.customer_says(account.id, "Oi")
    receiver.wait("/bot", "message_created", 3)
    assert server.postman.wait_idle()
    assert said.conversation.status == "pending"


def test_an_account_webhook_is_tried_once(server: ChatwootServer, receiver: Receiver) -> None:
    account = server.add_account("Acme", webhook_url=receiver.url + "/account", subscriptions=["message_created"])
    receiver.statuses = [500]
    said = server.customer_says(account.id, "Oi")
    receiver.wait("/account", "message_created")
    assert server.postman.wait_idle()
    assert len(receiver.got) == 1 and said.conversation.status == "pending"


def test_duplicates_come_under_the_same_or_another_delivery_id(server: ChatwootServer, receiver: Receiver) -> None:
    account = server.add_account("Acme", bot_url=receiver.url + "/bot")
    server.faults.set("webhook_duplicate", next=1)
    server.customer_says(account.id, "um")
    receiver.wait("/bot", "message_created", 2)
    assert len({headers["X-Chatwoot-Delivery"] for _, headers, _ in receiver.got}) == 1
    receiver.got.clear()
    server.faults.set("webhook_duplicate_new_id", next=1)
    server.customer_says(account.id, "dois")
    receiver.wait("/bot", "message_created", 2)
    assert len({headers["X-Chatwoot-Delivery"] for _, headers, _ in receiver.got}) == 2


def test_a_lost_webhook_never_arrives_and_is_logged(server: ChatwootServer, receiver: Receiver) -> None:
    account = server.add_account("Acme", bot_url=receiver.url + "/bot")
    server.faults.set("webhook_lost", next=1, only="message_created")
    server.customer_says(account.id, "Oi")
    assert server.postman.wait_idle()
    assert not receiver.got
    assert [e["event"] for e in server.journal.read(kind="webhook") if e.get("lost")] == ["message_created"]


def test_disorder_lets_a_later_delivery_pass(server: ChatwootServer, receiver: Receiver) -> None:
    account = server.add_account("Acme", bot_url=receiver.url + "/bot")
    server.faults.set("webhook_disorder", next=1, seconds=10, only="message_created")
    first, second = server.customer_says(account.id, "um"), server.customer_says(account.id, "dois")
    told = [e["id"] for e in receiver.wait("/bot", "message_created", 2)]
    assert told == [second.id, first.id]


def test_a_storm_repeats_a_message_with_nothing_new(server: ChatwootServer, receiver: Receiver) -> None:
    account = server.add_account("Acme", bot_url=receiver.url + "/bot")
    server.faults.set("message_storm", next=1, count=7)
    said = server.customer_says(account.id, "Oi")
    assert {e["id"] for e in receiver.wait("/bot", "message_updated", 7)} == {said.id}


def test_an_assigned_bot_hears_what_the_inboxs_bot_hears(server: ChatwootServer, receiver: Receiver) -> None:
    account = server.add_account("Acme", bot_url=receiver.url + "/bot")
    said = server.customer_says(account.id, "Oi")
    server.assign_second_bot(account.id, said.conversation.display_id)
    again = server.customer_says(account.id, "Alguém aí?")
    assert [e["id"] for e in receiver.wait("/bot", "message_created", 3)].count(again.id) == 2
