"""What is particular to documents in MongoDB: a replacement that dies halfway, a server that is down.

Not proven on a server: mongomock stands in for it.
"""

import mongomock
import pytest
from chatwootai_mcp.stores.documents_mongodb import MongoDocumentStore, connect
from chatwootai_mcp.stores.errors import StaleSnapshot, StoreUnavailable
from chatwootai_mcp.tenancy.account import ConfigType

from .test_documents_contract import snapshot

METADATA, RULES = ConfigType.COMPANY_METADATA, ConfigType.BUSINESS_RULES
WRITES = ("insert_many", "find_one_and_replace", "delete_many", "replace_one")


class Killed(BaseException):
    """The process ends here: nothing catches it."""


class DyingClient:
    """Lets so many writes through; the next one dies before or after it took effect."""

    def __init__(self, client, writes, after):
        self._client, self.left, self._after = client, writes, after

    def __getitem__(self, name):
        return _DyingDatabase(self, self._client[name])


class _DyingDatabase:
    def __init__(self, client, database):
        self._client, self._database, self.name = client, database, database.name

    def __getitem__(self, name):
        return _DyingCollection(self._client, self._database[name])


class _DyingCollection:
    def __init__(self, client, collection):
        self._client, self._collection = client, collection

    def __getattr__(self, name):
        method = getattr(self._collection, name)
        return self._dying(method) if name in WRITES else method

    def _dying(self, method):
        def call(*args, **kwargs):
            if self._client.left == 0 and not self._client._after:
                raise Killed
            result = method(*args, **kwargs)
            if self._client.left == 0:
                raise Killed
            self._client.left -= 1
            return result

        return call


def read(store):
    rules = store.get("acme", RULES)
    return store.get("acme", METADATA)["version"], {rule["version"] for rule in rules}, len(rules)


@pytest.mark.parametrize("after", [False, True], ids=["before-the-write", "after-the-write"])
@pytest.mark.parametrize("writes", range(4))
def test_a_replacement_killed_anywhere_leaves_a_whole_version_and_the_next_one_heals(writes, after):
    client = mongomock.MongoClient()
    store = MongoDocumentStore(client)
    store.replace_snapshot("acme", snapshot("acme", 1, rules=3))
    with pytest.raises(Killed):
        MongoDocumentStore(DyingClient(client, writes, after)).replace_snapshot("acme", snapshot("acme", 2, rules=5))
    assert read(store) in [(1, {1}, 3), (2, {2}, 5)]
    assert store.count("acme") == 1 + read(store)[2]
    store.replace_snapshot("acme", snapshot("acme", 2, rules=5))  # the sender tries again
    assert read(store) == (2, {2}, 5)
    store.replace_snapshot("acme", snapshot("acme", 3, rules=2))
    assert read(store) == (3, {3}, 2)
    assert client["acme"]["business_rules"].count_documents({}) == 2


def test_the_switch_is_what_makes_a_version_visible():
    client = mongomock.MongoClient()
    store = MongoDocumentStore(client)
    store.replace_snapshot("acme", snapshot("acme", 1, rules=3))
    with pytest.raises(Killed):
        MongoDocumentStore(DyingClient(client, 1, False)).replace_snapshot("acme", snapshot("acme", 2, rules=5))
    assert read(store) == (1, {1}, 3)
    with pytest.raises(Killed):
        MongoDocumentStore(DyingClient(client, 1, True)).replace_snapshot("acme", snapshot("acme", 2, rules=5))
    assert read(store) == (2, {2}, 5)


def test_a_sender_overtaken_on_its_way_to_the_switch_is_refused_and_leaves_nothing():
    client = mongomock.MongoClient()
    store = MongoDocumentStore(client)
    store.replace_snapshot("acme", snapshot("acme", 1, rules=1))

    class Overtaken(MongoDocumentStore):
        def _switch(self, *args):
            store.replace_snapshot("acme", snapshot("acme", 5, rules=2))
            return super()._switch(*args)

    with pytest.raises(StaleSnapshot):
        Overtaken(client).replace_snapshot("acme", snapshot("acme", 4, rules=9))
    assert read(store) == (5, {5}, 2)
    assert client["acme"]["business_rules"].count_documents({}) == 2


def test_a_sender_of_the_same_version_on_its_way_keeps_its_rules():
    client = mongomock.MongoClient()
    store = MongoDocumentStore(client)
    store.replace_snapshot("acme", snapshot("acme", 1, rules=1))

    class Meanwhile(MongoDocumentStore):
        def _switch(self, *args):
            store.replace_snapshot("acme", snapshot("acme", 2, rules=3))
            return super()._switch(*args)

    Meanwhile(client).replace_snapshot("acme", snapshot("acme", 2, rules=3))
    assert read(store) == (2, {2}, 3)
    assert client["acme"]["business_rules"].count_documents({}) == 3


def test_documents_can_be_found_by_the_account_they_carry():
    client = mongomock.MongoClient()
    MongoDocumentStore(client).replace_snapshot("acme", snapshot("acme", 1))
    assert client["acme"]["company_metadata"].find_one({"account_id": "acme"})["company_name"] == "Acme 1"
    assert client["acme"]["business_rules"].count_documents({"account_id": "acme"}) == 2


def test_a_server_that_is_down_is_a_clear_error():
    store = connect("mongodb://127.0.0.1:9", timeout_ms=100)
    with pytest.raises(StoreUnavailable, match="MongoDB"):
        store.get("acme", METADATA)
    with pytest.raises(StoreUnavailable, match="MongoDB"):
        store.ping()
