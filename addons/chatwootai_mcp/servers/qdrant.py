"""MCP-Qdrant: the tenant's knowledge, by a vector of the caller's or by text."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from ..stores.errors import NotFound
from ..stores.vectors import Hit
from ..tenancy.account import CollectionType
from .call import Call
from .tool import tool

_CollectionName = Literal["products", "rules", "support_documents"]
_Limit = Annotated[int, Field(ge=1, le=50, description="How many results at most")]
_HITS = {"results": {"type": "array", "items": {"type": "object"}}}


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
        str, Field(min_length=1, max_length=1000, description="What to look for, in the customer's words")
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
    embedding = call.stores.embedder.embed([query], query=True)[0]
    hits: list[dict[str, Any]] = []
    for searched in [CollectionType(collection_type)] if collection_type else list(CollectionType):
        try:
            found = call.stores.vectors.search(
                call.account_id,
                searched,
                dense=embedding.dense,
                sparse=embedding.sparse,
                limit=limit * 2,
                min_similarity=call.stores.embedder.min_similarity,
            )
        except NotFound:  # nothing was indexed there yet: the other collections may still know
            continue
        hits += [_described(hit, searched) for hit in found if _in_force(call, hit)]
    hits.sort(key=lambda hit: -hit["score"])  # scores fuse ranks: the best of each collection come first
    return {"results": hits[:limit]}


@tool(
    "qdrant",
    title="List collections",
    read_only=True,
    returns={"collections": {"type": "array", "items": {"type": "object"}}},
)
def list_collections(call: Call) -> dict[str, Any]:
    """List the knowledge collections with their number of points, vector dimension and embedding model."""
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


def _described(hit: Hit, collection_type: CollectionType) -> dict[str, Any]:
    return {
        "id": hit.id,
        "score": round(hit.score, 4),
        "collection_type": collection_type.value,
        **{key: hit.payload.get(key) for key in ("title", "text", "source", "source_id")},
    }


def _in_force(call: Call, hit: Hit) -> bool:
    """Whether a temporary rule holds today; everything else always does."""
    start, end = hit.payload.get("date_start"), hit.payload.get("date_end")
    if not (start or end):
        return True
    today = datetime.now(ZoneInfo(hit.payload.get("timezone") or "UTC")).date().isoformat()
    return (not start or start <= today) and (not end or today <= end)
