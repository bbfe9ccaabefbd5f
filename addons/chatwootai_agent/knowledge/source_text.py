"""What a source of knowledge says, once it was read from wherever it is kept."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class SourceText:
    """A product, a rule or a document as text.

    :param model: name of the model it comes from; with ``record_id`` it says what the text is about
    :param facts: further JSON values of the payload, such as the dates between which a rule holds
    """

    model: str
    record_id: int
    title: str
    text: str
    facts: dict[str, Any] = field(default_factory=dict)
