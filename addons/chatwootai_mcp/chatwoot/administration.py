"""What an account's administrator may ask of Chatwoot: its inboxes, agent bots and webhooks."""

from .client import ChatwootClient, _unexpected
from .inbox import Inbox, parse_inbox


class ChatwootAdministration(ChatwootClient):
    """A client whose reading token is a user's; making and deleting wants an administrator's."""

    def inboxes(self) -> list[Inbox]:
        """All that the token's user sees."""
        answer = self._call("GET", self._path("/inboxes"), token=self._reader())
        try:
            return [parse_inbox(values) for values in answer["payload"]]
        except (AttributeError, KeyError, TypeError, ValueError):
            raise _unexpected() from None
