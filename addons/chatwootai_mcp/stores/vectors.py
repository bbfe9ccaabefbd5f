"""The port for a tenant's knowledge: points with a dense and a sparse vector, in a closed set of collections."""

import json
import math
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..tenancy.account import CollectionType
from .errors import InvalidVector
from .filters import Filter

MAX_DIMENSION = 4096
MAX_SPARSE = 4096
MAX_LIMIT = 100
MAX_PAYLOAD_BYTES = 64 * 1024
MAX_POINTS_PER_CALL = 10_000

# Reciprocal rank fusion: the smaller k, the more the first places weigh. Qdrant's own default, said here so that
# every adapter ranks alike.
RRF_K = 2


@dataclass(frozen=True)
class Sparse:
    """A sparse vector: positions, each once, and their weights."""

    indices: list[int]
    values: list[float]

    def __bool__(self) -> bool:
        return bool(self.indices)


@dataclass(frozen=True)
class Point:
    """What is indexed. ``payload`` is JSON; its ``written_by`` tells whose point it is."""

    id: str
    dense: list[float]
    sparse: Sparse | None = None
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Hit:
    id: str
    score: float
    payload: dict[str, Any]


@dataclass(frozen=True)
class CollectionInfo:
    collection_type: CollectionType
    points: int
    dimension: int
    embedding_model: str


class VectorStore(Protocol):
    """Holds each tenant's collections. Names come from tenancy.account alone; nothing is ever found by a prefix."""

    def ensure(self, account_id: str, collection_type: CollectionType, dimension: int, embedding_model: str) -> None:
        """Create the collection, or create it anew (empty) if its dimension or model differs; else do nothing."""

    def upsert(self, account_id: str, collection_type: CollectionType, points: Sequence[Point]) -> None:
        """Add the points or replace those of the same id."""

    def delete(self, account_id: str, collection_type: CollectionType, ids: Sequence[str]) -> None:
        """Remove the points; ids that aren't there are no mistake."""

    def digests(self, account_id: str, collection_type: CollectionType, written_by: str) -> dict[str, str]:
        """The digest of each point by its id, for the points of this writer; empty without a collection."""

    def writers(self, account_id: str, collection_type: CollectionType, ids: Sequence[str]) -> dict[str, str]:
        """Who wrote each of the points that are there, by their ``written_by``; empty without a collection."""

    def search(
        self,
        account_id: str,
        collection_type: CollectionType,
        *,
        dense: Sequence[float] | None = None,
        sparse: Sparse | None = None,
        limit: int = 5,
        filter: Filter | None = None,
        min_similarity: float | None = None,
    ) -> list[Hit]:
        """The nearest points, best first; with both vectors their rankings are fused.

        ``min_similarity`` is the cosine under which a dense neighbour counts as none. Raise NotFound if nothing was
        ever indexed in the collection.
        """

    def info(self, account_id: str) -> list[CollectionInfo]:
        """The tenant's collections that exist."""

    def drop(self, account_id: str) -> None:
        """Remove all the tenant's collections; those that aren't there are no mistake."""

    def ping(self) -> None:
        """Raise StoreUnavailable unless the store can be used."""

    def close(self) -> None:
        """Let go of files and connections; the store may not be used afterwards."""


def check_dimension(dimension: object) -> int:
    if not isinstance(dimension, int) or isinstance(dimension, bool) or not 1 <= dimension <= MAX_DIMENSION:
        raise InvalidVector(f"A dimension is a whole number from 1 to {MAX_DIMENSION}.")
    return dimension


def check_dense(vector: Sequence[float], dimension: int) -> list[float]:
    """The vector as finite floats of the right number; engines accept NaN and then answer nonsense."""
    if isinstance(vector, str | bytes) or not isinstance(vector, Sequence):
        raise InvalidVector("A vector is a list of numbers.")
    if len(vector) != dimension:
        raise InvalidVector(f"The vector has {len(vector)} numbers; this collection takes {dimension}.")
    floats = _finite(vector, "The vector")
    if not any(floats):
        raise InvalidVector("The vector has no direction: all its numbers are zero.")
    return floats


