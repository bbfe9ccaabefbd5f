"""The state machine of conversations, messages and turns: the one place that says what may follow what.

**Who answers a conversation**, the agents or the people beside them, follows from how it stands (:class:`Standing`):

    pending, nobody assigned, nobody spoke  ->  the agents answer
    open or snoozed                         ->  people: opened by one, or handed over by the agents
    a person is assigned                    ->  people
    a person spoke (echoes of the phone app too, which leave the status as it was)  ->  people
    resolved                                ->  nobody; the customer's next message makes it pending, all starts anew

People keep a conversation until it is resolved, or until one of them gives it back: sets it to pending, or lets go of
it. Whoever was assigned until then is not taken to be assigned anew, and what the customer wrote meanwhile is answered,
unless somebody did (:func:`is_given_back`).

**What becomes of a customer's message, and of a turn**, is in :data:`MESSAGE` and :data:`TURN`; the models' ``write``
refuses every other move. The diagram in docs/architecture.md is read by a test, and must say the same.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from .payload import Author, Conversation, Message

PENDING = "pending"
RESOLVED = "resolved"
_WITH_PEOPLE = frozenset({"open", "snoozed"})
_SOMEBODY = -1  # a person is assigned, and Chatwoot did not say which
RECONSIDERED = 3  # times: a customer who writes on and on is answered all the same


# ---- Conversations: who answers ----------------------------------------------------------------------------------


class Answerer(StrEnum):
    AGENTS = "agents"
    PEOPLE = "people"
    NOBODY = "nobody"


class Silence(StrEnum):
    """Why the agents say nothing."""

    PERSON_SPOKE = "person_spoke"
    PERSON_ASSIGNED = "person_assigned"
    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a conversation, as far as it decides who answers.

    :param person_assigned: since the conversation was last resolved or given back
    :param left_assignee: who was assigned then, and still is; 0 when nobody
    """

    status: str = PENDING
    person_assigned: bool = False
    person_spoke: bool = False
    left_assignee: int = 0

    @property
    def silence(self) -> Silence | None:
        """Why the agents are silent; None when they answer."""
        if self.status == RESOLVED:
            return Silence.RESOLVED
        if self.person_spoke:
            return Silence.PERSON_SPOKE
        if self.person_assigned:
            return Silence.PERSON_ASSIGNED
        return None if self.status == PENDING else Silence.OPEN

    @property
    def answerer(self) -> Answerer:
        if self.silence is None:
            return Answerer.AGENTS
        return Answerer.NOBODY if self.silence is Silence.RESOLVED else Answerer.PEOPLE

    def seen(self, conversation: Conversation) -> "Standing":
        """After Chatwoot said how the conversation stands. What it did not say stays as it was."""
        status = conversation.status or self.status
        given_back = status == PENDING and self.status in _WITH_PEOPLE
        starts_anew = status == RESOLVED or given_back
        assignee = _person_assigned(conversation)
        left = assignee if starts_anew or assignee == self.left_assignee else 0
        return Standing(
            status=status,
            person_assigned=assignee != left,
            person_spoke=self.person_spoke and not starts_anew,
            left_assignee=left,
        )

    def ended_before(self, resolved: Conversation, *, spoke_since: bool, same_assignee: bool) -> "Standing":
        """After word, come late, that it was resolved before what is known of it.

        :param spoke_since: whether a person spoke after that
        :param same_assignee: whether whoever was assigned then still is
        """
        left = _person_assigned(resolved) if same_assignee else 0
        return replace(
            self,
            person_assigned=self.person_assigned and not left,
            person_spoke=self.person_spoke and spoke_since,
            left_assignee=left or self.left_assignee,
        )

    def heard(self, author: Author) -> "Standing":
        """After a public message of somebody. One heard while it is resolved belongs to what has ended."""
        takes_over = author is Author.PERSON and self.status != RESOLVED
        return replace(self, person_spoke=True) if takes_over else self


def _person_assigned(conversation: Conversation) -> int:
    return (conversation.assignee_id or _SOMEBODY) if conversation.assignee_is_person else 0


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


# ---- Messages and turns: what may follow what --------------------------------------------------------------------


class IllegalMove(ValueError):
    """A state was to follow another that it cannot follow: a fault in the program, never in what came in."""


@dataclass(frozen=True, slots=True)
class Move:
    before: str | None  # None: it does not exist yet
    after: str
    because: str


