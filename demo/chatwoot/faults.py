"""Faults the stand-in commits on demand: named knobs, each striking a number of times or with a probability."""

from __future__ import annotations

import random
import threading
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
    WEBHOOK_LOST = "webhook_lost"
    API_429 = "api_429"
    API_500 = "api_500"
    """Refused before anything happens."""
    API_500_AFTER = "api_500_after"
    """Done, and then answered with a 500: the caller cannot know."""
    API_HANG = "api_hang"
    """Nothing done, no answer for `seconds`."""
    API_HANG_AFTER = "api_hang_after"
    """Done, and no answer for `seconds`."""
    ATTACHMENT_404 = "attachment_404"
    MESSAGE_FAILS = "message_fails"
    """Accepted with 200 and reported as failed afterwards, as WhatsApp does."""


DEFAULT_SECONDS = {Fault.WEBHOOK_DELAY: 1.0, Fault.API_HANG: 10.0, Fault.API_HANG_AFTER: 10.0}


class UnknownFault(ValueError):
    """Its message names the knobs there are."""


@dataclass
class Knob:
    """`next` strikes that many times, `probability` at random; `only` limits it to subjects containing the text."""

    next: int = 0
    probability: float = 0.0
    seconds: float = 0.0
    only: str = ""


class Faults:
    """The knobs now set. Random strikes come from one seeded source, so that a run can be repeated."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(seed)
        self._knobs: dict[Fault, Knob] = {}

    def set(self, name: str, **settings: Any) -> None:
        try:
            fault = Fault(name)
            knob = Knob(**settings)
        except (ValueError, TypeError) as error:
            known = f"Faults: {', '.join(Fault)}; settings: next, probability, seconds, only."
            raise UnknownFault(f"{error}. {known}") from None
        knob.seconds = knob.seconds or DEFAULT_SECONDS.get(fault, 0.0)
        with self._lock:
            self._knobs[fault] = knob

    def seed(self, seed: int) -> None:
        with self._lock:
            self._random = random.Random(seed)

    def clear(self) -> None:
        with self._lock:
            self._knobs.clear()

    def strikes(self, fault: Fault, subject: str = "") -> Knob | None:
        """The knob, if it strikes this time; a counted knob is used up by striking."""
        with self._lock:
            knob = self._knobs.get(fault)
            if knob is None or knob.only not in subject:
                return None
            if knob.next > 0:
                knob.next -= 1
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
