"""Knowledge in a Qdrant server; one collection per tenant and collection type."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from ..tenancy.account import CollectionType, collection_name
from .errors import InvalidVector, NotFound, StoreError, StoreUnavailable
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

_BATCH = 256
_PAGE = 1000
_DENSE, _SPARSE = "dense", "sparse"
_MODEL = "embedding_model"
_INDEXED_KEYS = ("written_by", "source")
_TIMEOUT_SECONDS = 5


class QdrantVectorStore:
    """Thread-safe, as the client of a server is. Names of collections are made, never listed or guessed."""

    def __init__(self, client: Any) -> None:
        self._client = client
        # Dimensions of collections seen. The server checks too: another process may have made one anew.
        self._dimensions: dict[str, int] = {}

    def ensure(self, account_id: str, collection_type: CollectionType, dimension: int, embedding_model: str) -> None:
        name = collection_name(account_id, collection_type)
        check_dimension(dimension)
        with _clear_errors():
            if self._describe(name) == (dimension, embedding_model):
                return
            self._client.delete_collection(name)
            self._client.create_collection(
                name,
                vectors_config={_DENSE: models.VectorParams(size=dimension, distance=models.Distance.COSINE)},
                sparse_vectors_config={_SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
                metadata={_MODEL: embedding_model},
            )
            for key in _INDEXED_KEYS:
                self._client.create_payload_index(name, key, models.PayloadSchemaType.KEYWORD)
            self._dimensions[name] = dimension

    def upsert(self, account_id: str, collection_type: CollectionType, points: Sequence[Point]) -> None:
        with self._using(account_id, collection_type) as (name, dimension):
            checked = check_points(points, dimension)
            for start in range(0, len(checked), _BATCH):
                batch = [_to_client(point) for point in checked[start : start + _BATCH]]
                self._client.upsert(name, batch, wait=True)

    def delete(self, account_id: str, collection_type: CollectionType, ids: Sequence[str]) -> None:
        wanted = check_ids(ids)
        with self._using(account_id, collection_type) as (name, _dimension):
            if wanted:
                self._client.delete(name, models.PointIdsList(points=[*wanted]), wait=True)

    def digests(self, account_id: str, collection_type: CollectionType, written_by: str) -> dict[str, str]:
        found: dict[str, str] = {}
        wanted = _filter(parse_filter({"written_by": written_by}))
        with contextlib.suppress(NotFound), self._using(account_id, collection_type) as (name, _dimension):
            offset: Any = None
            while True:
                records, offset = self._client.scroll(
                    name, scroll_filter=wanted, limit=_PAGE, offset=offset, with_payload=["digest"]
                )
                found.update((str(record.id), str((record.payload or {}).get("digest", ""))) for record in records)
                if offset is None:
                    break
        return found

    def writers(self, account_id: str, collection_type: CollectionType, ids: Sequence[str]) -> dict[str, str]:
        wanted = check_ids(ids)
        with contextlib.suppress(NotFound), self._using(account_id, collection_type) as (name, _dimension):
            records = self._client.retrieve(name, wanted, with_payload=["written_by"])
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
        with self._using(account_id, collection_type, dense) as (name, dimension):
            dense_query, sparse_query = check_query(dense, sparse, dimension)
            request = _request(dense_query, sparse_query, limit, conditions, min_similarity)
            if request is None:
                return []
            found = self._client.query_points(name, limit=limit, with_payload=True, **request)
            return [Hit(str(hit.id), hit.score, hit.payload or {}) for hit in found.points]

    def info(self, account_id: str) -> list[CollectionInfo]:
        found = []
        with _clear_errors():
            for collection_type in CollectionType:
                name = collection_name(account_id, collection_type)
                described = self._describe(name)
                if described is not None:
                    points = self._client.count(name, exact=True).count
                    found.append(CollectionInfo(collection_type, points, *described))
        return found

    def drop(self, account_id: str) -> None:
        with _clear_errors():
            for collection_type in CollectionType:
                name = collection_name(account_id, collection_type)
                self._dimensions.pop(name, None)
                self._client.delete_collection(name)

    def ping(self) -> None:
        with _clear_errors():
            self._client.collection_exists("chatwootai_ping")

    def close(self) -> None:
        self._client.close()

    @contextlib.contextmanager
    def _using(
        self, account_id: str, collection_type: CollectionType, dense: Sequence[float] | None = None
    ) -> Iterator[tuple[str, int]]:
        """The collection's name and dimension; a known dimension costs no round trip."""
        name = collection_name(account_id, collection_type)
        dimension = self._dimensions.get(name)
        with _clear_errors(collection_type):
            if dimension is None or (dense is not None and len(dense) != dimension):
                described = self._describe(name)
                if described is None:
                    raise NotFound(not_found_sentence(collection_type))
                dimension = described[0]
            try:
                yield name, dimension
            except Exception:
                self._dimensions.pop(name, None)
                raise

    def _describe(self, name: str) -> tuple[int, str] | None:
        if not self._client.collection_exists(name):
            self._dimensions.pop(name, None)
            return None
        config = self._client.get_collection(name).config
        dimension = int(config.params.vectors[_DENSE].size)
        self._dimensions[name] = dimension
        return dimension, str((config.metadata or {}).get(_MODEL, ""))


