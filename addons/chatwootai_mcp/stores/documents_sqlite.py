"""Configuration documents in SQLite, one file per tenant; the embedded default."""

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from ..tenancy.account import ConfigType, parse_account_id
from .documents import StoredConfig, StoredDocument, check_owner, stale_sentence
from .errors import StaleSnapshot, StoreUnavailable
from .schemas import AgentConfig, Snapshot

_BUSY_SECONDS = 10.0
_SCHEMA = """
    CREATE TABLE IF NOT EXISTS document (
        config_type TEXT NOT NULL,
        position INTEGER NOT NULL,
        version INTEGER NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (config_type, position)
    ) WITHOUT ROWID
"""
_SELECT = "SELECT body FROM document WHERE config_type = ? ORDER BY position"
_INSERT = "INSERT INTO document (config_type, position, version, body) VALUES (?, ?, ?, ?)"
# A row each, because no rules are stored too.
_STORED_SCHEMA = """
    CREATE TABLE IF NOT EXISTS stored (
        config_type TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        documents INTEGER NOT NULL,
        at TEXT NOT NULL
    ) WITHOUT ROWID
"""
_STORED = "INSERT OR REPLACE INTO stored (config_type, version, documents, at) VALUES (?, ?, ?, ?)"
_DELETE = "DELETE FROM document WHERE config_type = ?"


class SqliteDocumentStore:
    """Safe for threads and for several processes.

    Each operation opens its own connection (0.25 ms): none outlives a fork, and none goes on reading the file of a
    tenant that was dropped and created again by another process.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = Path(directory)

    def replace_snapshot(self, account_id: str, snapshot: Snapshot) -> None:
        check_owner(account_id, snapshot)
        with self._writing(account_id) as connection:
            stored = self._stored_version(connection)
            if stored is not None and snapshot.version < stored:
                raise StaleSnapshot(stale_sentence(snapshot.version, stored))
            self._put(connection, ConfigType.COMPANY_METADATA, snapshot.version, [snapshot.metadata_document()])
            self._put(connection, ConfigType.BUSINESS_RULES, snapshot.version, snapshot.rule_documents())

    def get(self, account_id: str, config_type: ConfigType) -> StoredDocument | list[StoredDocument] | None:
        config_type = ConfigType(config_type)
        with self._reading(account_id) as connection:
            if connection is None:
                return None
            if config_type is ConfigType.BUSINESS_RULES:
                # Rules and metadata are stored together, so metadata tells "no rules" from "never stored".
                stored = self._stored_version(connection) is not None
                return self._bodies(connection, config_type) if stored else None
            bodies = self._bodies(connection, config_type)
            return bodies[0] if bodies else None

    def save_agent_config(self, account_id: str, document: AgentConfig) -> None:
        with self._writing(account_id) as connection:
            self._put(connection, ConfigType.AGENT_CONFIG, document.version, [document.document(account_id)])

    def describe(self, account_id: str) -> list[StoredConfig]:
        with self._reading(account_id) as connection:
            if connection is None:
                return []
            counted = "SELECT config_type, max(version), count(*) FROM document GROUP BY config_type"
            found = {
                ConfigType(name): StoredConfig(ConfigType(name), version, documents, None)
                for name, version, documents in connection.execute(counted)
            }
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'stored'").fetchone():
                for name, version, documents, at in connection.execute("SELECT * FROM stored"):
                    config_type = ConfigType(name)
                    found[config_type] = StoredConfig(config_type, version, documents, datetime.fromisoformat(at))
            return [found[config_type] for config_type in ConfigType if config_type in found]

    def count(self, account_id: str) -> int:
        with self._reading(account_id) as connection:
            return 0 if connection is None else int(connection.execute("SELECT count(*) FROM document").fetchone()[0])

    def drop(self, account_id: str) -> None:
        path = self._path(account_id)
        if not path.exists():
            return
        with self._writing(account_id) as connection:
            connection.execute("DELETE FROM stored")
            connection.execute("DELETE FROM document")  # who has the file open sees an empty tenant, not the old one
        with _clear_errors():
            with contextlib.closing(_connect(path, "rw")) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            # The log goes first: an old log beside a new file would be replayed into it.
            for suffix in ("-wal", "-shm", ""):
                path.with_name(path.name + suffix).unlink(missing_ok=True)

    def ping(self) -> None:
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            probe = self._directory / ".ping"
            probe.touch()
            probe.unlink(missing_ok=True)
        except OSError as error:
            raise StoreUnavailable(f"The documents' directory can't be written: {error.strerror}.") from error

    def _path(self, account_id: str) -> Path:
        return self._directory / f"{parse_account_id(account_id)}.sqlite"

    @contextlib.contextmanager
    def _writing(self, account_id: str) -> Iterator[sqlite3.Connection]:
        """One transaction, begun before anything is read so that two writers take turns."""
        with _clear_errors():
            self._directory.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(_connect(self._path(account_id), "rwc")) as connection:
                _keep_log(connection)
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("BEGIN IMMEDIATE")
                try:
                    connection.execute(_SCHEMA)
                    connection.execute(_STORED_SCHEMA)
                    yield connection
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")

    @contextlib.contextmanager
    def _reading(self, account_id: str) -> Iterator[sqlite3.Connection | None]:
        """One read transaction over the tenant's file, or None if it has none."""
        path = self._path(account_id)
        with _clear_errors():
            if not path.exists():
                yield None
                return
            with contextlib.closing(_connect(path, "rw")) as connection:
                connection.execute("BEGIN")
                has_table = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'document'").fetchone()
                yield connection if has_table else None

    @staticmethod
    def _stored_version(connection: sqlite3.Connection) -> int | None:
        row = connection.execute(
            "SELECT version FROM document WHERE config_type = ?", (ConfigType.COMPANY_METADATA,)
        ).fetchone()
        return None if row is None else int(row[0])

    @staticmethod
    def _bodies(connection: sqlite3.Connection, config_type: ConfigType) -> list[StoredDocument]:
        return [json.loads(body) for (body,) in connection.execute(_SELECT, (config_type,))]

    @staticmethod
    def _put(
        connection: sqlite3.Connection, config_type: ConfigType, version: int, documents: list[StoredDocument]
    ) -> None:
        connection.execute(_DELETE, (config_type,))
        connection.executemany(
            _INSERT,
            [
                (config_type, position, version, json.dumps(document, ensure_ascii=False))
                for position, document in enumerate(documents)
            ],
        )
        connection.execute(_STORED, (config_type, version, len(documents), datetime.now(UTC).isoformat()))


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """``rwc`` creates a missing file, ``rw`` does not."""
    return sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=_BUSY_SECONDS, isolation_level=None
    )


def _keep_log(connection: sqlite3.Connection) -> None:
    """Write-ahead logging. Of several that switch a new file to it at once, SQLite refuses some without waiting."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


@contextlib.contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreUnavailable(f"The documents can't be read or written: {error}.") from error
