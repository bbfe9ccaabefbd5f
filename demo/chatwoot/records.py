"""What Chatwoot keeps: accounts, inboxes, people, conversations and messages, as plain records in memory."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Any

WEBHOOK_EVENTS = (
    "conversation_created",
    "conversation_status_changed",
    "conversation_updated",
    "message_created",
    "message_updated",
    "contact_created",
    "contact_updated",
    "inbox_created",
    "inbox_updated",
    "webwidget_triggered",
    "conversation_typing_on",
    "conversation_typing_off",
)
STATUSES = ("open", "resolved", "pending", "snoozed")
PRIORITIES = ("low", "medium", "high", "urgent")
CONTENT_TYPES = (
    "text",
    "input_text",
    "input_textarea",
    "input_email",
    "input_select",
    "cards",
    "form",
    "article",
    "incoming_email",
    "input_csat",
    "integrations",
    "sticker",
    "voice_call",
)
WHATSAPP = "Channel::Whatsapp"


class MessageType(IntEnum):
    INCOMING = 0
    OUTGOING = 1
    ACTIVITY = 2
    TEMPLATE = 3


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    AGENT = "agent"


# As Rails makes its secure tokens: base 58.
_TOKEN_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def now() -> datetime:
    return datetime.now(UTC)


def new_token() -> str:
    return "".join(secrets.choice(_TOKEN_ALPHABET) for _ in range(24))


@dataclass
class User:
    """A person who works in Chatwoot."""

    id: int
    account_id: int
    name: str
    email: str
    role: Role = Role.AGENT
    token: str = field(default_factory=new_token)

    @property
    def available_name(self) -> str:
        return self.name.split()[0]


@dataclass
class AgentBot:
    id: int
    account_id: int
    name: str
    outgoing_url: str = ""
    description: str = ""
    token: str = field(default_factory=new_token)
    secret: str = field(default_factory=new_token)


@dataclass
class Webhook:
    id: int
    account_id: int
    url: str
    subscriptions: list[str]
    name: str = ""
    secret: str = field(default_factory=new_token)


@dataclass
class Team:
    id: int
    account_id: int
    name: str


@dataclass
class WorkingDay:
    """One day of an inbox; Chatwoot counts days from Sunday (0)."""

    day_of_week: int
    closed_all_day: bool = False
    open_all_day: bool = False
    open_hour: int | None = 9
    open_minutes: int | None = 0
    close_hour: int | None = 18
    close_minutes: int | None = 0


def office_hours() -> list[WorkingDay]:
    """Chatwoot's default: Monday to Friday, nine to five; closed at the weekend."""
    closed = {"closed_all_day": True, "open_hour": None, "open_minutes": None}
    return [
        WorkingDay(day, close_hour=None, close_minutes=None, **closed) if day in (0, 6) else WorkingDay(day)  # type: ignore[arg-type]
        for day in range(7)
    ]


@dataclass
class Inbox:
    id: int
    account_id: int
    name: str
    channel_type: str = WHATSAPP
    phone_number: str | None = None
    timezone: str = "America/Sao_Paulo"
    working_hours_enabled: bool = False
    working_hours: list[WorkingDay] = field(default_factory=office_hours)
    out_of_office_message: str | None = None
    greeting_enabled: bool = False
    greeting_message: str | None = None
    agent_bot_id: int | None = None


@dataclass
class Contact:
    id: int
    account_id: int
    name: str
    phone_number: str | None
    email: str | None = None
    identifier: str | None = None
    blocked: bool = False
    additional_attributes: dict[str, Any] = field(default_factory=dict)
    custom_attributes: dict[str, Any] = field(default_factory=dict)
    created_at: datetime = field(default_factory=now)
    last_activity_at: datetime | None = None


@dataclass
class ContactInbox:
    id: int
    contact_id: int
    inbox_id: int
    source_id: str
    pubsub_token: str = field(default_factory=new_token)
    created_at: datetime = field(default_factory=now)


@dataclass
class Attachment:
    id: int
    message_id: int
    account_id: int
    file_type: str
    filename: str
    content_type: str
    content: bytes
    key: str = field(default_factory=new_token)
    transcribed_text: str = ""

    @property
    def extension(self) -> str | None:
        return self.filename.rpartition(".")[2] if "." in self.filename else None


Sender = Contact | User | AgentBot


@dataclass
class Message:
    id: int
    account_id: int
    inbox_id: int
    conversation: Conversation = field(repr=False)
    content: str | None
    message_type: MessageType
    sender: Sender | None = None
    private: bool = False
    content_type: str = "text"
    content_attributes: dict[str, Any] = field(default_factory=dict)
    additional_attributes: dict[str, Any] = field(default_factory=dict)
    source_id: str | None = None
    status: str = "sent"
    attachments: list[Attachment] = field(default_factory=list)
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)

    @property
    def webhook_sendable(self) -> bool:
        return self.message_type is not MessageType.ACTIVITY

    @property
    def is_reply(self) -> bool:
        """Something the customer can read that did not come from the customer."""
        return self.message_type is MessageType.OUTGOING and not self.private


@dataclass
class Conversation:
    display_id: int
    account_id: int
    inbox_id: int
    contact_id: int
    contact_inbox: ContactInbox
    status: str
    assignee_id: int | None = None
    assignee_agent_bot_id: int | None = None
    team_id: int | None = None
    priority: str | None = None
    labels: list[str] = field(default_factory=list)
    custom_attributes: dict[str, Any] = field(default_factory=dict)
    additional_attributes: dict[str, Any] = field(default_factory=dict)
    snoozed_until: str | None = None
    waiting_since: datetime | None = field(default_factory=now)
    first_reply_created_at: datetime | None = None
    last_incoming_at: datetime | None = None
    last_activity_at: datetime = field(default_factory=now)
    agent_last_seen_at: datetime | None = None
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    typing: str | None = None
    messages: list[Message] = field(default_factory=list, repr=False)

    def last(self, *, public: bool = False) -> Message | None:
        """The last message; `public` leaves out notes and activity, as Chatwoot's webhooks do."""
        for message in reversed(self.messages):
            if not public or (not message.private and message.message_type is not MessageType.ACTIVITY):
                return message
        return None

    @property
    def unread_count(self) -> int:
        seen = self.agent_last_seen_at
        incoming = (m for m in self.messages if m.message_type is MessageType.INCOMING)
        return sum(1 for m in incoming if seen is None or m.created_at > seen)

    def replies(self, after: int = 0) -> Sequence[Message]:
        return [m for m in self.messages if m.is_reply and m.id > after]


@dataclass
class Account:
    id: int
    name: str
    locale: str = "pt_BR"
    inboxes: dict[int, Inbox] = field(default_factory=dict)
    users: dict[int, User] = field(default_factory=dict)
    bots: dict[int, AgentBot] = field(default_factory=dict)
    webhooks: dict[int, Webhook] = field(default_factory=dict)
    teams: dict[int, Team] = field(default_factory=dict)
    contacts: dict[int, Contact] = field(default_factory=dict)
    contact_inboxes: list[ContactInbox] = field(default_factory=list)
    conversations: dict[int, Conversation] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)
    created_at: datetime = field(default_factory=now)
