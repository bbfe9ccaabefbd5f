"""MCP-Qdrant: the tenant's knowledge, by a vector of the caller's or by text."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from ..control import get_control
from ..stores.embeddings import Embedding
from ..stores.errors import NotFound
from ..stores.vectors import MAX_DIMENSION, Hit, Point, check_id, check_ids
from ..tenancy.account import CollectionType
from .call import Call
from .tool import ToolError, tool
from .usage_meter import meter

_CollectionName = Literal["products", "rules", "support_documents"]
_Limit = Annotated[int, Field(ge=1, le=50, description="How many results at most")]
_HITS = {"results": {"type": "array", "items": {"type": "object"}}}
_WRITTEN_BY = "mcp"  # never "resync", which replaces and deletes its own
_NAMESPACE = uuid.UUID("9a3f0c1e-0f64-4d0b-8c57-2f7d1f6f3b52")
_MAX_TEXT = 8_000  # characters that are embedded
_CACHE_SECONDS = 300


def _by_collection(arguments: Mapping[str, Any]) -> str:
    return f"vectors_{arguments['collection_type']}"


@tool("qdrant", title="Search by vector", read_only=True, cache_namespace=_by_collection, returns=_HITS)
def search_vectors(
    call: Call,
    collection_type: Annotated[_CollectionName, Field(description="Which knowledge to search")],
    query_vector: Annotated[
        list[float],
        Field(max_length=8192, description="Dense vector of the collection's dimension (list_collections tells it)"),
    ],
    limit: _Limit = 5,
    filter: Annotated[
        dict[str, Any] | None,
        Field(description='By payload: {"key": value}, {"key": [values]} or {"key": {"gte": 1, "lte": 2}}'),
    ] = None,
) -> dict[str, Any]:
    """Search one knowledge collection with an embedding of your own. To search with words, use search_knowledge."""
    hits = call.stores.vectors.search(
        call.account_id, CollectionType(collection_type), dense=query_vector, limit=limit, filter=filter
    )
    return {"results": [{"id": hit.id, "score": hit.score, "payload": hit.payload} for hit in hits]}


@tool(
    "qdrant",
    title="Search knowledge",
    read_only=True,
    returns=_HITS,
)
def search_knowledge(
    call: Call,
    query: Annotated[
        str,
        Field(
            min_length=1,
            max_length=1000,
            description="What to look for, in the customer's words",
            examples=["how long to return"],
        ),
    ],
    collection_type: Annotated[
        _CollectionName | None, Field(description="Only this knowledge; all of it when left out")
    ] = None,
    limit: _Limit = 5,
) -> dict[str, Any]:
    """Search what the company has written down: its policies and rules, support documents and product descriptions.

    Use it for questions on policies, delivery, returns, payment, care and how things are done. Prices and stock are not
    in it: look those up with find_products.
    """
    embedded = cache(lambda: call.stores.embedder.embed([query], query=True)[0])
    hits: list[dict[str, Any]] = []
    for searched in [CollectionType(collection_type)] if collection_type else list(CollectionType):
        try:
            found = _found(call, searched, query, embedded, limit * 2)
        except NotFound:  # nothing was indexed there yet: the other collections may still know
            continue
        hits += [_described(hit, searched) for hit in found if _in_force(call, hit)]
    hits.sort(key=lambda hit: -hit["score"])  # scores fuse ranks: the best of each collection come first
    return {"results": hits[:limit]}


def _found(
    call: Call, searched: CollectionType, query: str, embedded: Callable[[], Embedding], limit: int
) -> list[Hit]:
    """A collection's hits, from the cache while nothing was written there. Whether a rule is in force is asked after.

    :param embedded: the query's embedding, asked for when it is needed
    """
    embedder = call.stores.embedder

    def search() -> list[dict[str, Any]]:
        embedding = embedded()
        hits = call.stores.vectors.search(
            call.account_id,
            searched,
            dense=embedding.dense,
            sparse=embedding.sparse,
            limit=limit,
            min_similarity=embedder.min_similarity,
        )
        return [asdict(hit) for hit in hits]

    question = json.dumps([embedder.model, query, limit])
    namespace = _by_collection({"collection_type": searched.value})
    kept = call.stores.cache.get_or_load(call.account_id, namespace, question, search, ttl=_CACHE_SECONDS)
    return [Hit(**hit) for hit in kept]


@tool(
    "qdrant",
    title="List collections",
    read_only=True,
    returns={"collections": {"type": "array", "items": {"type": "object"}}},
)
def list_collections(call: Call) -> dict[str, Any]:
    """List the knowledge collections: number of points, and the dimension and embedding model a vector of your own must
    have."""
    return {
        "collections": [
            {
                "collection_type": info.collection_type,
                "points": info.points,
                "dimension": info.dimension,
                "embedding_model": info.embedding_model,
            }
            for info in call.stores.vectors.info(call.account_id)
        ]
    }


class _Point(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    id: Annotated[str | None, Field(description="UUID; without one it is made from the content")] = None
    vector: Annotated[list[float] | None, Field(max_length=MAX_DIMENSION)] = None
    payload: Annotated[dict[str, Any], Field(description='As {"title": "…", "text": "…"}')] = {}


@tool(
    "qdrant",
    title="Upsert vectors",
    destructive=True,
    idempotent=True,
    returns={"ids": {"type": "array", "items": {"type": "string"}}},
)
def upsert_vectors(
    call: Call,
    collection_type: _CollectionName,
    points: Annotated[list[_Point], Field(min_length=1, max_length=100)],
) -> dict[str, Any]:
    """Add knowledge of your own, or replace what you added under the same id. Without a vector, payload.text is
    embedded. search_knowledge finds it by its words if payload.text is given. What comes from Odoo is changed there."""
    collection = CollectionType(collection_type)
    written = [_written(call, collection, point) for point in points]
    ids = [point.id for point in written]
    there = _own(call, collection, ids)
    _check_room(call, len(set(ids) - there.keys()))
    with call.stores.cache.writing(call.account_id, f"vectors_{collection_type}"):
        _ensure(call, collection)
        call.stores.vectors.upsert(call.account_id, collection, written)
    return {"ids": ids}


@tool(
    "qdrant",
    title="Delete vectors",
    destructive=True,
    idempotent=True,
    returns={"deleted": {"type": "integer"}},
)
def delete_vectors(
    call: Call,
    collection_type: _CollectionName,
    ids: Annotated[list[str], Field(min_length=1, max_length=1000)],
) -> dict[str, Any]:
    """Delete points that upsert_vectors added, by id. What comes from Odoo is deleted there."""
    collection = CollectionType(collection_type)
    there = list(_own(call, collection, check_ids(ids)))
    if there:
        with call.stores.cache.writing(call.account_id, f"vectors_{collection_type}"):
            call.stores.vectors.delete(call.account_id, collection, there)
    return {"deleted": len(there)}


def _written(call: Call, collection: CollectionType, point: _Point) -> Point:
    """The point as it is stored: marked as a client's, so that the resync leaves it alone."""
    payload = {**point.payload, "written_by": _WRITTEN_BY}
    text = payload.get("text")
    if text is not None and not (isinstance(text, str) and text.strip()):
        raise ToolError("payload.text must be a text.")
    if point.vector is None and text is None:
        raise ToolError("A point needs a vector, or a payload.text to make one of.")
    _check_dates(payload)
    embedding = call.stores.embedder.embed([text[:_MAX_TEXT]])[0] if text is not None else None
    dense = point.vector if point.vector is not None else embedding.dense
    point_id = check_id(point.id) if point.id is not None else _id_of(call, collection, point)
    return Point(point_id, dense, embedding.sparse if embedding else None, payload)


