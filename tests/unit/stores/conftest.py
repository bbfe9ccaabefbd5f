"""The adapters under test: each port has one contract, run on every adapter.

MongoDB and Qdrant have no server on a developer's machine: their adapters then run on mongomock and on the client's own
in-memory engine, and the test ids say so. MONGODB_URL and QDRANT_URL put the same tests on a server.
"""

import os
import shutil
import subprocess
import tempfile
import threading
import time
import uuid
import warnings

import pytest
from chatwootai_mcp.stores.documents_last_good import LastGoodDocuments
from chatwootai_mcp.stores.documents_sqlite import SqliteDocumentStore
from chatwootai_mcp.stores.vectors_edge import EdgeVectorStore

MONGODB_URL, QDRANT_URL = os.environ.get("MONGODB_URL"), os.environ.get("QDRANT_URL")
ON_MONGO = "mongodb" if MONGODB_URL else "mongomock-not-proven-on-a-server"
ON_QDRANT = "qdrant" if QDRANT_URL else "qdrant-in-memory-not-proven-on-a-server"


@pytest.fixture
def accounts():
    """Two tenants whose names look alike; random, because a given server may hold others."""
    stem = f"acme{uuid.uuid4().hex[:8]}"
    return stem, f"{stem}-x"


@pytest.fixture(params=["sqlite", ON_MONGO, "last-good"])
def documents(request, tmp_path, accounts):
    store = _mongo_store() if request.param == ON_MONGO else SqliteDocumentStore(tmp_path / "documents")
    if request.param == "last-good":
        store = LastGoodDocuments(store, tmp_path / "last-good")
    yield store
    for account in accounts:
        store.drop(account)


def _mongo_store():
    from chatwootai_mcp.stores.documents_mongodb import MongoDocumentStore, connect

    if MONGODB_URL:
        return connect(MONGODB_URL)
    import mongomock

    return MongoDocumentStore(OneAtATimeMongo(mongomock.MongoClient()))


@pytest.fixture(params=["edge", ON_QDRANT])
def vectors(request, tmp_path, accounts):
    store = EdgeVectorStore(tmp_path / "vectors") if request.param == "edge" else _qdrant_store()
    yield store
    for account in accounts:
        store.drop(account)
    store.close()


def _qdrant_store():
    from chatwootai_mcp.stores.vectors_qdrant import QdrantVectorStore, connect

    if QDRANT_URL:
        return connect(QDRANT_URL, os.environ.get("QDRANT_API_KEY"))
    import qdrant_client

    warnings.filterwarnings("ignore", message="Payload indexes have no effect in the local Qdrant")
    return QdrantVectorStore(OneAtATime(qdrant_client.QdrantClient(":memory:")))


class OneAtATimeMongo:
    """mongomock breaks when a collection is written while it is read; a server doesn't. Each operation is whole."""

    def __init__(self, client):
        self._client, self._lock = client, threading.RLock()

    def __getitem__(self, name):
        return _Database(self._client[name], self._lock)

    def __getattr__(self, name):
        return getattr(self._client, name)


class _Database:
    def __init__(self, database, lock):
        self._database, self._lock, self.name = database, lock, database.name

    def __getitem__(self, name):
        return _Collection(self._database[name], self._lock)


class _Collection:
    def __init__(self, collection, lock):
        self._collection, self._lock = collection, lock

    def __getattr__(self, name):
        method = getattr(self._collection, name)

        def locked(*args, **kwargs):
            with self._lock:
                return list(method(*args, **kwargs)) if name == "find" else method(*args, **kwargs)

        return locked


class OneAtATime:
    """The client's in-memory engine loses writes of parallel threads; a server doesn't. Only tests lock."""

    def __init__(self, client):
        self._client, self._lock = client, threading.RLock()

    def __getattr__(self, name):
        attribute = getattr(self._client, name)
        if not callable(attribute):
            return attribute

        def locked(*args, **kwargs):
            with self._lock:
                return attribute(*args, **kwargs)

        return locked


@pytest.fixture(scope="session")
def redis_server():
    """A Redis of the tests' own, on a socket nobody else uses, without persistence."""
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed")
    directory = tempfile.mkdtemp(prefix="redis-")  # not tmp_path: socket paths are limited to 107 characters
    command = ["redis-server", "--port", "0", "--unixsocket", f"{directory}/redis.sock"]
    command += ["--save", "", "--appendonly", "no", "--dir", directory]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    process.socket = f"{directory}/redis.sock"
    until = time.monotonic() + 10
    while not os.path.exists(process.socket):
        assert process.poll() is None, "redis-server ended at once"
        assert time.monotonic() < until, "redis-server did not start"
        time.sleep(0.01)
    yield process
    process.terminate()
    process.wait(10)
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def redis_url(redis_server):
    import redis

    url = f"unix://{redis_server.socket}"
    redis.Redis.from_url(url).flushall()
    return url