def connect(url: str, api_key: str | None = None) -> QdrantVectorStore:
    """A store on the server at ``url``, reached on first use."""
    client = QdrantClient(url=url, api_key=api_key or None, timeout=_TIMEOUT_SECONDS, check_compatibility=False)
    return QdrantVectorStore(client)


@contextlib.contextmanager
def _clear_errors(collection_type: CollectionType | None = None) -> Iterator[None]:
    """The errors of servers, and the different ones of the client's in-memory engine, as ours."""
    try:
        yield
    except StoreError:
        raise
    except UnexpectedResponse as error:
        raise _of_response(error, collection_type) from error
    except ResponseHandlingException as error:
        raise StoreUnavailable("Qdrant can't be reached now.") from error
    except ValueError as error:
        # Names outside tenancy's rules stay ValueErrors; what the in-memory engine doesn't know is not found.
        if collection_type is not None and "not found" in str(error):
            raise NotFound(not_found_sentence(collection_type)) from error
        raise


def _of_response(error: UnexpectedResponse, collection_type: CollectionType | None) -> StoreError:
    if error.status_code == 404 and collection_type is not None:
        return NotFound(not_found_sentence(collection_type))
    if error.status_code == 400:
        return InvalidVector(f"Qdrant refused it: {_reason(error)}.")
    if error.status_code in (401, 403):
        return StoreUnavailable("Qdrant refused the key; check qdrant_api_key.")
    return StoreUnavailable(f"Qdrant can't be used now (status {error.status_code}).")


def _reason(error: UnexpectedResponse) -> str:
    try:
        return str(error.structured()["status"]["error"])[:300].rstrip(".")
    except Exception:  # whatever a server answers instead of its own JSON
        return "bad request"


def _to_client(point: Point) -> models.PointStruct:
    vector: dict[str, Any] = {_DENSE: point.dense}
    if point.sparse:
        vector[_SPARSE] = _sparse(point.sparse)
    return models.PointStruct(id=point.id, vector=vector, payload=point.payload)


def _sparse(sparse: Sparse) -> models.SparseVector:
    return models.SparseVector(indices=sparse.indices, values=sparse.values)


def _request(
    dense: list[float] | None,
    sparse: Sparse | None,
    limit: int,
    conditions: models.Filter | None,
    min_similarity: float | None,
) -> dict[str, Any] | None:
    if dense and sparse:
        candidates = prefetch_limit(limit)
        return {
            "prefetch": [
                models.Prefetch(
                    query=dense, using=_DENSE, limit=candidates, filter=conditions, score_threshold=min_similarity
                ),
                models.Prefetch(query=_sparse(sparse), using=_SPARSE, limit=candidates, filter=conditions),
            ],
            "query": models.RrfQuery(rrf=models.Rrf(k=RRF_K)),
        }
    if dense:
        return {"query": dense, "using": _DENSE, "query_filter": conditions, "score_threshold": min_similarity}
    if sparse:
        return {"query": _sparse(sparse), "using": _SPARSE, "query_filter": conditions}
    return None


def _filter(conditions: list[Condition]) -> models.Filter | None:
    return models.Filter(must=[_translate(condition) for condition in conditions]) if conditions else None


def _translate(condition: Condition) -> models.Condition:
    return _one_of(condition) if isinstance(condition, OneOf) else _between(condition)


def _one_of(condition: OneOf) -> models.FieldCondition:
    if len(condition.values) == 1:
        return models.FieldCondition(key=condition.key, match=models.MatchValue(value=condition.values[0]))
    return models.FieldCondition(key=condition.key, match=models.MatchAny(any=list(condition.values)))


def _between(condition: Between) -> models.Condition:
    bounds: Any = {"gte": condition.gte, "lte": condition.lte}
    range_ = models.DatetimeRange(**bounds) if condition.of_dates else models.Range(**bounds)
    within = models.FieldCondition(key=condition.key, range=range_)
    if not condition.or_absent:
        return within
    absent = models.IsEmptyCondition(is_empty=models.PayloadField(key=condition.key))
    return models.Filter(should=[within, absent])
