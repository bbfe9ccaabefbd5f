"""What Chatwoot sends, as small values: webhook payloads and the messages and conversations of its API.

Tolerant to keys that are missing (versions differ), strict about the types of those that are there: whatever comes in,
:func:`parse_event` gives a value or raises :class:`InvalidPayload`. Only what the engine uses is kept; the
contact inbox's ``pubsub_token``, a secret, is never read.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeGuard

MAX_CONTENT = 150_000  # Chatwoot's own limit of a message
_MAX_NAME = 500
_MAX_URL = 4_000
_MAX_ID = 2**63 - 1
_MAX_DISPLAY_ID = 2**31 - 1
_MAX_ATTACHMENTS = 15
_MAX_LABELS = 100
_MAX_PICKED = 10

_MESSAGE_EVENTS = frozenset({"message_created", "message_updated"})
_STATUSES = frozenset({"pending", "open", "snoozed", "resolved"})
_CONVERSATION_EVENTS = frozenset(
    {
        "conversation_created",
        "conversation_status_changed",
        "conversation_updated",
        "conversation_opened",
        "conversation_resolved",
    }
)


class InvalidPayload(ValueError):
    """The payload is not what Chatwoot sends; the text says where."""


class Direction(StrEnum):
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    TEMPLATE = "template"
    ACTIVITY = "activity"


_DIRECTION_OF_NUMBER = {0: Direction.INCOMING, 1: Direction.OUTGOING, 2: Direction.ACTIVITY, 3: Direction.TEMPLATE}


class Author(StrEnum):
    """Who wrote a message, as far as the agents must know."""

    CUSTOMER = "customer"
    PERSON = "person"  # of the company, in Chatwoot or in the channel's own app
    BOT = "bot"
    AUTOMATION = "automation"  # templates, automation rules, campaigns, Chatwoot's own lines


@dataclass(frozen=True, slots=True)
class Attachment:
    id: int | None
    file_type: str
    content_type: str
    extension: str
    data_url: str
    file_size: int
    transcribed_text: str
    title: str = ""  # of a place, a contact's number, or a shared post
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Message:
    id: int
    author: Author
    direction: Direction
    content: str
    content_type: str
    private: bool
    sender_name: str
    source_id: str
    created_at: datetime | None
    deleted: bool
    external_error: str
    attachments: tuple[Attachment, ...]
    picked: tuple[str, ...] = ()  # of the choices a message offered, those the customer tapped


@dataclass(frozen=True, slots=True)
class Contact:
    id: int | None
    name: str
    phone_number: str
    email: str
    identifier: str


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """A contact of the API's answers, with what the company added to it."""

    contact: Contact
    blocked: bool
    custom_attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as Chatwoot described it at one moment; None where it did not say."""

    display_id: int
    account_id: int | None
    inbox_id: int | None
    channel: str
    status: str | None
    assignee: str  # name; empty when nobody is
    assignee_is_person: bool
    assignee_id: int | None
    team_id: int | None
    contact: Contact
    channel_identity: str  # who the channel says is writing: for WhatsApp the number, without a plus
    can_reply: bool | None
    updated_at: float | None
    labels: tuple[str, ...]
    subject: str = ""  # of an email's thread
    newest_message_id: int = 0  # of those it shows; 0 where it shows none


@dataclass(frozen=True, slots=True)
class ListedConversation:
    """A conversation of the API's list."""

    conversation: Conversation
    newest_id: int  # of its messages; 0 when the list showed none
    last_activity_at: float | None


@dataclass(frozen=True, slots=True)
class MessageEvent:
    event: str
    account_id: int
    inbox_name: str
    message: Message
    conversation: Conversation

    @property
    def is_new(self) -> bool:
        return self.event == "message_created"


@dataclass(frozen=True, slots=True)
class ConversationEvent:
    event: str
    account_id: int | None  # inside a conversation only since 4.14.2
    conversation: Conversation


