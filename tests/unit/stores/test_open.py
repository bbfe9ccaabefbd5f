"""Which adapters the settings choose, and that nothing is connected before it is used."""

from dataclasses import dataclass
from pathlib import Path

from chatwootai_mcp.stores.cache_memory import MemoryCache
from chatwootai_mcp.stores.cache_redis import RedisCache
from chatwootai_mcp.stores.documents_last_good import LastGoodDocuments
from chatwootai_mcp.stores.documents_sqlite import SqliteDocumentStore
from chatwootai_mcp.stores.open import open_stores
from chatwootai_mcp.tenancy.account import CollectionType, ConfigType


@dataclass
class Settings:
    data_dir: Path
    mongodb_url: str | None = None
    qdrant_url: str | None = None
    qdrant_api_key: str | None = None
    redis_url: str | None = None


def test_without_urls_all_is_embedded(tmp_path):
    stores = open_stores(Settings(tmp_path))
    assert isinstance(stores.documents, SqliteDocumentStore)
    assert isinstance(stores.cache, MemoryCache)
    stores.vectors.ensure("acme", CollectionType.PRODUCTS, stores.embedder.dimension, stores.embedder.model)
    assert [info.embedding_model for info in stores.vectors.info("acme")] == ["lexical-v1"]
    assert (tmp_path / "vectors" / "acme_products").is_dir()
    stores.close()


def test_urls_move_to_the_servers_without_connecting(tmp_path):
    stores = open_stores(Settings(tmp_path, "mongodb://127.0.0.1:9", "http://127.0.0.1:9", None, "redis://127.0.0.1:9"))
    assert isinstance(stores.documents, LastGoodDocuments)
    assert isinstance(stores.cache, RedisCache)
    stores.close()


def test_documents_and_cache_serve_a_second_process_while_another_holds_the_vectors(tmp_path):
    first, second = open_stores(Settings(tmp_path)), open_stores(Settings(tmp_path))
    first.vectors.ping()
    assert second.documents.get("acme", ConfigType.COMPANY_METADATA) is None
    assert second.cache.get_or_load("acme", "x", "k", lambda: 1) == 1
    first.close()
