"""What an account's administrator may ask of Chatwoot: its inboxes, agent bots and webhooks."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .client import ChatwootClient, unexpected_answer
from .inbox import Inbox, parse_inbox


@dataclass(frozen=True, slots=True)
class Bot:
    """An agent bot. Its token and secret are told where it is made, and by some versions nowhere else."""

    id: int
    name: str
    url: str
    access_token: str = field(repr=False, default="")
    secret: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Webhook:
    id: int
    url: str
    secret: str = field(repr=False, default="")


class ChatwootAdministration(ChatwootClient):
    """A client whose reading token is a user's; making and deleting wants an administrator's."""

    def inboxes(self) -> list[Inbox]:
        """All that the token's user sees."""
        answer = self._call("GET", self._path("/inboxes"), token=self._reader())
        try:
            return [parse_inbox(values) for values in answer["payload"]]
        except (AttributeError, KeyError, TypeError, ValueError):
            raise unexpected_answer() from None

    # -- agent bots

    def bots(self) -> list[Bot]:
        answer = self._call("GET", self._path("/agent_bots"), token=self._reader())
        try:
            return [_bot(values) for values in answer]
        except (AttributeError, KeyError, TypeError, ValueError):
            raise unexpected_answer() from None

    def create_bot(self, name: str, url: str, description: str) -> Bot:
        body = {"name": name, "description": description, "outgoing_url": url, "bot_type": 0}
        answer = self._call("POST", self._path("/agent_bots"), token=self._reader(), body=body)
        try:
            return _bot(answer)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise unexpected_answer() from None

    def delete_bot(self, bot: int) -> None:
        self._call("DELETE", self._path(f"/agent_bots/{bot}"), token=self._reader())

    def bot_of_inbox(self, inbox: int) -> Bot | None:
        answer = self._call("GET", self._path(f"/inboxes/{inbox}/agent_bot"), token=self._reader())
        try:
            there = answer.get("agent_bot")
            return _bot(there) if there else None
        except (AttributeError, KeyError, TypeError, ValueError):
            raise unexpected_answer() from None

    def set_bot_of_inbox(self, inbox: int, bot: int | None) -> None:
        self._call("POST", self._path(f"/inboxes/{inbox}/set_agent_bot"), token=self._reader(), body={"agent_bot": bot})

    # -- webhooks of the account

    def webhooks(self) -> list[Webhook]:
        """Only an administrator may see them."""
        answer = self._call("GET", self._path("/webhooks"), token=self._reader())
        try:
            return [_webhook(values) for values in answer["payload"]["webhooks"]]
        except (AttributeError, KeyError, TypeError, ValueError):
            raise unexpected_answer() from None

    def create_webhook(self, name: str, url: str, subscriptions: Iterable[str]) -> Webhook:
        body = {"name": name, "url": url, "subscriptions": list(subscriptions)}
        answer = self._call("POST", self._path("/webhooks"), token=self._reader(), body=body)
        try:
            return _webhook(answer["payload"]["webhook"])
        except (AttributeError, KeyError, TypeError, ValueError):
            raise unexpected_answer() from None

    def delete_webhook(self, webhook: int) -> None:
        self._call("DELETE", self._path(f"/webhooks/{webhook}"), token=self._reader())


def _bot(values: Any) -> Bot:
    return Bot(
        id=int(values["id"]),
        name=str(values.get("name") or ""),
        url=str(values.get("outgoing_url") or ""),
        access_token=str(values.get("access_token") or ""),
        secret=str(values.get("secret") or ""),
    )


def _webhook(values: Any) -> Webhook:
    return Webhook(int(values["id"]), str(values.get("url") or ""), str(values.get("secret") or ""))
