"""Configuration documents in MongoDB: the tenant's database, a collection per config type, a document per rule.

A standalone server has no transactions, so the metadata document is the switch: it names the revision its rules carry.
A replacement first writes its rules under a new revision, which nobody reads, then replaces the metadata document,
then removes what is older. Killed anywhere, it leaves one whole version readable, and the next one cleans up.
"""

import contextlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pymongo import MongoClient, ReturnDocument
from pymongo.errors import DuplicateKeyError, PyMongoError

from ..tenancy.account import ConfigType, parse_account_id
from .documents import StoredConfig, StoredDocument, check_owner, stale_sentence
from .errors import StaleSnapshot, StoreUnavailable
from .schemas import AgentConfig, Snapshot

_ATTEMPTS = 20
# What only this file reads; stripped from what is returned.
_SWITCH = "_snapshot"
_STORED_AT = "_stored_at"
_HIDDEN = ("_id", _SWITCH, _STORED_AT)
_TIMEOUT_MS = 3000

_Database = Any


class MongoDocumentStore:
    """Thread-safe, as its client is. Each process opens its own client: they don't survive a fork."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def replace_snapshot(self, account_id: str, snapshot: Snapshot) -> None:
        check_owner(account_id, snapshot)
        revision = uuid.uuid4().hex
        with _clear_errors():
            database = self._database(account_id)
            self._refuse_older(database, snapshot)
            rules = [
                {**rule, "_id": f"{revision}:{rule['rule_id']}", _SWITCH: {"revision": revision}}
                for rule in snapshot.rule_documents()
            ]
            if rules:
                database[ConfigType.BUSINESS_RULES].insert_many(rules)
            try:
                replaced = self._switch(database, snapshot, revision, len(rules))
            except StaleSnapshot:
                database[ConfigType.BUSINESS_RULES].delete_many({f"{_SWITCH}.revision": revision})
                raise
            self._clean(database, snapshot, revision, replaced)

    def get(self, account_id: str, config_type: ConfigType) -> StoredDocument | list[StoredDocument] | None:
        config_type = ConfigType(config_type)
        with _clear_errors():
            database = self._database(account_id)
            if config_type is ConfigType.BUSINESS_RULES:
                return self._rules(database)
            document = database[config_type].find_one({"_id": database.name})
            return None if document is None else _visible(document)

    def save_agent_config(self, account_id: str, document: AgentConfig) -> None:
        body = document.document(account_id)
        with _clear_errors():
            database = self._database(account_id)
            database[ConfigType.AGENT_CONFIG].replace_one(
                {"_id": database.name}, {**body, "_id": database.name, _STORED_AT: datetime.now(UTC)}, upsert=True
            )

    def describe(self, account_id: str) -> list[StoredConfig]:
        wanted = {"version": 1, _STORED_AT: 1, f"{_SWITCH}.rules": 1}
        found = []
        with _clear_errors():
            database = self._database(account_id)
            metadata = database[ConfigType.COMPANY_METADATA].find_one({"_id": database.name}, wanted)
            agent = database[ConfigType.AGENT_CONFIG].find_one({"_id": database.name}, wanted)
        if metadata is not None:
            found.append(_described(ConfigType.COMPANY_METADATA, metadata, 1))
            found.append(_described(ConfigType.BUSINESS_RULES, metadata, int(metadata[_SWITCH]["rules"])))
        if agent is not None:
            found.append(_described(ConfigType.AGENT_CONFIG, agent, 1))
        return found

    def count(self, account_id: str) -> int:
        with _clear_errors():
            database = self._database(account_id)
            agent = database[ConfigType.AGENT_CONFIG].count_documents({"_id": database.name})
            metadata = database[ConfigType.COMPANY_METADATA].find_one({"_id": database.name})
            return int(agent) + (0 if metadata is None else 1 + int(metadata[_SWITCH]["rules"]))

    def drop(self, account_id: str) -> None:
        with _clear_errors():
            self._client.drop_database(parse_account_id(account_id))

    def ping(self) -> None:
        with _clear_errors():
            self._client.admin.command("ping")

    def _database(self, account_id: str) -> _Database:
        return self._client[parse_account_id(account_id)]

    def _refuse_older(self, database: _Database, snapshot: Snapshot) -> None:
        """Spare a late sender the work; the switch itself is what guarantees the order."""
        stored = database[ConfigType.COMPANY_METADATA].find_one({"_id": database.name}, {"version": 1})
        if stored is not None and snapshot.version < stored["version"]:
            raise StaleSnapshot(stale_sentence(snapshot.version, stored["version"]))

    def _switch(self, database: _Database, snapshot: Snapshot, revision: str, rules: int) -> StoredDocument | None:
        """Put the metadata document in place unless a newer one is there; return the one it replaced."""
        document = {
            **snapshot.metadata_document(),
            "_id": database.name,
            _SWITCH: {"revision": revision, "rules": rules},
            _STORED_AT: datetime.now(UTC),
        }
        for _ in range(_ATTEMPTS):
            try:
                replaced: StoredDocument | None = database[ConfigType.COMPANY_METADATA].find_one_and_replace(
                    {"_id": database.name, "version": {"$lte": snapshot.version}},
                    document,
                    upsert=True,
                    return_document=ReturnDocument.BEFORE,
                )
                return replaced
            except DuplicateKeyError:
                # One is there and did not match: it is newer, or it came between the search and the insertion.
                self._refuse_older(database, snapshot)
        raise StoreUnavailable("The configuration is being replaced by too many senders at once; try again.")

    def _clean(self, database: _Database, snapshot: Snapshot, revision: str, replaced: StoredDocument | None) -> None:
        """Remove rules nobody can come to read: of the replaced document, and of versions that are refused by now.

        A writer of the same version may still be on its way to its switch: its rules stay.
        """
        rules = database[ConfigType.BUSINESS_RULES]
        rules.delete_many({"version": {"$lt": snapshot.version}})
        if replaced is not None and replaced[_SWITCH]["revision"] != revision:
            rules.delete_many({f"{_SWITCH}.revision": replaced[_SWITCH]["revision"]})

    def _rules(self, database: _Database) -> list[StoredDocument] | None:
        for _ in range(_ATTEMPTS):
            metadata = database[ConfigType.COMPANY_METADATA].find_one({"_id": database.name}, {_SWITCH: 1})
            if metadata is None:
                return None
            found = database[ConfigType.BUSINESS_RULES].find({f"{_SWITCH}.revision": metadata[_SWITCH]["revision"]})
            rules = sorted(found, key=lambda rule: (rule["sequence"], rule["rule_id"]))
            if len(rules) == metadata[_SWITCH]["rules"]:
                return [_visible(rule) for rule in rules]
            # They were replaced and removed between the two reads.
        raise StoreUnavailable("The rules are being replaced faster than they can be read; try again.")


def connect(url: str, timeout_ms: int = _TIMEOUT_MS) -> MongoDocumentStore:
    """A store on the server at ``url``, reached on first use; a server that is down is noticed in seconds."""
    client: MongoClient[dict[str, Any]] = MongoClient(
        url,
        serverSelectionTimeoutMS=timeout_ms,
        connectTimeoutMS=timeout_ms,
        socketTimeoutMS=timeout_ms * 3,
        connect=False,
        appname="chatwootai",
    )
    return MongoDocumentStore(client)


def _described(config_type: ConfigType, document: StoredDocument, documents: int) -> StoredConfig:
    at = document.get(_STORED_AT)
    # The driver gives moments without their zone, which is UTC.
    return StoredConfig(config_type, int(document["version"]), documents, at and at.replace(tzinfo=UTC))


def _visible(document: StoredDocument) -> StoredDocument:
    return {key: value for key, value in document.items() if key not in _HIDDEN}


@contextlib.contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except PyMongoError as error:
        raise StoreUnavailable(f"MongoDB can't be used now ({type(error).__name__}).") from error