def _check_dates(payload: Mapping[str, Any]) -> None:
    """Of what holds for a time: searches read them, and must be able to."""
    try:
        for name in ("date_start", "date_end"):
            if payload.get(name) is not None:
                date.fromisoformat(payload[name])
        ZoneInfo(payload.get("timezone") or "UTC")
    except (TypeError, ValueError, KeyError, OSError):
        raise ToolError(
            "payload.date_start and date_end are dates such as 2026-01-31; timezone is one such as America/Sao_Paulo."
        ) from None


def _id_of(call: Call, collection: CollectionType, point: _Point) -> str:
    """The same content gets the same id: a call that is repeated adds nothing."""
    content = json.dumps([call.account_id, collection.value, point.vector, point.payload], sort_keys=True)
    return str(uuid.uuid5(_NAMESPACE, content))


def _own(call: Call, collection: CollectionType, ids: list[str]) -> dict[str, str]:
    """Those of the points that are there.

    :raises ToolError: one was not written by a client
    """
    there = call.stores.vectors.writers(call.account_id, collection, ids)
    for point_id, writer in there.items():
        if writer != _WRITTEN_BY:
            raise ToolError(f"Point {point_id} comes from Odoo: change or archive its product, rule or document there.")
    return there


def _check_room(call: Call, added: int) -> None:
    limit = get_control().limits(call.account_id).vectors
    if limit is not None and sum(info.points for info in call.stores.vectors.info(call.account_id)) + added > limit:
        meter.add(call.account_id, reached="vectors")
        raise ToolError(f"This account may hold {limit} vectors; delete some, or ask the operator to raise the limit.")


def _ensure(call: Call, collection: CollectionType) -> None:
    """The collection must be there; one that was made with another model is the resync's to make anew."""
    if collection not in {info.collection_type for info in call.stores.vectors.info(call.account_id)}:
        embedder = call.stores.embedder
        call.stores.vectors.ensure(call.account_id, collection, embedder.dimension, embedder.model)


def _described(hit: Hit, collection_type: CollectionType) -> dict[str, Any]:
    return {
        "id": hit.id,
        "score": round(hit.score, 4),
        "collection_type": collection_type.value,
        **{key: hit.payload.get(key) for key in ("title", "text", "source", "source_id")},
        **({"is_file": True} if hit.payload.get("is_file") else {}),
    }


def _in_force(call: Call, hit: Hit) -> bool:
    """Whether a temporary rule holds today; everything else always does."""
    start, end = hit.payload.get("date_start"), hit.payload.get("date_end")
    if not (start or end):
        return True
    today = datetime.now(ZoneInfo(hit.payload.get("timezone") or "UTC")).date().isoformat()
    return (not start or start <= today) and (not end or today <= end)
