"""The last good configuration: a copy beside each document that was read, for while the document server is down.

Agents go on with what they knew. Nothing is written meanwhile, so the copy is what the server would say. It is read
only then: a server that answers is always believed. The copies are files, so that they outlast the process, and go
with the tenant.
"""

import contextlib
import json
import os
import shutil
import threading
from pathlib import Path

from ..tenancy.account import ConfigType, parse_account_id
from .circuit_breaker import CircuitBreaker
from .documents import DocumentStore, StoredConfig, StoredDocument
from .errors import StoreUnavailable
from .schemas import AgentConfig, Snapshot

_PAUSE_SECONDS = 5.0  # how long a server that did not answer is not asked again by readers


class LastGoodDocuments:
    """A document store that reads on from copies while ``store`` is unavailable. Writing needs the store itself."""

    def __init__(self, store: DocumentStore, directory: Path) -> None:
        self._store = store
        self._directory = Path(directory)
        self._breaker = CircuitBreaker(threshold=1, pause=_PAUSE_SECONDS)

    def get(self, account_id: str, config_type: ConfigType) -> StoredDocument | list[StoredDocument] | None:
        copy = self._copy(account_id, config_type)
        if not self._breaker.allows() and copy.is_file():
            return _read(copy)
        try:
            document = self._store.get(account_id, config_type)
        except StoreUnavailable:
            self._breaker.failed()
            if copy.is_file():
                return _read(copy)
            raise
        self._breaker.succeeded()
        self._keep(copy, document)
        return document

    def replace_snapshot(self, account_id: str, snapshot: Snapshot) -> None:
        self._store.replace_snapshot(account_id, snapshot)
        self._read_again(account_id, ConfigType.COMPANY_METADATA, ConfigType.BUSINESS_RULES)

    def save_agent_config(self, account_id: str, document: AgentConfig) -> None:
        self._store.save_agent_config(account_id, document)
        self._read_again(account_id, ConfigType.AGENT_CONFIG)

    def describe(self, account_id: str) -> list[StoredConfig]:
        return self._store.describe(account_id)

    def count(self, account_id: str) -> int:
        return self._store.count(account_id)

    def drop(self, account_id: str) -> None:
        self._store.drop(account_id)
        shutil.rmtree(self._directory / parse_account_id(account_id), ignore_errors=True)

    def ping(self) -> None:
        self._store.ping()

    def _read_again(self, account_id: str, *config_types: ConfigType) -> None:
        """What was written is good, too: without waiting for the first who asks."""
        self._breaker.succeeded()
        for config_type in config_types:
            with contextlib.suppress(StoreUnavailable):
                self.get(account_id, config_type)

    def _copy(self, account_id: str, config_type: ConfigType) -> Path:
        return self._directory / parse_account_id(account_id) / f"{ConfigType(config_type).value}.json"

    @staticmethod
    def _keep(copy: Path, document: StoredDocument | list[StoredDocument] | None) -> None:
        """Without a copy one can work: a full disk is no reason not to answer."""
        with contextlib.suppress(OSError):
            if document is None:
                copy.unlink(missing_ok=True)
                return
            text = json.dumps(document, ensure_ascii=False, default=str)
            if copy.is_file() and copy.read_text() == text:
                return
            copy.parent.mkdir(parents=True, exist_ok=True)
            unfinished = copy.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
            unfinished.write_text(text)
            unfinished.replace(copy)


def _read(copy: Path) -> StoredDocument | list[StoredDocument]:
    document: StoredDocument | list[StoredDocument] = json.loads(copy.read_text())
    return document
