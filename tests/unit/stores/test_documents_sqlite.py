"""What is particular to documents in SQLite: several processes, crashes, files."""

import contextlib
import multiprocessing
import os
import signal
import sqlite3

import pytest
from chatwootai_mcp.stores.documents_sqlite import SqliteDocumentStore
from chatwootai_mcp.stores.errors import StoreUnavailable
from chatwootai_mcp.tenancy.account import ConfigType

from .test_documents_contract import snapshot


def _write_versions(directory, first, last, started):
    store = SqliteDocumentStore(directory)
    for version in range(first, last + 1):
        store.replace_snapshot("acme", snapshot("acme", version, rules=version % 20))
        started.set()


def test_a_reader_beside_a_writing_process_sees_one_whole_version(tmp_path):
    store = SqliteDocumentStore(tmp_path)
    store.replace_snapshot("acme", snapshot("acme", 1, rules=1))
    context = multiprocessing.get_context("fork")
    writer = context.Process(target=_write_versions, args=(tmp_path, 2, 60, context.Event()))
    writer.start()
    reads = 0
    while writer.is_alive():
        rules = store.get("acme", ConfigType.BUSINESS_RULES)
        versions = {rule["version"] for rule in rules}
        assert len(versions) <= 1
        assert len(rules) == (versions.pop() % 20 if versions else 0)
        reads += 1
    assert writer.exitcode == 0
    assert reads
    assert store.get("acme", ConfigType.COMPANY_METADATA)["version"] == 60


def test_a_killed_writer_leaves_a_whole_version(tmp_path):
    store = SqliteDocumentStore(tmp_path)
    context = multiprocessing.get_context("fork")
    for _ in range(5):
        store.drop("acme")
        started = context.Event()
        writer = context.Process(target=_write_versions, args=(tmp_path, 1, 100_000, started))
        writer.start()
        assert started.wait(20)
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        version = store.get("acme", ConfigType.COMPANY_METADATA)["version"]
        rules = store.get("acme", ConfigType.BUSINESS_RULES)
        assert {rule["version"] for rule in rules} <= {version}
        assert len(rules) == version % 20
        store.replace_snapshot("acme", snapshot("acme", version + 1))


def test_a_dropped_tenant_leaves_no_file(tmp_path):
    store = SqliteDocumentStore(tmp_path)
    store.replace_snapshot("acme", snapshot("acme", 1))
    store.drop("acme")
    assert [path.name for path in tmp_path.iterdir()] == []


def test_reading_creates_no_file(tmp_path):
    assert SqliteDocumentStore(tmp_path).get("acme", ConfigType.COMPANY_METADATA) is None
    assert list(tmp_path.iterdir()) == []


def test_a_broken_file_is_a_clear_error(tmp_path):
    (tmp_path / "acme.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreUnavailable, match="documents"):
        SqliteDocumentStore(tmp_path).get("acme", ConfigType.COMPANY_METADATA)


def test_a_directory_that_cannot_be_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    store = SqliteDocumentStore(tmp_path / "file" / "documents")
    with pytest.raises(StoreUnavailable):
        store.ping()
    with pytest.raises(StoreUnavailable):
        store.replace_snapshot("acme", snapshot("acme", 1))


def test_a_file_from_before_moments_were_noted_is_described_without_them(tmp_path):
    store = SqliteDocumentStore(tmp_path)
    store.replace_snapshot("acme", snapshot("acme", 4, rules=3))
    with contextlib.closing(sqlite3.connect(tmp_path / "acme.sqlite")) as connection:
        connection.execute("DROP TABLE stored")
        connection.commit()
    described = {
        found.config_type: (found.version, found.documents, found.stored_at) for found in store.describe("acme")
    }
    assert described == {ConfigType.COMPANY_METADATA: (4, 1, None), ConfigType.BUSINESS_RULES: (4, 3, None)}
