"""An answer as it is sent: one or more messages, each with what the customer may tap, see or open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from .channel import Channel, Taps

#: Of a choice that is written out: as long as a line may be.
_WRITTEN_TITLE: Final = 100


@dataclass(frozen=True)
class FileRef:
    """A file of the company's, by the record that holds it: a product's picture, or a support document."""

    kind: Literal["product", "document"]
    record_id: int
    name: str


@dataclass(frozen=True)
class Card:
    """A product as the web widget shows it."""

    title: str
    description: str


@dataclass(frozen=True)
class Part:
    """One message to the customer, in the channel's form."""

    text: str
    content_type: str = "text"
    items: tuple[dict[str, Any], ...] = ()
    files: tuple[FileRef, ...] = ()


def with_choices(part: Part, choices: tuple[str, ...], channel: Channel) -> Part:
    """The message with its choices: to be tapped where the channel can, and written out where it cannot."""
    if _tappable(part, choices, channel):
        items = tuple({"title": choice, "value": choice} for choice in choices)
        return Part(part.text, "input_select", items, part.files)
    written = "\n".join(f"{number}. {choice}" for number, choice in enumerate(choices, 1))
    return Part(f"{part.text}\n\n{written}", part.content_type, part.items, part.files)


def choices_written(choices: tuple[str, ...]) -> int:
    """How much longer a message gets by its choices, at most."""
    return sum(len(choice.encode()) + 5 for choice in choices) + 2


def cards_part(text: str, cards: tuple[Card, ...]) -> Part:
    items = tuple({"title": card.title, "description": card.description, "actions": []} for card in cards)
    return Part(text, "cards", items)


def file_part(file: FileRef) -> Part:
    return Part(file.name, files=(file,))


def short_title(text: str, limit: int = _WRITTEN_TITLE) -> str:
    """A choice's words on one line."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def _tappable(part: Part, choices: tuple[str, ...], channel: Channel) -> bool:
    if part.content_type != "text" or part.files or len(part.text) > channel.tap_body:
        return False
    return any(_fits(choices, taps) for taps in channel.taps)


def _fits(choices: tuple[str, ...], taps: Taps) -> bool:
    return len(choices) <= taps.count and all(len(choice) <= taps.title for choice in choices)
