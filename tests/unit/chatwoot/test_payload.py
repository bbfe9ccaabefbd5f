"""Chatwoot's payloads become values, and nothing else does."""

import contextlib
import json
from pathlib import Path

import pytest
from chatwootai_mcp.chatwoot.payload import (
    Author,
    ConversationEvent,
    Direction,
    Ignored,
    InvalidPayload,
    MessageEvent,
    parse_body,
    parse_conversation,
    parse_event,
    parse_message,
)
from hypothesis import given, settings
from hypothesis import strategies as st

SAMPLES = Path(__file__).parent / "samples"
TEXT, IMAGE, HUMAN = (f"webhook-{name}.json" for name in ("whatsapp-text", "whatsapp-image", "human-reply"))


def sample(name=TEXT, **changes):
    return json.loads((SAMPLES / name).read_text()) | changes


def test_a_customers_message_is_read_with_its_conversation():
    event = parse_event(sample())
    assert isinstance(event, MessageEvent)
    assert event.is_new
    assert (event.account_id, event.message.id, event.conversation.display_id) == (7, 17547, 25)
    assert event.message.author is Author.CUSTOMER
    assert event.message.content == "Hola, ¿tienen la silla roja?"
    assert event.message.created_at.isoformat() == "2026-06-18T15:04:05.319000+00:00"
    assert event.conversation.channel == "Channel::Whatsapp"
    assert event.conversation.status == "pending"
    assert event.conversation.channel_identity == "5215512345678"
    assert event.conversation.contact.phone_number == "+5215512345678"
    assert not event.conversation.assignee_is_person


def test_an_image_without_words_has_empty_content_and_its_attachment():
    message = parse_event(sample(IMAGE)).message
    assert message.content == ""
    assert [(item.file_type, item.extension, item.file_size) for item in message.attachments] == [
        ("image", "jpg", 84213)
    ]


def test_a_persons_reply_is_known_as_one_and_the_assignee_too():
    event = parse_event(sample(HUMAN))
    assert event.message.author is Author.PERSON
    assert event.conversation.assignee_is_person
    assert event.conversation.assignee == "Luis Gil"


@pytest.mark.parametrize(
    ("changes", "author"),
    [
        ({"sender": {"id": 1, "name": "Bot", "type": "agent_bot"}}, Author.BOT),
        ({"sender": {"id": 1, "name": "Captain", "type": "captain_assistant"}}, Author.BOT),
        ({"sender": {"id": 1, "type": "user"}}, Author.PERSON),
        ({"sender": {"id": 1, "name": "Luis"}}, Author.PERSON),
        ({"sender": {"id": 1}, "sender_type": "Captain::Assistant"}, Author.BOT),
        ({"sender": None, "content_attributes": {"external_echo": True}}, Author.PERSON),
        ({"sender": None, "source_id": "wamid.1"}, Author.PERSON),
        ({"sender": None, "source_id": "wamid.1", "content_attributes": {"automation_rule_id": 3}}, Author.AUTOMATION),
        ({"sender": None}, Author.AUTOMATION),
        ({"sender": None, "message_type": "template"}, Author.AUTOMATION),
    ],
)
def test_each_author_of_an_outgoing_message_is_told_apart(changes, author):
    event = parse_event(sample(HUMAN) | {"message_type": "outgoing"} | changes)
    assert event.message.author is author


def test_versions_that_send_less_are_understood():
    payload = sample()
    for missing in ("content_attributes", "private", "sender", "inbox", "source_id", "additional_attributes"):
        del payload[missing]
    for missing in ("meta", "status", "channel", "contact_inbox", "updated_at", "account", "labels"):
        del payload["conversation"][missing]
    event = parse_event(payload)
    assert event.message.author is Author.CUSTOMER
    assert event.conversation.status is None
    assert event.conversation.contact.name == ""


def test_an_assignee_without_a_type_is_taken_for_a_person():
    conversation = sample(HUMAN)["conversation"]
    del conversation["meta"]["assignee_type"], conversation["meta"]["assignee"]["type"]
    assert parse_conversation(conversation).assignee_is_person