class Machine:
    def __init__(self, name: str, *moves: Move) -> None:
        self.name = name
        self.moves = moves
        self._legal = frozenset((move.before, move.after) for move in moves)

    @property
    def states(self) -> frozenset[str]:
        return frozenset(move.after for move in self.moves)

    def check(self, before: str | None, after: str) -> None:
        """To stay as one is is no move.

        :raises IllegalMove: when nothing leads from one state to the other
        """
        if before != after and (before, after) not in self._legal:
            raise IllegalMove(f"a {self.name} does not become {after} from {before or 'nothing'}")


class MessageState(StrEnum):
    WAITING = "waiting"  # also while a turn thinks about it: what a killed turn had claimed still waits
    ANSWERED = "answered"
    HANDED_OVER = "handed_over"
    WITH_PEOPLE = "with_people"
    DELETED = "deleted"


class TurnState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    HANDED_OVER = "handed_over"
    SILENCED = "silenced"
    SUPERSEDED = "superseded"
    RETRIED = "retried"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


MESSAGE = Machine(
    "message",
    Move(None, MessageState.WAITING, "the customer wrote, the agents answer"),
    Move(None, MessageState.WITH_PEOPLE, "the customer wrote, people answer"),
    Move(MessageState.WAITING, MessageState.ANSWERED, "the reply is in the outbox"),
    Move(MessageState.WAITING, MessageState.HANDED_OVER, "the hand-off is in the outbox"),
    Move(MessageState.WAITING, MessageState.WITH_PEOPLE, "a person took over"),
    Move(MessageState.WAITING, MessageState.DELETED, "the customer took it back"),
    Move(MessageState.WITH_PEOPLE, MessageState.WAITING, "given back, and nobody had answered"),
    Move(MessageState.ANSWERED, MessageState.WITH_PEOPLE, "a person took over before it was sent"),
    Move(MessageState.ANSWERED, MessageState.HANDED_OVER, "Chatwoot refused the reply for good"),
)

TURN = Machine(
    "turn",
    Move(None, TurnState.RUNNING, "what waits is claimed"),
    Move(TurnState.RUNNING, TurnState.DONE, "the crew replied"),
    Move(TurnState.RUNNING, TurnState.HANDED_OVER, "the crew calls a person"),
    Move(TurnState.RUNNING, TurnState.SILENCED, "a person took over"),
    Move(TurnState.RUNNING, TurnState.SUPERSEDED, "the customer wrote on, or took it back"),
    Move(TurnState.RUNNING, TurnState.RETRIED, "the crew failed, and is tried again"),
    Move(TurnState.RUNNING, TurnState.INTERRUPTED, "its process ended"),
    Move(TurnState.RUNNING, TurnState.FAILED, "the crew failed for good"),
    Move(TurnState.DONE, TurnState.SILENCED, "a person took over before it was sent"),
    Move(TurnState.DONE, TurnState.FAILED, "Chatwoot refused the reply for good"),
)

#: What a turn's messages become by its end; in the other states they still wait, for another turn.
MESSAGE_AFTER: Mapping[TurnState, MessageState] = MappingProxyType(
    {
        TurnState.DONE: MessageState.ANSWERED,
        TurnState.HANDED_OVER: MessageState.HANDED_OVER,
        TurnState.SILENCED: MessageState.WITH_PEOPLE,
        TurnState.FAILED: MessageState.HANDED_OVER,
    }
)


def state_of_new_message(standing: Standing) -> MessageState:
    """A customer's message as it arrives. In a resolved conversation it waits: it makes the conversation pending."""
    return MessageState.WITH_PEOPLE if standing.answerer is Answerer.PEOPLE else MessageState.WAITING


def is_given_back(before: Standing, after: Standing) -> bool:
    """Whether people had it and the agents have it now. What was handed over stays so: people were told of it."""
    return before.answerer is Answerer.PEOPLE and after.answerer is Answerer.AGENTS


def end_of_thinking(standing: Standing, *, all_claimed: bool, more_waits: bool, attempt: int) -> TurnState | None:
    """What a turn becomes whose crew has answered; None when it may say what the crew said.

    :param all_claimed: whether all its messages still wait for it, and for no other turn
    :param more_waits: whether the customer wrote on meanwhile
    :param attempt: how many turns have begun on these messages
    """
    if standing.silence:
        return TurnState.SILENCED
    if not all_claimed or (more_waits and attempt <= RECONSIDERED):
        return TurnState.SUPERSEDED
    return None


def end_of_failure(*, retryable: bool, failures: int, tries: int) -> TurnState:
    """:param failures: of the crew on these messages, with this one"""
    return TurnState.RETRIED if retryable and failures < tries else TurnState.FAILED
