"""The port for turning texts into vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from .vectors import Sparse


@dataclass(frozen=True)
class Embedding:
    """A text as a dense vector (meaning, or likeness of words) and a sparse one (the words themselves)."""

    dense: list[float]
    sparse: Sparse


class Embedder(Protocol):
    """``model`` names what the vectors mean: vectors of different models are never compared."""

    @property
    def model(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def min_similarity(self) -> float | None:
        """The cosine under which two texts have nothing in common, or None if the model has no such line."""

    def embed(self, texts: Sequence[str], *, query: bool = False) -> list[Embedding]:
        """One embedding per text, in order. Queries are weighted differently from what they search."""
