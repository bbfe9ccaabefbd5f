"""Which adapters serve this process, chosen by the settings; errors are one clear line."""

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ..tenancy.account import CollectionType
from .cache import Cache
from .cache_memory import MemoryCache
from .documents import DocumentStore
from .documents_last_good import LastGoodDocuments
from .documents_sqlite import SqliteDocumentStore
from .embeddings import Embedder
from .embeddings_lexical import LexicalEmbedder
from .filters import Filter
from .vectors import CollectionInfo, Hit, Point, Sparse, VectorStore


class StoreSettings(Protocol):
    """What is read of the settings; empty or absent means the embedded default."""

    @property
    def mongodb_url(self) -> str | None: ...
    @property
    def qdrant_url(self) -> str | None: ...
    @property
    def qdrant_api_key(self) -> str | None: ...
    @property
    def redis_url(self) -> str | None: ...
    @property
    def data_dir(self) -> Path: ...


@dataclass(frozen=True)
class Stores:
    documents: DocumentStore
    vectors: VectorStore
    cache: Cache
    embedder: Embedder

    def close(self) -> None:
        self.vectors.close()
        self.cache.close()


def open_stores(settings: StoreSettings) -> Stores:
    """Nothing is connected yet: servers are reached, and the embedded vectors locked, on first use."""
    return Stores(
        documents=_documents(settings),
        vectors=_vectors(settings),
        cache=_cache(settings),
        embedder=LexicalEmbedder(),
    )


def _documents(settings: StoreSettings) -> DocumentStore:
    if settings.mongodb_url:
        from .documents_mongodb import connect

        return LastGoodDocuments(connect(settings.mongodb_url), Path(settings.data_dir) / "last-good")
    return SqliteDocumentStore(Path(settings.data_dir) / "documents")


def _vectors(settings: StoreSettings) -> VectorStore:
    url, key = settings.qdrant_url, settings.qdrant_api_key
    directory = Path(settings.data_dir) / "vectors"

    def open_server() -> VectorStore:
        from .vectors_qdrant import connect

        return connect(url or "", key)

    def open_embedded() -> VectorStore:
        from .vectors_edge import EdgeVectorStore

        return EdgeVectorStore(directory)

    return LazyVectorStore(open_server if url else open_embedded)


def _cache(settings: StoreSettings) -> Cache:
    if settings.redis_url:
        from .cache_redis import connect

        return connect(settings.redis_url)
    return MemoryCache()


class LazyVectorStore:
    """Opens the store on first use, and again after a fork or a failed attempt.

    A second process may thus use documents and cache while another one holds the embedded vectors.
    """

    def __init__(self, open_store: Callable[[], VectorStore]) -> None:
        self._open_store = open_store
        self._lock = threading.Lock()
        self._store: VectorStore | None = None
        self._pid = 0

    def _opened(self) -> VectorStore:
        with self._lock:
            if self._store is None or self._pid != os.getpid():
                self._store = self._open_store()
                self._pid = os.getpid()
            return self._store

    def ensure(self, account_id: str, collection_type: CollectionType, dimension: int, embedding_model: str) -> None:
        self._opened().ensure(account_id, collection_type, dimension, embedding_model)

    def upsert(self, account_id: str, collection_type: CollectionType, points: Sequence[Point]) -> None:
        self._opened().upsert(account_id, collection_type, points)

    def delete(self, account_id: str, collection_type: CollectionType, ids: Sequence[str]) -> None:
        self._opened().delete(account_id, collection_type, ids)

    def digests(self, account_id: str, collection_type: CollectionType, written_by: str) -> dict[str, str]:
        return self._opened().digests(account_id, collection_type, written_by)

    def writers(self, account_id: str, collection_type: CollectionType, ids: Sequence[str]) -> dict[str, str]:
        return self._opened().writers(account_id, collection_type, ids)

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
        wanted: dict[str, Any] = {
            "dense": dense,
            "sparse": sparse,
            "limit": limit,
            "filter": filter,
            "min_similarity": min_similarity,
        }
        return self._opened().search(account_id, collection_type, **wanted)

    def info(self, account_id: str) -> list[CollectionInfo]:
        return self._opened().info(account_id)

    def drop(self, account_id: str) -> None:
        self._opened().drop(account_id)

    def ping(self) -> None:
        self._opened().ping()

    def close(self) -> None:
        with self._lock:
            store, self._store = self._store, None
        if store is not None:
            store.close()
