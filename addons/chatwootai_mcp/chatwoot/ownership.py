"""Who answers a conversation: the agents, or the people beside them. The one place where that is decided.

    pending, nobody assigned, nobody spoke  ->  the agents answer
    open or snoozed                         ->  people: opened by one, or handed over by the agents
    a person is assigned                    ->  people
    a person spoke (echoes of the phone app too, which leave the status as it was)  ->  people
    resolved                                ->  nobody; the customer's next message makes it pending, all starts anew

People keep a conversation until it is resolved, or until one of them sets it back to pending.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from .payload import Author, Conversation, Message

PENDING = "pending"
_WITH_PEOPLE = frozenset({"open", "snoozed"})


class Silence(StrEnum):
    """Why the agents say nothing."""

    PERSON_SPOKE = "person_spoke"
    PERSON_ASSIGNED = "person_assigned"
    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a conversation, as far as it decides who answers."""

    status: str = PENDING
    person_assigned: bool = False
    person_spoke: bool = False

    @property
    def silence(self) -> Silence | None:
        """Why the agents are silent; None when they answer."""
        if self.person_spoke:
            return Silence.PERSON_SPOKE
        if self.person_assigned:
            return Silence.PERSON_ASSIGNED
        if self.status == PENDING:
            return None
        return Silence.RESOLVED if self.status == "resolved" else Silence.OPEN

    def seen(self, conversation: Conversation) -> "Standing":
        """After Chatwoot said how the conversation stands. What it did not say stays as it was."""
        status = conversation.status or self.status
        given_back = status == PENDING and self.status in _WITH_PEOPLE
        return Standing(
            status=status,
            person_assigned=conversation.assignee_is_person,
            person_spoke=self.person_spoke and status != "resolved" and not given_back,
        )

    def heard(self, author: Author) -> "Standing":
        """After a public message of somebody."""
        return replace(self, person_spoke=True) if author is Author.PERSON else self


def person_spoke(messages: Iterable[Message], own_ids: Collection[int], own_contents: Collection[str] = ()) -> bool:
    """Whether a person of the company is among the authors.

    :param own_ids: messages the agents sent; with a user's token they come back as that user's
    :param own_contents: what is being sent at this moment, whose id is not known yet
    """
    return any(
        message.author is Author.PERSON
        and not message.private
        and message.id not in own_ids
        and message.content.strip() not in own_contents
        for message in messages
    )
