"""The chain that shows whether rows of an audit were changed or removed.

Each row carries a MAC over what it says, made when it is written. A sealer numbers the rows behind the writers and
gives each a seal over its number, its MAC and the seal before it: a row that is changed no longer fits its MAC, one
that is removed is missing in the numbers, and neither can be mended without the tenant's key. What a database alone
can't show, that its newest rows are gone, the head tells: the last number and seal, under a MAC beside the rows and,
where the tenant's database can't reach it, with the operator.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

START = ""  # the seal before the first row


@dataclass(frozen=True)
class Content:
    """What a row says, in the order in which its MAC covers it."""

    at: datetime
    account_id: str
    kind: str
    actor: str
    user_id: int
    server: str
    tool: str
    outcome: str
    duration_ms: int
    model: str
    record_ids: str
    arguments: str
    error: str

    def canonical(self) -> bytes:
        values = [self.at.isoformat(), *(getattr(self, name) for name in COLUMNS[1:])]
        return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


COLUMNS = tuple(Content.__dataclass_fields__)


@dataclass(frozen=True)
class Link:
    """A sealed row as it is found."""

    seq: int
    content: Content
    mac: str
    seal: str


@dataclass(frozen=True)
class Head:
    """Where the chain stands, or stood when it was noted down."""

    seq: int = 0
    seal: str = START


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was written; ``seq`` is the row's number, 0 of the whole."""

    seq: int
    what: str


class Chain:
    def __init__(self, key: bytes) -> None:
        self._key = key

    def mac(self, content: Content) -> str:
        return self._digest(b"row", content.canonical())

    def seal(self, before: Head, mac: str) -> Head:
        """The head after one more row."""
        seq = before.seq + 1
        return Head(seq, self._digest(b"seal", f"{seq}\0{mac}\0{before.seal}".encode()))

    def head_mac(self, head: Head, of: str) -> str:
        """:param of: ``head`` or ``purged``, so that one can't stand for the other"""
        return self._digest(of.encode(), f"{head.seq}\0{head.seal}".encode())

    def is_head(self, head: Head, of: str, mac: str) -> bool:
        return hmac.compare_digest(self.head_mac(head, of), mac)

    def check(self, after: Head, links: Iterable[Link], noted: Iterable[Head]) -> Iterator[Finding]:
        """What is wrong with the rows that follow ``after``, in the order of their numbers.

        :param noted: heads noted down earlier, the row's own last one among them
        """
        expected = {head.seq: head.seal for head in noted if head.seq > after.seq}
        here = after
        for link in links:
            if link.seq != here.seq + 1:
                yield Finding(here.seq + 1, _missing(here.seq + 1, link.seq - 1))
                # The seal before it is unknown: the row's own is taken, and the next are checked from there on.
                here = Head(link.seq, link.seal)
            else:
                here = self.seal(here, link.mac)
            if not hmac.compare_digest(self.mac(link.content), link.mac):
                yield Finding(link.seq, "changed: what it says is not what was written")
            if here.seal != link.seal:
                yield Finding(link.seq, "changed: its seal does not follow from the row before it")
                here = Head(link.seq, link.seal)
            if expected.pop(link.seq, link.seal) != link.seal:
                yield Finding(link.seq, "changed: its seal is not the one that was noted down")
        last = max(expected, default=0)
        if last > here.seq:
            yield Finding(here.seq + 1, _missing(here.seq + 1, last))

    def _digest(self, purpose: bytes, message: bytes) -> str:
        return hmac.digest(self._key, purpose + b"\0" + message, hashlib.sha256).hex()


def _missing(first: int, last: int) -> str:
    return "removed" if first == last else f"removed, and those up to {last}"
