"""The people around a Chatwoot, as calls: who sets an account up, who writes as a customer, who answers as an agent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .desk import Desk, Upload
from .records import WHATSAPP, Conversation, Inbox, Message, Role, User

ALL_SUBSCRIPTIONS = (
    "conversation_created",
    "conversation_status_changed",
    "conversation_updated",
    "message_created",
    "message_updated",
)


@dataclass(frozen=True)
class NewAccount:
    """What whoever connects to a new account must know."""

    id: int
    name: str
    inbox_id: int
    user_id: int
    user_token: str
    agent_id: int
    agent_token: str
    bot_id: int
    bot_token: str
    bot_secret: str
    webhook_secret: str | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class People:
    """The programmatic side of the stand-in; `ChatwootServer` and /_demo offer the same calls."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_account(
        self,
        name: str,
        *,
        account_id: int | None = None,
        bot_url: str | None = None,
        webhook_url: str | None = None,
        subscriptions: Sequence[str] = ALL_SUBSCRIPTIONS,
        channel: str = WHATSAPP,
        inbox_name: str | None = None,
        phone_number: str | None = None,
        timezone: str = "America/Sao_Paulo",
        bot_name: str | None = None,
        user_name: str = "Paula Prado",
        agent_name: str = "Caio Couto",
        user_token: str | None = None,
        bot_token: str | None = None,
        bot_secret: str | None = None,
        webhook_secret: str | None = None,
    ) -> NewAccount:
        """An account with an inbox, its bot, an administrator and an agent. URLs may be given later."""
        desk = self._desk
        with desk.lock:
            account = desk.add_account(name, account_id)
            domain = f"conta{account.id}.example"
            user = desk.add_user(account, user_name, f"admin@{domain}", Role.ADMINISTRATOR, user_token)
            agent = desk.add_user(account, agent_name, f"atendimento@{domain}", Role.AGENT)
            bot = desk.add_bot(
                account, bot_name or f"{name} – assistente", bot_url or "", token=bot_token, secret=bot_secret
            )
            number = phone_number or f"+5511{40000000 + account.id}"
            whatsapp = number if channel == WHATSAPP else None
            inbox_name = inbox_name or f"{channel.partition('::')[2].title()} {name}"
            inbox = desk.add_inbox(account, inbox_name, channel, phone_number=whatsapp, timezone=timezone)
            inbox.agent_bot_id = bot.id
            webhook = None
            if webhook_url:
                webhook = desk.add_webhook(account, webhook_url, subscriptions, secret=webhook_secret)
            return NewAccount(
                account.id,
                account.name,
                inbox.id,
                user.id,
                user.token,
                agent.id,
                agent.token,
                bot.id,
                bot.token,
                bot.secret,
                webhook.secret if webhook else None,
            )

    def point_webhooks(
        self,
        account_id: int,
        bot_url: str | None = None,
        webhook_url: str | None = None,
        subscriptions: Sequence[str] = ALL_SUBSCRIPTIONS,
        webhook_secret: str | None = None,
    ) -> None:
        """Give the inbox's bot its URL, and the account a webhook, once the address is known."""
        desk = self._desk
        with desk.lock:
            account = desk.account(account_id)
            if bot_url is not None:
                for bot in account.bots.values():
                    bot.outgoing_url = bot_url
            if webhook_url is not None:
                desk.add_webhook(account, webhook_url, subscriptions, secret=webhook_secret)

    def add_inbox(self, account_id: int, channel: str) -> Inbox:
        """One more inbox of the account, looked after by its bot."""
        account = self._desk.account(account_id)
        with self._desk.lock:
            inbox = self._desk.add_inbox(account, f"{channel.partition('::')[2]} {account.name}", channel)
            inbox.agent_bot_id = next(iter(account.bots))
            return inbox

    def inbox(self, account_id: int, inbox_id: int | None = None) -> Inbox:
        inboxes = self._desk.account(account_id).inboxes
        return inboxes[inbox_id] if inbox_id is not None else next(iter(inboxes.values()))

    def customer_says(
        self,
        account_id: int,
        content: str | None,
        *,
        phone: str = "+5511988887777",
        name: str | None = None,
        attachments: Sequence[Upload] = (),
        inbox_id: int | None = None,
        content_attributes: dict[str, Any] | None = None,
        subject: str | None = None,
    ) -> Message:
        """The customer writes (an email, where there is a subject); the message knows its conversation."""
        inbox = self.inbox(account_id, inbox_id)
        account = self._desk.account(account_id)
        return self._desk.customer_writes(
            account, inbox, phone, content, name, attachments, content_attributes, subject
        )

    def customer_picks(self, account_id: int, message: Message, value: str) -> None:
        """The customer taps one of the choices a message offers."""
        self._desk.customer_picks(self._desk.account(account_id), message, value)

    def human_replies(
        self, account_id: int, conversation_id: int, content: str, *, private: bool = False, user_id: int | None = None
    ) -> Message:
        """A person answers. As in Chatwoot, that alone does not open the conversation."""
        account = self._desk.account(account_id)
        conversation = self._desk.conversation(account, conversation_id)
        return self._desk.write(account, conversation, self._person(account_id, user_id), content, private=private)

    def assign(self, account_id: int, conversation_id: int, user_id: int | None = None) -> None:
        account = self._desk.account(account_id)
        conversation = self._desk.conversation(account, conversation_id)
        self._desk.assign(account, conversation, self._person(account_id, user_id))

    def unassign(self, account_id: int, conversation_id: int) -> None:
        account = self._desk.account(account_id)
        self._desk.assign(account, self._desk.conversation(account, conversation_id), None)

    def phone_echoes(self, account_id: int, conversation_id: int, content: str) -> Message:
        """A person answers from the channel's own app."""
        account = self._desk.account(account_id)
        return self._desk.phone_echo(account, self._desk.conversation(account, conversation_id), content)

    def opens(self, account_id: int, conversation_id: int) -> None:
        """A person opens the conversation."""
        account = self._desk.account(account_id)
        self._desk.set_status(account, self._desk.conversation(account, conversation_id), "open")

    def assign_second_bot(self, account_id: int, conversation_id: int) -> None:
        """Beside the inbox's bot another one, with the same address and secret, hears the conversation too."""
        account = self._desk.account(account_id)
        conversation = self._desk.conversation(account, conversation_id)
        first, *others = account.bots.values()
        second = others[0] if others else None
        if second is None:
            second = self._desk.add_bot(account, "Second bot", first.outgoing_url, secret=first.secret)
        self._desk.assign(account, conversation, second)

    def _person(self, account_id: int, user_id: int | None) -> User:
        users = self._desk.account(account_id).users
        return users[user_id] if user_id is not None else list(users.values())[-1]

    def wait_for_reply(self, conversation: Conversation, after: int = 0, timeout: float = 30.0) -> Message:
        """The first public answer with an id above `after`; TimeoutError when none comes."""
        self._desk.wait_for(lambda: conversation.replies(after), timeout)
        with self._desk.lock:
            replies = conversation.replies(after)
        if not replies:
            raise TimeoutError(
                f"No reply in conversation {conversation.display_id} of account {conversation.account_id} "
                f"after message {after} within {timeout:g} s (status: {conversation.status})"
            )
        return replies[0]

    def wait_for_status(self, conversation: Conversation, status: str, timeout: float = 30.0) -> None:
        if not self._desk.wait_for(lambda: conversation.status == status, timeout):
            raise TimeoutError(
                f"Conversation {conversation.display_id} of account {conversation.account_id} "
                f"is {conversation.status}, not {status}, after {timeout:g} s"
            )

    def watch_replies(self, conversation: Conversation, after: int, seconds: float) -> list[Message]:
        """All public answers that come within these seconds: for checking that only one does."""
        self._desk.wait_for(lambda: False, seconds)
        with self._desk.lock:
            return list(conversation.replies(after))