@dataclass(frozen=True, slots=True)
class Ignored:
    """Genuine, and nothing for the agents to do with."""

    event: str
    account_id: int | None
    reason: str


Event = MessageEvent | ConversationEvent | Ignored


def parse_body(body: bytes) -> object:
    """The JSON value of a request's body.

    :raises InvalidPayload: when it is not JSON
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidPayload("the body is not JSON") from None


def parse_event(payload: object) -> Event:
    """The event of a webhook's payload.

    :raises InvalidPayload: when a key that is needed is missing or has another type
    """
    envelope = _mapping(payload, "payload")
    event = _text(envelope, "event", _MAX_NAME)
    if not event:
        raise InvalidPayload("event: missing")
    if event in _MESSAGE_EVENTS:
        return _message_event(event, envelope)
    account_id = _account_id(envelope)
    if event in _CONVERSATION_EVENTS:
        return ConversationEvent(event, account_id, parse_conversation(envelope))
    return Ignored(event, account_id, "not an event the agents act on")


def parse_message(payload: object) -> Message:
    """A message of a webhook (message_type a word) or of the API (a number)."""
    values = _mapping(payload, "message")
    attributes = _optional_mapping(values, "content_attributes")
    sender = _optional_mapping(values, "sender")
    direction = _direction(values)
    source_id = _text(values, "source_id", _MAX_NAME)
    return Message(
        id=_id(values, "id"),
        author=_author(direction, sender, attributes, _text(values, "sender_type", _MAX_NAME), source_id),
        direction=direction,
        content=_text(values, "content", MAX_CONTENT),
        content_type=_text(values, "content_type", _MAX_NAME) or "text",
        private=_flag(values, "private"),
        sender_name=_text(sender, "name", _MAX_NAME),
        source_id=source_id,
        created_at=_moment(values.get("created_at")),
        deleted=_flag(attributes, "deleted"),
        external_error=_text(attributes, "external_error", MAX_CONTENT),
        attachments=_attachments(values),
        picked=_picked(attributes),
    )


def parse_conversation(payload: object) -> Conversation:
    """A conversation as it stands in a webhook or in the API's answer."""
    values = _mapping(payload, "conversation")
    meta = _optional_mapping(values, "meta")
    contact = _optional_mapping(meta, "sender")
    contact_inbox = _optional_mapping(values, "contact_inbox")
    assignee = _optional_mapping(meta, "assignee")
    assignee_type = _text(meta, "assignee_type", _MAX_NAME) or _text(assignee, "type", _MAX_NAME)
    display_id = _id(values, "id")
    if display_id > _MAX_DISPLAY_ID:
        raise InvalidPayload("conversation.id: not an id")
    return Conversation(
        display_id=display_id,
        account_id=_account_id(values),
        inbox_id=_optional_id(values, "inbox_id"),
        channel=_text(values, "channel", _MAX_NAME) or _text(meta, "channel", _MAX_NAME),
        status=_status(values),
        assignee=_text(assignee, "name", _MAX_NAME) or ("?" if assignee else ""),
        assignee_is_person=bool(assignee) and assignee_type.lower().replace("_", "") != "agentbot",
        assignee_id=_optional_id(assignee, "id"),
        team_id=_optional_id(_optional_mapping(meta, "team"), "id"),
        contact=_contact(contact),
        channel_identity=_text(contact_inbox, "source_id", _MAX_NAME),
        can_reply=_optional_flag(values, "can_reply"),
        updated_at=_number(values, "updated_at"),
        labels=_labels(values),
        subject=_text(_optional_mapping(values, "additional_attributes"), "mail_subject", _MAX_NAME),
        newest_message_id=_newest_message_id(values),
    )


