"""What happens in Chatwoot: messages, statuses and assignments change here, and webhooks leave from here."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from . import payloads
from .faults import Fault, Faults
from .journal import Journal
from .records import (
    CONTENT_TYPES,
    PRIORITIES,
    STATUSES,
    WEBHOOK_EVENTS,
    WHATSAPP,
    Account,
    AgentBot,
    Attachment,
    Contact,
    ContactInbox,
    Conversation,
    Inbox,
    Message,
    MessageType,
    Role,
    Sender,
    Team,
    User,
    Webhook,
    new_token,
    now,
)
from .webhooks import FAILURE_OPENS, Delivery, Postman, Target

FLOOD_LIMIT = 200
FLOOD_SECONDS = 60
CONTENT_LIMIT = 150_000
BOT_FAILED = "Conversation was marked open by system due to an error with the agent bot."
WINDOW_CLOSED = "131047: Re-engagement message"


class Refused(ValueError):
    """Chatwoot's 422: the message is what the caller reads; `attributes` are the fields it blames."""

    def __init__(self, message: str, attributes: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.attributes = list(attributes)


class NotFound(LookupError):
    """Chatwoot's 404."""


@dataclass(frozen=True)
class Upload:
    """A file somebody attaches."""

    filename: str
    content_type: str
    content: bytes

    @property
    def file_type(self) -> str:
        family = self.content_type.partition("/")[0]
        return family if family in ("image", "audio", "video") else "file"


class Desk:
    """All accounts of one Chatwoot. Every method is safe to call from any thread.

    `changed` is notified after each change; its counter lets a listener wait for the next one.
    """

    def __init__(self, faults: Faults, journal: Journal, postman: Postman) -> None:
        self.faults = faults
        self.journal = journal
        self.postman = postman
        self.base_url = ""
        self.accounts: dict[int, Account] = {}
        self.attachments: dict[str, Attachment] = {}
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.changes = 0
        self.recent: deque[tuple[int, int, int]] = deque(maxlen=2_000)
        self.closing = False
        self._ids: dict[str, itertools.count[int]] = {}

    # -- accounts and what belongs to them ------------------------------------------------------------------------

    def add_account(self, name: str, account_id: int | None = None, locale: str = "pt_BR") -> Account:
        with self.lock:
            if account_id is None:
                account_id = max(self.accounts, default=0) + 1
            if account_id in self.accounts:
                raise Refused(f"Account {account_id} exists already", ["id"])
            account = self.accounts[account_id] = Account(account_id, name, locale)
            self._note(account_id, 0)
            return account

    def account(self, account_id: int) -> Account:
        with self.lock:
            try:
                return self.accounts[account_id]
            except KeyError:
                raise NotFound("Resource could not be found") from None

    def add_user(self, account: Account, name: str, email: str, role: str = "agent", token: str | None = None) -> User:
        with self.lock:
            user = User(self._next("user"), account.id, name, email, Role(role), token or new_token())
            account.users[user.id] = user
            return user

    def add_bot(self, account: Account, name: str, outgoing_url: str = "", **given: str | None) -> AgentBot:
        """`token`, `secret` and `description` may be given; Chatwoot makes up what is not."""
        with self.lock:
            kept = {key: value for key, value in given.items() if value}
            bot = AgentBot(self._next("bot"), account.id, name, outgoing_url, **kept)
            account.bots[bot.id] = bot
            return bot

    def add_inbox(self, account: Account, name: str, channel_type: str = WHATSAPP, **given: Any) -> Inbox:
        with self.lock:
            inbox = Inbox(self._next("inbox"), account.id, name, channel_type, **given)
            account.inboxes[inbox.id] = inbox
            return inbox

    def add_webhook(
        self, account: Account, url: str, subscriptions: Sequence[str], name: str = "", secret: str | None = None
    ) -> Webhook:
        with self.lock:
            self._check_webhook(account, url, subscriptions)
            webhook = Webhook(self._next("webhook"), account.id, url, list(subscriptions), name, secret or new_token())
            account.webhooks[webhook.id] = webhook
            return webhook

    def update_webhook(
        self, account: Account, webhook: Webhook, url: str, subscriptions: Sequence[str], name: str
    ) -> None:
        with self.lock:
            self._check_webhook(account, url, subscriptions, webhook)
            webhook.url, webhook.subscriptions, webhook.name = url, list(subscriptions), name

    @staticmethod
    def _check_webhook(account: Account, url: str, subscriptions: Sequence[str], own: Webhook | None = None) -> None:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            raise Refused("Url is invalid", ["url"])
        if any(w.url == url and w is not own for w in account.webhooks.values()):
            raise Refused("Url has already been taken", ["url"])
        if not subscriptions or not set(subscriptions) <= set(WEBHOOK_EVENTS):
            raise Refused("Subscriptions Invalid events", ["subscriptions"])

    def token_owner(self, token: str) -> tuple[Account, User | AgentBot] | None:
        with self.lock:
            for account in self.accounts.values():
                owners: list[User | AgentBot] = [*account.users.values(), *account.bots.values()]
                for owner in owners:
                    if owner.token == token:
                        return account, owner
        return None

    # -- contacts ----------------------------------------------------------------------------------------------

    def contact_for(self, account: Account, inbox: Inbox, phone: str, name: str | None) -> ContactInbox:
        """The contact who writes from this number, made on the first message."""
        with self.lock:
            contact = next((c for c in account.contacts.values() if c.phone_number == phone), None)
            if contact is None:
                contact = self.add_contact(account, name=name or phone, phone_number=phone)
            return self.link_contact(account, contact, inbox, phone.lstrip("+"))

    def add_contact(self, account: Account, **fields: Any) -> Contact:
        with self.lock:
            phone = fields.get("phone_number")
            if phone and any(c.phone_number == phone for c in account.contacts.values()):
                raise Refused("Phone number has already been taken", ["phone_number"])
            contact = Contact(self._next("contact"), account.id, **({"name": "", "phone_number": None} | fields))
            account.contacts[contact.id] = contact
            self._send_to_account(
                account, "contact_created", payloads.contact_event("contact_created", account, contact)
            )
            return contact

    def update_contact(self, account: Account, contact: Contact, fields: dict[str, Any]) -> None:
        """Attributes merge into what is there; other fields are replaced."""
        with self.lock:
            changes: dict[str, Any] = {}
            for name, value in fields.items():
                before = getattr(contact, name)
                if name in ("additional_attributes", "custom_attributes"):
                    value = before | value
                if value != before:
                    changes[name] = (before, value)
                    setattr(contact, name, value)
            if changes:
                event = payloads.contact_event("contact_updated", account, contact, changes)
                self._send_to_account(account, "contact_updated", event)

    def link_contact(self, account: Account, contact: Contact, inbox: Inbox, source_id: str) -> ContactInbox:
        with self.lock:
            for link in account.contact_inboxes:
                if link.contact_id == contact.id and link.inbox_id == inbox.id:
                    return link
            link = ContactInbox(self._next("contact_inbox"), contact.id, inbox.id, source_id)
            account.contact_inboxes.append(link)
            return link

    # -- conversations -----------------------------------------------------------------------------------------

    def conversation(self, account: Account, display_id: int) -> Conversation:
        with self.lock:
            try:
                return account.conversations[display_id]
            except KeyError:
                raise NotFound("Resource could not be found") from None

    def open_conversation(self, account: Account, link: ContactInbox, **given: Any) -> Conversation:
        """A new one; where a bot looks after the inbox it starts as pending."""
        with self.lock:
            inbox = account.inboxes[link.inbox_id]
            display_id = max(account.conversations, default=0) + 1
            status = given.pop("status", None) or ("pending" if inbox.agent_bot_id else "open")
            conversation = Conversation(display_id, account.id, inbox.id, link.contact_id, link, status, **given)
            account.conversations[display_id] = conversation
            event = payloads.conversation_event("conversation_created", account, conversation, self.base_url)
            self._send_to_account(account, "conversation_created", event)
            return conversation

    def customer_writes(
        self,
        account: Account,
        inbox: Inbox,
        phone: str,
        content: str | None,
        name: str | None = None,
        uploads: Sequence[Upload] = (),
        content_attributes: dict[str, Any] | None = None,
        subject: str | None = None,
    ) -> Message:
        """A message from outside: it reuses the contact's last conversation of this inbox, as WhatsApp inboxes do."""
        with self.lock:
            link = self.contact_for(account, inbox, phone, name)
            mine = [c for c in account.conversations.values() if c.contact_inbox is link]
            conversation = mine[-1] if mine else self.open_conversation(account, link)
            if subject is not None:
                conversation.additional_attributes.setdefault("mail_subject", subject)
                content_attributes = {"email": {"subject": subject}} | (content_attributes or {})
            conversation.last_incoming_at = now()
            message = self._write(
                conversation,
                Message(
                    id=self._next("message"),
                    account_id=account.id,
                    inbox_id=inbox.id,
                    conversation=conversation,
                    content=content,
                    message_type=MessageType.INCOMING,
                    sender=account.contacts[link.contact_id],
                    content_type="text" if subject is None else "incoming_email",
                    content_attributes=content_attributes or {},
                    source_id=f"wamid.{new_token()}" if inbox.channel_type == WHATSAPP else None,
                ),
                uploads,
            )
            if conversation.status in ("resolved", "snoozed"):
                self.set_status(account, conversation, "pending" if inbox.agent_bot_id else "open", by="customer")
            if conversation.waiting_since is None:
                self._update(account, conversation, waiting_since=message.created_at)
            return message

    def customer_picks(self, account: Account, message: Message, value: str) -> None:
        """A choice tapped in the web widget: no message comes of it, only the one that offered it changes."""
        with self.lock:
            item = next(i for i in message.content_attributes["items"] if i["value"] == value)
            message.content_attributes = message.content_attributes | {"submitted_values": [item]}
            message.updated_at = now()
            self._send_message_event("message_updated", account, message)

    def write(
        self,
        account: Account,
        conversation: Conversation,
        sender: User | AgentBot | None,
        content: str | None,
        uploads: Sequence[Upload] = (),
        *,
        private: bool = False,
        message_type: MessageType = MessageType.OUTGOING,
        content_type: str = "text",
        content_attributes: dict[str, Any] | None = None,
        template_params: dict[str, Any] | None = None,
        source_id: str | None = None,
    ) -> Message:
        """A message from inside: the API's and the page's. The payload shows the conversation as it stood before."""
        with self.lock:
            self._check_message(conversation, content, uploads, content_type)
            message = self._write(
                conversation,
                Message(
                    id=self._next("message"),
                    account_id=account.id,
                    inbox_id=conversation.inbox_id,
                    conversation=conversation,
                    content=content,
                    message_type=message_type,
                    sender=sender,
                    private=private,
                    content_type=content_type,
                    content_attributes=content_attributes or {},
                    additional_attributes={"template_params": template_params} if template_params else {},
                    source_id=source_id,
                ),
                uploads,
            )
            if message.is_reply:
                self._after_reply(account, conversation, message)
            return message

    def _after_reply(self, account: Account, conversation: Conversation, message: Message) -> None:
        answered: dict[str, Any] = {"waiting_since": None}
        if isinstance(message.sender, User) and conversation.first_reply_created_at is None:
            answered["first_reply_created_at"] = message.created_at
        self._update(account, conversation, **answered)
        if account.inboxes[conversation.inbox_id].channel_type == WHATSAPP and not message.source_id:
            self.postman.run(lambda: self._send_to_channel(account, conversation, message))

    def _send_to_channel(self, account: Account, conversation: Conversation, message: Message) -> None:
        """WhatsApp takes the message after the API has answered, or refuses it outside its 24 hours."""
        with self.lock:
            templated = "template_params" in message.additional_attributes
            outside = not payloads.can_reply(account, conversation) and not templated
            if outside or self.faults.strikes(Fault.MESSAGE_FAILS, message.content or ""):
                message.status = "failed"
                message.content_attributes = message.content_attributes | {"external_error": WINDOW_CLOSED}
            else:
                message.status = "delivered"
                message.source_id = f"wamid.{new_token()}"
            message.updated_at = now()
            self._send_message_event("message_updated", account, message)

    def _check_message(
        self, conversation: Conversation, content: str | None, uploads: Sequence[Upload], kind: str
    ) -> None:
        if kind not in CONTENT_TYPES:
            raise Refused(f"'{kind}' is not a valid content_type")
        if len(uploads) > 15:
            raise Refused("Validation failed: Attachments exceeds the maximum of 15")
        if content and len(content) > CONTENT_LIMIT:
            raise Refused(f"Validation failed: Content is too long (maximum is {CONTENT_LIMIT} characters)")
        since = now() - timedelta(seconds=FLOOD_SECONDS)
        if sum(1 for m in conversation.messages if m.created_at >= since) >= FLOOD_LIMIT:
            raise Refused("Validation failed: Too many messages")

    def _write(self, conversation: Conversation, message: Message, uploads: Sequence[Upload] = ()) -> Message:
        account = self.accounts[message.account_id]
        for upload in uploads:
            attachment = Attachment(
                self._next("attachment"),
                message.id,
                account.id,
                upload.file_type,
                upload.filename,
                upload.content_type,
                upload.content,
            )
            self.attachments[attachment.key] = attachment
            message.attachments.append(attachment)
        conversation.messages.append(message)
        conversation.last_activity_at = conversation.updated_at = message.created_at
        self.journal.write(
            "message",
            account_id=account.id,
            conversation_id=conversation.display_id,
            id=message.id,
            message_type=message.message_type.name.lower(),
            private=message.private,
            sender=payloads.SENDER_TYPES.get(type(message.sender)) if message.sender else None,
            content=message.content,
            status=conversation.status,
        )
        self._send_message_event("message_created", account, message)
        if storm := self.faults.strikes(Fault.MESSAGE_STORM, message.message_type.name.lower()):
            for _ in range(storm.count):
                self._send_message_event("message_updated", account, message)
        return message

    def phone_echo(self, account: Account, conversation: Conversation, content: str) -> Message:
        """A person answers from WhatsApp's own app: outgoing, from nobody Chatwoot knows."""
        return self.write(
            account,
            conversation,
            None,
            content,
            content_attributes={"external_echo": True},
            source_id=f"wamid.{new_token()}",
        )

    def toggled_status(self, conversation: Conversation) -> str:
        return "resolved" if conversation.status == "open" else "open"

    def set_status(
        self,
        account: Account,
        conversation: Conversation,
        status: str,
        snoozed_until: str | None = None,
        by: str = "person",
    ) -> None:
        """`by` is for the journal: person, user or bot (through the API), customer, or chatwoot itself."""
        if status not in STATUSES:
            raise Refused(f"'{status}' is not a valid status")
        with self.lock:
            before = conversation.status
            conversation.snoozed_until = snoozed_until if status == "snoozed" else None
            if status == before:
                return
            conversation.status = status
            self.journal.write(
                "status",
                account_id=account.id,
                conversation_id=conversation.display_id,
                before=before,
                after=status,
                by=by,
            )
            event = payloads.conversation_event("conversation_status_changed", account, conversation, self.base_url)
            self._send_to_account(account, "conversation_status_changed", event)
            self._send_to_bots(account, conversation, "conversation_status_changed", event)
            if status in ("open", "resolved"):
                name = "conversation_opened" if status == "open" else "conversation_resolved"
                own = payloads.conversation_event(name, account, conversation, self.base_url)
                self._send_to_bots(account, conversation, name, own)
            self._conversation_updated(account, conversation, {"status": (before, status)})

    def hand_over(self, account: Account, conversation: Conversation) -> None:
        """The bot gives the conversation to people."""
        with self.lock:
            self.set_status(account, conversation, "open", by="bot")
            if conversation.waiting_since is None:
                self._update(account, conversation, waiting_since=now())

    def assign(self, account: Account, conversation: Conversation, to: User | AgentBot | None) -> None:
        with self.lock:
            self._update(
                account,
                conversation,
                assignee_id=to.id if isinstance(to, User) else None,
                assignee_agent_bot_id=to.id if isinstance(to, AgentBot) else None,
            )
            self.journal.write(
                "assignment",
                account_id=account.id,
                conversation_id=conversation.display_id,
                to=type(to).__name__ if to else None,
            )

    def assign_team(self, account: Account, conversation: Conversation, team: Team | None) -> None:
        self._update(account, conversation, team_id=team.id if team else None)

    def set_labels(self, account: Account, conversation: Conversation, labels: Sequence[str]) -> None:
        self._update(account, conversation, labels=list(dict.fromkeys(labels)))

    def set_custom_attributes(self, account: Account, conversation: Conversation, attributes: dict[str, Any]) -> None:
        self._update(account, conversation, custom_attributes=attributes)

    def set_priority(self, account: Account, conversation: Conversation, priority: str | None) -> None:
        if priority is not None and priority not in PRIORITIES:
            raise Refused(f"'{priority}' is not a valid priority")
        self._update(account, conversation, priority=priority)

    def set_typing(
        self, account: Account, conversation: Conversation, who: User | AgentBot, on: bool, is_private: bool = False
    ) -> None:
        with self.lock:
            conversation.typing = who.name if on and not is_private else None
            event = f"conversation_typing_{'on' if on else 'off'}"
            payload = payloads.typing_event(event, account, conversation, who, is_private, self.base_url)
            self._send_to_account(account, event, payload)
            self._note(account.id, conversation.display_id)

    def age(self, conversation: Conversation, hours: float) -> None:
        """Move the customer's last message into the past, for WhatsApp's 24 hours."""
        with self.lock:
            last = conversation.last_incoming_at or conversation.created_at
            conversation.last_incoming_at = last - timedelta(hours=hours)

    # -- waiting -----------------------------------------------------------------------------------------------

    def wait_for(self, condition: Callable[[], Any], timeout: float) -> Any:
        """The condition's value once it is true, or what it is when the time is up."""
        with self.changed:
            return self.changed.wait_for(lambda: condition() or self.closing, timeout) and condition()

    def changes_after(self, number: int, timeout: float) -> tuple[int, set[tuple[int, int]]]:
        """Which (account, conversation) changed since; waits up to the timeout for the first one."""
        deadline = time.monotonic() + timeout
        with self.changed:
            self.changed.wait_for(lambda: self.changes > number or self.closing, max(0.0, deadline - time.monotonic()))
            return self.changes, {(a, c) for n, a, c in self.recent if n > number}

    def close(self) -> None:
        with self.changed:
            self.closing = True
            self.changed.notify_all()
        self.postman.close()

    # -- events out --------------------------------------------------------------------------------------------

    def _update(self, account: Account, conversation: Conversation, **values: Any) -> None:
        with self.lock:
            changes = {n: (getattr(conversation, n), v) for n, v in values.items() if getattr(conversation, n) != v}
            for name, value in values.items():
                setattr(conversation, name, value)
            if changes:
                self._conversation_updated(account, conversation, changes)

    def _conversation_updated(self, account: Account, conversation: Conversation, changes: dict[str, Any]) -> None:
        conversation.updated_at = now()
        named = {"label_list" if name == "labels" else name: pair for name, pair in changes.items()}
        event = payloads.conversation_event("conversation_updated", account, conversation, self.base_url, named)
        self._send_to_account(account, "conversation_updated", event)
        self._send_to_bots(account, conversation, "conversation_updated", event)
        self._note(account.id, conversation.display_id)

    def _send_message_event(self, event: str, account: Account, message: Message) -> None:
        self._note(account.id, message.conversation.display_id)
        if not message.webhook_sendable:
            return
        payload = payloads.message_event(event, account, message, self.base_url)
        self._send_to_account(account, event, payload)
        self._send_to_bots(account, message.conversation, event, payload)

    def _send_to_account(self, account: Account, event: str, payload: dict[str, Any]) -> None:
        body = _serialise(payload)
        for webhook in account.webhooks.values():
            if event in webhook.subscriptions:
                target = Target("account", webhook.url, webhook.secret)
                self.postman.post(Delivery(target, event, account.id, payload.get("id"), body))

    def _send_to_bots(self, account: Account, conversation: Conversation, event: str, payload: dict[str, Any]) -> None:
        """The inbox's bot and an assigned bot both hear everything."""
        inbox = account.inboxes[conversation.inbox_id]
        listening = dict.fromkeys((inbox.agent_bot_id, conversation.assignee_agent_bot_id))
        bots = [account.bots[bot_id] for bot_id in listening if bot_id in account.bots]
        body = _serialise(payload)
        for bot in bots:
            if bot.outgoing_url:
                failed = (lambda: self._bot_failed(account, conversation)) if event in FAILURE_OPENS else None
                target = Target("bot", bot.outgoing_url, bot.secret)
                self.postman.post(Delivery(target, event, account.id, payload.get("id"), body, failed))

    def _bot_failed(self, account: Account, conversation: Conversation) -> None:
        with self.lock:
            if conversation.status != "pending":
                return
            self.set_status(account, conversation, "open", by="chatwoot")
            self._write(
                conversation,
                Message(
                    id=self._next("message"),
                    account_id=account.id,
                    inbox_id=conversation.inbox_id,
                    conversation=conversation,
                    content=BOT_FAILED,
                    message_type=MessageType.ACTIVITY,
                ),
            )

    def _note(self, account_id: int, display_id: int) -> None:
        with self.changed:
            self.changes += 1
            self.recent.append((self.changes, account_id, display_id))
            self.changed.notify_all()

    def _next(self, what: str) -> int:
        with self.lock:
            return next(self._ids.setdefault(what, itertools.count(1)))


def _serialise(payload: dict[str, Any]) -> bytes:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"), default=str).encode()


__all__ = ["Desk", "NotFound", "Refused", "Sender", "Upload"]