def test_a_bot_as_assignee_is_no_person():
    conversation = sample(HUMAN)["conversation"]
    conversation["meta"]["assignee_type"] = "AgentBot"
    assert not parse_conversation(conversation).assignee_is_person


def test_conversation_events_stand_at_the_top_level():
    payload = sample()["conversation"] | {"event": "conversation_status_changed", "changed_attributes": None}
    del payload["account"]
    event = parse_event(payload)
    assert isinstance(event, ConversationEvent)
    assert (event.account_id, event.conversation.display_id, event.conversation.status) == (None, 25, "pending")


def test_a_status_of_a_chatwoot_to_come_is_the_peoples():
    assert parse_conversation({"id": 1, "status": "on_hold"}).status == "open"
    assert parse_conversation({"id": 1}).status is None


def test_a_conversations_number_fits_its_column():
    with pytest.raises(InvalidPayload, match=r"conversation\.id"):
        parse_conversation({"id": 2**31})


def test_the_apis_messages_use_numbers_where_webhooks_use_words():
    listed = sample(HUMAN)["conversation"]["messages"][0]
    message = parse_message(listed)
    assert (message.id, message.direction, message.author) == (17551, Direction.OUTGOING, Author.PERSON)
    assert message.created_at.year == 2026


@pytest.mark.parametrize("event", ["webwidget_triggered", "conversation_typing_on", "contact_created", "new_in_5_0"])
def test_other_events_are_ignored_by_name(event):
    assert parse_event({"event": event, "account": {"id": 7}}) == Ignored(event, 7, "not an event the agents act on")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("event",), None),
        (("event",), 3),
        (("account",), None),
        (("account",), []),
        (("account", "id"), "7"),
        (("account", "id"), True),
        (("id",), None),
        (("id",), -1),
        (("id",), 2**63),
        (("id",), 1.5),
        (("content",), {"a": 1}),
        (("message_type",), "weird"),
        (("message_type",), True),
        (("private",), "no"),
        (("attachments",), {"0": 1}),
        (("attachments",), ["x"]),
        (("conversation",), None),
        (("conversation", "id"), None),
        (("conversation", "status"), 1),
        (("conversation", "meta"), "x"),
        (("conversation", "labels"), [1]),
        (("conversation", "updated_at"), float("nan")),
    ],
)
def test_a_wrong_type_is_refused_and_named(path, value):
    payload = sample()
    target = payload
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    with pytest.raises(InvalidPayload, match=path[-1]):
        parse_event(payload)


def test_what_postgresql_cannot_store_is_taken_out():
    message = parse_event(parse_body(json.dumps(sample(content="a\0b\ud800c")).encode())).message
    assert message.content.encode() == b"ab?c"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"1" * 10_000, b'{"a":}'])
def test_a_body_that_is_not_json_is_refused_as_such(body):
    with pytest.raises(InvalidPayload):
        parse_event(parse_body(body))


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=8,
)


@given(_json)
def test_any_json_is_a_value_or_refused(value):
    with contextlib.suppress(InvalidPayload):
        parse_event(value)


def _paths(value, path=()):
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield (*path, key)
            yield from _paths(inner, (*path, key))


@settings(max_examples=400)
@given(data=st.data(), name=st.sampled_from([TEXT, IMAGE, HUMAN]))
def test_a_real_payload_damaged_anywhere_is_a_value_or_refused(data, name):
    payload = sample(name)
    for path in data.draw(st.lists(st.sampled_from(sorted(_paths(payload), key=str)), min_size=1, max_size=3)):
        target = payload
        try:
            for step in path[:-1]:
                target = target[step]
            target[path[-1]] = data.draw(_json)
        except (KeyError, IndexError, TypeError):
            continue
    try:
        event = parse_event(payload)
    except InvalidPayload:
        return
    assert isinstance(event, MessageEvent | ConversationEvent | Ignored)
    if isinstance(event, MessageEvent):
        event.message.content.encode()


def test_a_conversation_tells_its_newest_message():
    shown = {"id": 3, "messages": [{"id": 8}], "last_non_activity_message": {"id": 7}}
    assert parse_conversation(shown).newest_message_id == 8
    assert parse_conversation({"id": 3, "last_non_activity_message": None}).newest_message_id == 0