def parse_listed(payload: object) -> ListedConversation:
    """A conversation of the API's list, which shows its newest message with it."""
    values = _mapping(payload, "conversation")
    shown = [*_list(values, "messages"), values.get("last_non_activity_message")]
    ids = [message.get("id") for message in shown if isinstance(message, dict)]
    return ListedConversation(
        conversation=parse_conversation(values),
        newest_id=max((number for number in ids if isinstance(number, int)), default=0),
        last_activity_at=_number(values, "last_activity_at"),
    )


def parse_contact_details(payload: object) -> ContactDetails:
    """A contact as the API tells of it. Its inboxes, each with a ``pubsub_token``, are left out."""
    values = _mapping(payload, "contact")
    _id(values, "id")
    return ContactDetails(
        contact=_contact(values),
        blocked=_flag(values, "blocked"),
        custom_attributes=dict(_optional_mapping(values, "custom_attributes")),
    )


def _contact(values: Mapping[str, Any]) -> Contact:
    return Contact(
        id=_optional_id(values, "id"),
        name=_text(values, "name", _MAX_NAME),
        phone_number=_text(values, "phone_number", _MAX_NAME),
        email=_text(values, "email", _MAX_NAME),
        identifier=_text(values, "identifier", _MAX_NAME),
    )


def _message_event(event: str, envelope: Mapping[str, Any]) -> Event:
    account_id = _account_id(envelope)
    if account_id is None:
        raise InvalidPayload("account.id: missing")
    if envelope.get("message_type") == Direction.ACTIVITY:
        return Ignored(event, account_id, "an activity line")
    return MessageEvent(
        event=event,
        account_id=account_id,
        inbox_name=_text(_optional_mapping(envelope, "inbox"), "name", _MAX_NAME),
        message=parse_message(envelope),
        conversation=parse_conversation(envelope.get("conversation")),
    )


def _author(
    direction: Direction,
    sender: Mapping[str, Any],
    attributes: Mapping[str, Any],
    sender_type: str,
    source_id: str,
) -> Author:
    if direction is Direction.INCOMING:
        # Out-of-office replies and the like: answering one is how two programs write to each other for ever.
        return Author.AUTOMATION if _is_auto_reply(attributes) else Author.CUSTOMER
    if direction is not Direction.OUTGOING:
        return Author.AUTOMATION
    if _flag(attributes, "external_echo"):
        return Author.PERSON
    kind = "".join(filter(str.isalpha, (_text(sender, "type", _MAX_NAME) or sender_type).lower()))
    if kind in ("agentbot", "captainassistant"):  # User, AgentBot, Captain::Assistant in the API's sender_type
        return Author.BOT
    if kind == "user" or (sender and not kind):
        return Author.PERSON  # also somebody of whom Chatwoot does not say what they are: silence is the lesser mistake
    # No sender: a rule or a campaign of Chatwoot, which gets its source_id only once it was sent; a message that comes
    # with one was written in the channel's own app (versions before external_echo say no more).
    written_in_app = not sender and source_id and "automation_rule_id" not in attributes
    return Author.PERSON if written_in_app else Author.AUTOMATION


def _direction(values: Mapping[str, Any]) -> Direction:
    given = values.get("message_type")
    if isinstance(given, int) and not isinstance(given, bool) and given in _DIRECTION_OF_NUMBER:
        return _DIRECTION_OF_NUMBER[given]
    if isinstance(given, str) and given in list(Direction):
        return Direction(given)
    raise InvalidPayload("message_type: none that is known")


def _attachments(values: Mapping[str, Any]) -> tuple[Attachment, ...]:
    items = [_mapping(item, "attachments") for item in _list(values, "attachments")[:_MAX_ATTACHMENTS]]
    return tuple(
        Attachment(
            id=_optional_id(item, "id"),
            file_type=_text(item, "file_type", _MAX_NAME) or "file",
            content_type=_text(item, "content_type", _MAX_NAME),
            extension=_text(item, "extension", _MAX_NAME),
            data_url=_text(item, "data_url", _MAX_URL),
            file_size=int(_number(item, "file_size") or 0),
            transcribed_text=_text(item, "transcribed_text", MAX_CONTENT),
            title=_text(item, "fallback_title", _MAX_NAME),
            latitude=_number(item, "coordinates_lat"),
            longitude=_number(item, "coordinates_long"),
        )
        for item in items
    )


