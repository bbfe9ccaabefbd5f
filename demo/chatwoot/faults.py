"""Faults the stand-in commits on demand: named knobs, each striking a number of times or with a probability."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    WEBHOOK_DUPLICATE = "webhook_duplicate"
    """Delivered twice under one delivery id."""
    WEBHOOK_DUPLICATE_NEW_ID = "webhook_duplicate_new_id"
    """Delivered twice, each time under its own delivery id."""
    WEBHOOK_DELAY = "webhook_delay"
    """Delivered up to `seconds` late, which also upsets the order."""
    WEBHOOK_DISORDER = "webhook_disorder"
    """Held back until a later delivery to the same address has been made, or `seconds` have passed."""
    WEBHOOK_LOST = "webhook_lost"
    MESSAGE_STORM = "message_storm"
    """A new message is followed by `count` message_updated, all of them with nothing new."""
    API_DOWN = "api_down"
    """A proxy's 502 for a Chatwoot that is not there."""
    API_429 = "api_429"
    """Refused before anything happens, with Retry-After when `seconds` are set."""
    API_500 = "api_500"
    """Refused before anything happens."""
    API_CUT = "api_cut"
    """The connection is cut before anything happens."""
    API_CUT_AFTER = "api_cut_after"
    """Done, and the connection is cut instead of an answer."""
    API_500_AFTER = "api_500_after"
    """Done, and then answered with a 500: the caller cannot know."""
    API_HANG = "api_hang"
    """Nothing done, no answer for `seconds`."""
    API_HANG_AFTER = "api_hang_after"
    """Done, and no answer for `seconds`."""
    ATTACHMENT_404 = "attachment_404"
    MESSAGE_FAILS = "message_fails"
    """Accepted with 200 and reported as failed afterwards, as WhatsApp does."""


DEFAULT_SECONDS = {
    Fault.WEBHOOK_DELAY: 1.0,
    Fault.WEBHOOK_DISORDER: 1.0,
    Fault.API_HANG: 10.0,
    Fault.API_HANG_AFTER: 10.0,
}


class UnknownFault(ValueError):
    """Its message names the knobs there are."""


@dataclass
class Knob:
    """When it strikes, how hard, and what it spares."""

    next: int = 0
    """So many times from now on."""
    first: int = 0
    """The first so many times for each subject: each attachment's first two downloads, for instance."""
    probability: float = 0.0
    seconds: float = 0.0
    count: int = 5
    only: str = ""
    """Only subjects that contain this text."""


class Faults:
    """The knobs now set. Random strikes come from one seeded source, so that a run can be repeated."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(seed)
        self._knobs: dict[Fault, Knob] = {}
        self._seen: Counter[tuple[Fault, str]] = Counter()

    def set(self, name: str, **settings: Any) -> None:
        try:
            fault = Fault(name)
            knob = Knob(**settings)
        except (ValueError, TypeError) as error:
            known = f"Faults: {', '.join(Fault)}; settings: next, first, probability, seconds, count, only."
            raise UnknownFault(f"{error}. {known}") from None
        knob.seconds = knob.seconds or DEFAULT_SECONDS.get(fault, 0.0)
        with self._lock:
            self._knobs[fault] = knob
            for known in [known for known in self._seen if known[0] is fault]:
                del self._seen[known]

    def seed(self, seed: int) -> None:
        with self._lock:
            self._random = random.Random(seed)

    def clear(self) -> None:
        with self._lock:
            self._knobs.clear()
            self._seen.clear()

    def strikes(self, fault: Fault, subject: str = "") -> Knob | None:
        """The knob, if it strikes this time; a counted knob is used up by striking."""
        with self._lock:
            knob = self._knobs.get(fault)
            if knob is None or knob.only not in subject:
                return None
            if knob.next > 0:
                knob.next -= 1
                return knob
            if knob.first > 0:
                self._seen[fault, subject] += 1
                if self._seen[fault, subject] <= knob.first:
                    return knob
            return knob if self._random.random() < knob.probability else None

    def delay(self, subject: str) -> float:
        """How late this delivery is, in seconds."""
        knob = self.strikes(Fault.WEBHOOK_DELAY, subject)
        if knob is None:
            return 0.0
        with self._lock:
            return self._random.uniform(0.0, knob.seconds)

    def as_json(self) -> dict[str, Any]:
        with self._lock:
            return {fault.value: asdict(knob) for fault, knob in self._knobs.items()}
