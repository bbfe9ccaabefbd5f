"""Knowledge in the Qdrant engine in process; the embedded default, for one process at a time.

One shard per collection, in ``<directory>/<collection name>``: ``shard/`` is the engine's, ``metadata.json`` tells
dimension and embedding model. Open shards are kept, the least recently used are closed.
"""

import contextlib
import fcntl
import json
import os
import shutil
import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import qdrant_edge as engine

from ..tenancy.account import CollectionType, collection_name
from .errors import InvalidVector, NotFound, StoreUnavailable
from .filters import Between, Condition, Filter, OneOf, parse_filter
from .vectors import (
    RRF_K,
    CollectionInfo,
    Hit,
    Point,
    Sparse,
    check_dimension,
    check_ids,
    check_limit,
    check_points,
    check_query,
    not_found_sentence,
    prefetch_limit,
)

_BATCH = 512
_DENSE, _SPARSE = "dense", "sparse"
_METADATA = "metadata.json"
_INDEXED_KEYS = ("written_by", "source")


@dataclass
class _OpenShard:
    shard: engine.EdgeShard
    dimension: int
    embedding_model: str
    users: int = 0  # who is using it right now; it is only closed at zero


class EdgeVectorStore:
    """Thread-safe: the engine is, and this class only guards which shards are open."""

    def __init__(self, directory: Path, max_open: int = 64) -> None:
        self._directory = Path(directory)
        self._max_open = max_open
        self._open: OrderedDict[str, _OpenShard] = OrderedDict()
        self._guard = threading.Condition(threading.RLock())
        self._pid = os.getpid()
        self._lock_file: int | None = self._take_lock()
        self._sweep()

    # -- the port ------------------------------------------------------------------------------------------------

    def ensure(self, account_id: str, collection_type: CollectionType, dimension: int, embedding_model: str) -> None:
        name = collection_name(account_id, collection_type)
        check_dimension(dimension)
        with self._guard:
            self._check_usable()
            if self._metadata(name) == (dimension, embedding_model):
                return
            self._remove(name)
            self._create(name, dimension, embedding_model)

    def upsert(self, account_id: str, collection_type: CollectionType, points: Sequence[Point]) -> None:
        with self._using(account_id, collection_type) as opened:
            checked = check_points(points, opened.dimension)
            for start in range(0, len(checked), _BATCH):
                batch = [_to_engine(point) for point in checked[start : start + _BATCH]]
                opened.shard.update(engine.UpdateOperation.upsert_points(batch))
            if checked:
                opened.shard.flush()

    def delete(self, account_id: str, collection_type: CollectionType, ids: Sequence[str]) -> None:
        wanted: list[engine.PointId] = [*check_ids(ids)]
        with self._using(account_id, collection_type) as opened:
            if wanted:
                opened.shard.update(engine.UpdateOperation.delete_points(wanted))
                opened.shard.flush()

    def digests(self, account_id: str, collection_type: CollectionType, written_by: str) -> dict[str, str]:
        found: dict[str, str] = {}
        wanted = _filter(parse_filter({"written_by": written_by}))
        try:
            with self._using(account_id, collection_type) as opened:
                offset: Any = None
                while True:
                    records, offset = opened.shard.scroll(
                        engine.ScrollRequest(offset=offset, limit=1000, filter=wanted, with_payload=["digest"])
                    )
                    found.update((str(record.id), str((record.payload or {}).get("digest", ""))) for record in records)
                    if offset is None:
                        return found
        except NotFound:
            return {}

    def writers(self, account_id: str, collection_type: CollectionType, ids: Sequence[str]) -> dict[str, str]:
        wanted: list[engine.PointId] = [*check_ids(ids)]
        with contextlib.suppress(NotFound), self._using(account_id, collection_type) as opened:
            records = opened.shard.retrieve(wanted, ["written_by"], False)
            return {str(record.id): str((record.payload or {}).get("written_by", "")) for record in records}
        return {}

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
        check_limit(limit)
        conditions = _filter(parse_filter(filter))
        with self._using(account_id, collection_type) as opened:
            dense_query, sparse_query = check_query(dense, sparse, opened.dimension)
            request = _request(dense_query, sparse_query, limit, conditions, min_similarity)
            if request is None:
                return []
            return [Hit(str(hit.id), hit.score, hit.payload or {}) for hit in opened.shard.query(request)]

    def info(self, account_id: str) -> list[CollectionInfo]:
        found = []
        for collection_type in CollectionType:
            with contextlib.suppress(NotFound), self._using(account_id, collection_type) as opened:
                points = opened.shard.count(engine.CountRequest(exact=True))
                found.append(CollectionInfo(collection_type, points, opened.dimension, opened.embedding_model))
        return found

    def drop(self, account_id: str) -> None:
        with self._guard:
            self._check_usable()
            for collection_type in CollectionType:
                self._remove(collection_name(account_id, collection_type))

    def ping(self) -> None:
        with self._guard:
            self._check_usable()
        if not os.access(self._directory, os.W_OK):
            raise StoreUnavailable("The vectors' directory can't be written.")

    def close(self) -> None:
        with self._guard:
            if self._lock_file is None or os.getpid() != self._pid:
                return
            for name in list(self._open):
                self._close_shard(name)
            os.close(self._lock_file)
            self._lock_file = None

    # -- one process -----------------------------------------------------------------------------------------------

    def _take_lock(self) -> int:
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnavailable(f"The vectors' directory can't be used: {error.strerror}.") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise StoreUnavailable(
                "The embedded vectors are held by another process; stop it, or set qdrant_url to share a Qdrant server."
            ) from None
        return descriptor

    def _check_usable(self) -> None:
        if os.getpid() != self._pid:
            raise StoreUnavailable(
                "The embedded vectors serve the one process that opened them; set qdrant_url to use several workers."
            )
        if self._lock_file is None:
            raise StoreUnavailable("The embedded vectors were closed.")

    # -- shards ------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _using(self, account_id: str, collection_type: CollectionType) -> Iterator[_OpenShard]:
        name = collection_name(account_id, collection_type)
        with self._guard:
            self._check_usable()
            opened = self._opened(name)
            if opened is None:
                raise NotFound(not_found_sentence(collection_type))
            opened.users += 1
        failed = True
        try:
            with _clear_errors():
                yield opened
            failed = False
        except (InvalidVector, NotFound):
            failed = False
            raise
        finally:
            with self._guard:
                opened.users -= 1
                if failed and opened.users == 0 and self._open.get(name) is opened:
                    # A shard that failed (its files removed, its disk full) is loaded afresh by the next caller.
                    self._close_shard(name)
                self._guard.notify_all()

    def _opened(self, name: str) -> _OpenShard | None:
        opened = self._open.get(name)
        if opened is not None:
            self._open.move_to_end(name)
            return opened
        metadata = self._metadata(name)
        if metadata is None:
            return None
        self._evict()
        with _clear_errors():
            shard = engine.EdgeShard.load(str(self._directory / name / "shard"), _config(metadata[0]))
        opened = self._open[name] = _OpenShard(shard, *metadata)
        return opened

    def _evict(self) -> None:
        idle = [name for name, opened in self._open.items() if opened.users == 0]
        for name in idle[: max(0, len(self._open) - self._max_open + 1)]:
            self._close_shard(name)

    def _close_shard(self, name: str) -> None:
        """Close an open shard once nobody uses it."""
        opened = self._open.get(name)
        if opened is None:
            return
        while opened.users:
            self._guard.wait()
        if self._open.get(name) is opened:
            del self._open[name]
            with contextlib.suppress(Exception):  # it is closed whatever its flush says
                opened.shard.close()

    def _metadata(self, name: str) -> tuple[int, str] | None:
        opened = self._open.get(name)
        if opened is not None:
            return opened.dimension, opened.embedding_model
        try:
            stored = json.loads((self._directory / name / _METADATA).read_text(encoding="utf-8"))
            return int(stored["dimension"]), str(stored["embedding_model"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreUnavailable(f"The metadata of the collection {name} can't be read: {error}.") from error

    def _create(self, name: str, dimension: int, embedding_model: str) -> None:
        """Build beside, then rename: a collection is there whole or not at all."""
        building = self._directory / ".building" / uuid.uuid4().hex
        with _clear_errors():
            (building / "shard").mkdir(parents=True)
            shard = engine.EdgeShard.create(str(building / "shard"), _config(dimension))
            for key in _INDEXED_KEYS:
                shard.update(engine.UpdateOperation.create_field_index(key, engine.PayloadSchemaType.Keyword))
            shard.flush()
            shard.close()
            metadata = {"dimension": dimension, "embedding_model": embedding_model}
            (building / _METADATA).write_text(json.dumps(metadata), encoding="utf-8")
            building.rename(self._directory / name)

    def _remove(self, name: str) -> None:
        """Rename away, then delete: half a collection is never seen."""
        self._close_shard(name)
        doomed = self._directory / ".removed" / uuid.uuid4().hex
        with _clear_errors():
            doomed.parent.mkdir(exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                (self._directory / name).rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)

    def _sweep(self) -> None:
        """What a killed process left half built or half removed."""
        for leftover in (".building", ".removed"):
            shutil.rmtree(self._directory / leftover, ignore_errors=True)


@contextlib.contextmanager
def _clear_errors() -> Iterator[None]:
    """The engine raises bare Exception with its own wording."""
    try:
        yield
    except (InvalidVector, NotFound, StoreUnavailable):
        raise
    except Exception as error:
        raise StoreUnavailable(f"The embedded vectors failed: {str(error)[:300]}.") from error


def _config(dimension: int) -> engine.EdgeConfig:
    return engine.EdgeConfig(
        vectors={_DENSE: engine.EdgeVectorParams(size=dimension, distance=engine.Distance.Cosine)},
        sparse_vectors={_SPARSE: engine.EdgeSparseVectorParams(modifier=engine.Modifier.Idf)},
        max_search_threads=1,  # one thread per shard: a tenant's collections would otherwise bring threads each
    )


def _to_engine(point: Point) -> engine.Point:
    vector: dict[str, Any] = {_DENSE: point.dense}
    if point.sparse:
        vector[_SPARSE] = engine.SparseVector(point.sparse.indices, point.sparse.values)
    return engine.Point(point.id, vector, point.payload)


def _request(
    dense: list[float] | None,
    sparse: Sparse | None,
    limit: int,
    conditions: engine.Filter | None,
    min_similarity: float | None,
) -> engine.QueryRequest | None:
    dense_query = engine.Query.Nearest(dense, using=_DENSE) if dense else None
    sparse_query = (
        engine.Query.Nearest(engine.SparseVector(sparse.indices, sparse.values), using=_SPARSE) if sparse else None
    )
    if dense_query and sparse_query:
        candidates = prefetch_limit(limit)
        return engine.QueryRequest(
            prefetches=[
                engine.Prefetch(candidates, query=dense_query, filter=conditions, score_threshold=min_similarity),
                engine.Prefetch(candidates, query=sparse_query, filter=conditions),
            ],
            query=engine.Fusion.Rrf(k=RRF_K),  # type: ignore[arg-type]  # the stubs don't know it as a Fusion
            limit=limit,
            with_payload=True,
        )
    query = dense_query or sparse_query
    if query is None:
        return None
    threshold = min_similarity if dense_query else None
    return engine.QueryRequest(limit, query=query, filter=conditions, with_payload=True, score_threshold=threshold)


def _filter(conditions: list[Condition]) -> engine.Filter | None:
    return engine.Filter(must=[_translate(condition) for condition in conditions]) if conditions else None


def _translate(condition: Condition) -> Any:
    if isinstance(condition, OneOf):
        return _one_of(condition)
    return _between(condition)


def _one_of(condition: OneOf) -> engine.FieldCondition:
    if len(condition.values) == 1:
        return engine.FieldCondition(condition.key, match=engine.MatchValue(condition.values[0]))
    return engine.FieldCondition(condition.key, match=engine.MatchAny(list(condition.values)))  # type: ignore[arg-type]


def _between(condition: Between) -> Any:
    bounds: Any = {"gte": condition.gte, "lte": condition.lte}
    range_ = engine.RangeDateTime(**bounds) if condition.of_dates else engine.RangeFloat(**bounds)
    within = engine.FieldCondition(condition.key, range=range_)
    if not condition.or_absent:
        return within
    return engine.Filter(should=[within, engine.IsEmptyCondition(condition.key)])