def _is_auto_reply(attributes: Mapping[str, Any]) -> bool:
    email = attributes.get("email")
    return isinstance(email, dict) and email.get("auto_reply") is True


def _picked(attributes: Mapping[str, Any]) -> tuple[str, ...]:
    """Titles of the choices submitted; forms submit other things under the same name, which are none.

    The web widget submits a list; who uses Chatwoot's public API submits one value, as its description says.
    """
    values = attributes.get("submitted_values")
    chosen = values if isinstance(values, list) else [values]
    titles = [_text(one, "title", _MAX_NAME) for one in chosen[:_MAX_PICKED] if _is_choice(one)]
    return tuple(title for title in titles if title.strip())


def _is_choice(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, dict) and isinstance(value.get("title"), str)


def _status(values: Mapping[str, Any]) -> str | None:
    """One of the four; any other, of a Chatwoot to come, is not pending, and so the people's: open."""
    status = _text(values, "status", _MAX_NAME) or None
    return status if status is None or status in _STATUSES else "open"


def _labels(values: Mapping[str, Any]) -> tuple[str, ...]:
    labels = _list(values, "labels")[:_MAX_LABELS]
    if not all(isinstance(label, str) for label in labels):
        raise InvalidPayload("labels: not all are texts")
    return tuple(_clean(label)[:_MAX_NAME] for label in labels)


def _newest_message_id(values: Mapping[str, Any]) -> int:
    shown = [_mapping(message, "messages") for message in _list(values, "messages")]
    shown.append(_optional_mapping(values, "last_non_activity_message"))
    return max(_optional_id(message, "id") or 0 for message in shown)


def _account_id(values: Mapping[str, Any]) -> int | None:
    """``account: {id}`` in webhooks, ``account_id`` in the API's answers."""
    account = _optional_mapping(values, "account")
    return _optional_id(account, "id") or _optional_id(values, "account_id")


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidPayload(f"{name}: not an object")
    return value


def _optional_mapping(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = values.get(name)
    return {} if value is None else _mapping(value, name)


def _list(values: Mapping[str, Any], name: str) -> list[Any]:
    value = values.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise InvalidPayload(f"{name}: not a list")
    return value


def _text(values: Mapping[str, Any], name: str, limit: int) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidPayload(f"{name}: not a text")
    return _clean(value)[:limit]


def _clean(text: str) -> str:
    """Without what PostgreSQL cannot hold: NUL, and halves of a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _id(values: Mapping[str, Any], name: str) -> int:
    number = _optional_id(values, name)
    if number is None:
        raise InvalidPayload(f"{name}: missing")
    return number


def _optional_id(values: Mapping[str, Any], name: str) -> int | None:
    value = values.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _MAX_ID:
        raise InvalidPayload(f"{name}: not an id")
    return value


def _number(values: Mapping[str, Any], name: str) -> float | None:
    value = values.get(name)
    if value is None or isinstance(value, str):
        return None  # some versions write the moment as ISO text: nothing is decided by it then
    if (
        not isinstance(value, int | float)
        or isinstance(value, bool)
        or abs(value) > _MAX_ID
        or not math.isfinite(value)
    ):
        raise InvalidPayload(f"{name}: not a number")
    return float(value)


def _flag(values: Mapping[str, Any], name: str) -> bool:
    return bool(_optional_flag(values, name))


def _optional_flag(values: Mapping[str, Any], name: str) -> bool | None:
    value = values.get(name)
    if value is not None and not isinstance(value, bool):
        raise InvalidPayload(f"{name}: not true or false")
    return value


def _moment(value: object) -> datetime | None:
    """Webhooks write it as ISO text, the API in unix seconds. One that cannot be read is none."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None
