"""The rules of sending exactly once, as decisions over plain values.

    queued   -> send: noted as "sending" (and committed) before the request leaves
    sending  -> the last try's end is unknown: read what is in Chatwoot, and send again only if it is not there
    sent     -> nothing more to do, unless the channel refuses it later: refused
    failed, withheld, refused -> nothing more to do

Chatwoot keeps no mark of ours on a message, so what was sent is recognised by its text, its number of files, its
author, and by being neither older than the last message known when it was sent nor claimed by another entry.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from .errors import ChatwootError, Unavailable
from .payload import Author, Direction, Message


class Kind(StrEnum):
    MESSAGE = "message"
    PRIVATE_NOTE = "private_note"
    STATUS = "status"
    LABELS = "labels"
    PRIORITY = "priority"
    ASSIGNMENT = "assignment"


class State(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    WITHHELD = "withheld"
    FAILED = "failed"
    REFUSED = "refused"  # Chatwoot took it, the channel did not


class Step(StrEnum):
    SEND = "send"
    READ_BACK = "read_back"
    NOTHING = "nothing"


# Written anew by every call; the others say what shall be, and saying it twice changes nothing.
_WRITTEN = frozenset({Kind.MESSAGE, Kind.PRIVATE_NOTE})
# What helps people and is not what they wait for.
_BESIDE = frozenset({Kind.LABELS, Kind.PRIORITY, Kind.ASSIGNMENT})
_PATIENCE = 5  # failures in a row
_FIRST_PAUSE = 5
_LONGEST_PAUSE = 900
_DOWN_AFTER = 2  # failures in a row
_LONGEST_REST = 60  # of a connection: then one conversation tries for all
_LIQUID = re.compile(r"\{(?=[{%])")
SETTLE_SECONDS = 20  # how long a request whose answer was lost may still be at work in Chatwoot (its own limit is 15)


@dataclass(frozen=True, slots=True)
class Entry:
    """What decides over an entry of the outbox."""

    kind: Kind
    state: State
    content: str = ""
    floor: int = 0  # the newest message known when it was queued: what it became is newer
    files: int = 0


def next_step(kind: Kind, state: State) -> Step:
    if state is State.QUEUED:
        return Step.SEND
    if state is State.SENDING:
        return Step.READ_BACK if kind in _WRITTEN else Step.SEND
    return Step.NOTHING


def lets_others_go_first(kind: Kind, failures: int) -> bool:
    """Whether what comes after an entry in its conversation waits for it no longer; it is tried on by itself."""
    return kind in _BESIDE and failures >= _PATIENCE


def was_sent(entry: Entry, messages: Iterable[Message], claimed: Collection[int] = ()) -> int | None:
    """The id of the message the entry became, or None when none of these is it.

    :param claimed: ids that other entries became: the same words said twice are two messages
    """
    private = entry.kind is Kind.PRIVATE_NOTE
    for message in sorted(messages, key=lambda message: message.id):
        if (
            message.id > entry.floor
            and message.id not in claimed
            and message.direction is Direction.OUTGOING
            and message.author in (Author.BOT, Author.PERSON)
            and message.private == private
            and len(message.attachments) == entry.files
            and same_words(message.content, entry.content)
        ):
            return message.id
    return None


def same_words(one: str, other: str) -> bool:
    """Equal but for the white space, which channels and Chatwoot trim as they like."""
    return one.split() == other.split()


def without_liquid(text: str) -> str:
    """The text with no opening left that Chatwoot would fill with its own data (`{{contact.email}}`, `{% … %}`).

    It fills them in every message, and what it shows then is not what was sent.

    >>> without_liquid("Use {{nome}}, {{{x}}} ou {% if %}")
    'Use { {nome}}, { { {x}}} ou { % if %}'
    """
    return _LIQUID.sub("{ ", text)


def pause(failures: int, error: ChatwootError | None = None) -> int:
    """Seconds until the next try: 5, 10, 20 … 900, or what Chatwoot asked for."""
    if isinstance(error, Unavailable) and error.retry_after is not None:
        return max(1, error.retry_after)
    return min(_FIRST_PAUSE << min(max(failures, 1) - 1, 10), _LONGEST_PAUSE)


def rest(failures: int, error: ChatwootError) -> int:
    """Seconds in which nothing is tried on a connection whose Chatwoot did not answer; 0 when it did.

    One connection that broke is no Chatwoot that is down: it takes two in a row, or Chatwoot's own word.
    """
    if not (isinstance(error, Unavailable) and error.out_of_reach):
        return 0
    if failures < _DOWN_AFTER and error.retry_after is None:
        return 0
    return min(pause(failures, error), _LONGEST_REST)


def state_after(error: ChatwootError) -> State:
    """What an entry becomes whose sending failed."""
    if error.maybe_done:
        return State.SENDING
    return State.QUEUED if error.retryable else State.FAILED