def check_sparse(sparse: Sparse) -> Sparse:
    if len(sparse.indices) != len(sparse.values) or len(sparse.indices) > MAX_SPARSE:
        raise InvalidVector(f"A sparse vector has as many values as indices, at most {MAX_SPARSE}.")
    if any(not isinstance(i, int) or isinstance(i, bool) or not 0 <= i < 2**32 for i in sparse.indices):
        raise InvalidVector("The indices of a sparse vector are whole numbers from 0 to 4294967295.")
    if len(set(sparse.indices)) != len(sparse.indices):
        raise InvalidVector("The indices of a sparse vector are each given once.")
    return Sparse(list(sparse.indices), _finite(sparse.values, "The sparse vector"))


def check_points(points: Sequence[Point], dimension: int) -> list[Point]:
    """The points with canonical ids and checked vectors and payloads; the first mistake is named by its id."""
    if len(points) > MAX_POINTS_PER_CALL:
        raise InvalidVector(f"At most {MAX_POINTS_PER_CALL} points can be written at once.")
    checked = []
    for point in points:
        point_id = check_id(point.id)
        try:
            dense = check_dense(point.dense, dimension)
            sparse = check_sparse(point.sparse) if point.sparse is not None else None
            _check_payload(point.payload)
        except InvalidVector as error:
            raise InvalidVector(f"Point {point_id}: {error}") from None
        checked.append(Point(point_id, dense, sparse, point.payload))
    return checked


def check_id(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidVector("A point's id is a UUID in text form.")
    try:
        return str(uuid.UUID(value))
    except ValueError:
        raise InvalidVector(f"The point id {value[:80]!r} is not a UUID.") from None


def check_ids(values: Iterable[object]) -> list[str]:
    return [check_id(value) for value in values]


def check_limit(limit: object) -> int:
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MAX_LIMIT:
        raise InvalidVector(f"The limit is a whole number from 1 to {MAX_LIMIT}.")
    return limit


def check_query(
    dense: Sequence[float] | None, sparse: Sparse | None, dimension: int
) -> tuple[list[float] | None, Sparse | None]:
    """The vectors of a search; an empty sparse vector (a text of stop words) asks nothing."""
    if dense is None and sparse is None:
        raise InvalidVector("A search needs a dense vector, a sparse vector or both.")
    return (
        check_dense(dense, dimension) if dense is not None else None,
        check_sparse(sparse) or None if sparse is not None else None,
    )


def prefetch_limit(limit: int) -> int:
    """How many candidates each ranking of a hybrid search contributes."""
    return max(20, 4 * limit)


def not_found_sentence(collection_type: CollectionType) -> str:
    return f"Nothing is indexed in the collection {CollectionType(collection_type).value} yet."


def _finite(values: Sequence[float], what: str) -> list[float]:
    try:
        floats = [float(value) for value in values if not isinstance(value, bool | str | bytes)]
    except (TypeError, ValueError, OverflowError):
        floats = []
    # Engines compute in float32, where the square of a larger number is infinite.
    if len(floats) != len(values) or not all(math.isfinite(value) and abs(value) < 1e18 for value in floats):
        raise InvalidVector(f"{what} must hold finite numbers only.")
    return floats


def _check_payload(payload: object) -> None:
    if not isinstance(payload, dict):
        raise InvalidVector("the payload must be an object.")
    try:
        size = len(json.dumps(payload, allow_nan=False, ensure_ascii=False).encode())
    except (TypeError, ValueError, RecursionError, UnicodeEncodeError):
        raise InvalidVector("the payload must be JSON.") from None
    if size > MAX_PAYLOAD_BYTES:
        raise InvalidVector(f"the payload has {size} bytes; at most {MAX_PAYLOAD_BYTES} are allowed.")
