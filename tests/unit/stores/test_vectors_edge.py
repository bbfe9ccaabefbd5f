"""What is particular to the embedded vectors: one process, crashes, open shards, files underneath."""

import multiprocessing
import os
import shutil
import signal
import threading

import pytest
from chatwootai_mcp.stores.errors import NotFound, StoreUnavailable
from chatwootai_mcp.stores.open import LazyVectorStore
from chatwootai_mcp.stores.vectors_edge import EdgeVectorStore
from chatwootai_mcp.tenancy.account import CollectionType

from .test_vectors_contract import PRODUCTS, RULES, found, point, point_id

fork = multiprocessing.get_context("fork")


def _write_until_killed(directory, written):
    store = EdgeVectorStore(directory)
    store.ensure("acme", PRODUCTS, 3, "model-a")
    for number in range(1, 1_000_000):
        store.upsert("acme", PRODUCTS, [point(number, written_by="resync", digest=str(number))])
        written.value = number


def _outcome_of(action, queue):
    try:
        action()
        queue.put("fine")
    except StoreUnavailable as error:
        queue.put(str(error))


def in_a_child(action):
    queue = fork.Queue()
    child = fork.Process(target=_outcome_of, args=(action, queue))
    child.start()
    outcome = queue.get(timeout=20)
    child.join()
    return outcome


def test_what_was_written_survives_a_kill(tmp_path):
    written = fork.Value("i", 0)
    child = fork.Process(target=_write_until_killed, args=(tmp_path, written))
    child.start()
    while written.value < 20:
        assert child.is_alive()
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    store = EdgeVectorStore(tmp_path)
    digests = store.digests("acme", PRODUCTS, "resync")
    assert set(digests) >= {point_id(number) for number in range(1, written.value + 1)}
    store.upsert("acme", PRODUCTS, [point(2_000_000)])
    store.close()


def test_a_second_process_is_told_who_to_ask(tmp_path):
    store = EdgeVectorStore(tmp_path)
    assert "held by another process" in in_a_child(lambda: EdgeVectorStore(tmp_path))
    store.close()
    assert in_a_child(lambda: EdgeVectorStore(tmp_path)) == "fine"


def test_a_forked_child_does_not_use_its_parents_store(tmp_path):
    store = EdgeVectorStore(tmp_path)
    store.ensure("acme", PRODUCTS, 3, "model-a")
    store.upsert("acme", PRODUCTS, [point(1)])
    assert "one process" in in_a_child(lambda: store.search("acme", PRODUCTS, dense=[1, 0, 0]))
    assert found(store.search("acme", PRODUCTS, dense=[1, 0, 0])) == [1]
    store.close()


def test_points_are_there_after_closing_and_opening(tmp_path):
    store = EdgeVectorStore(tmp_path)
    store.ensure("acme", PRODUCTS, 3, "model-a")
    store.upsert("acme", PRODUCTS, [point(1)])
    store.close()
    again = EdgeVectorStore(tmp_path)
    again.ensure("acme", PRODUCTS, 3, "model-a")
    assert found(again.search("acme", PRODUCTS, dense=[1, 0, 0])) == [1]
    again.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        again.search("acme", PRODUCTS, dense=[1, 0, 0])


def test_few_shards_are_open_however_many_tenants_there_are(tmp_path):
    store = EdgeVectorStore(tmp_path, max_open=3)
    accounts = [f"tenant{number}" for number in range(8)]
    for number, account in enumerate(accounts):
        store.ensure(account, PRODUCTS, 3, "model-a")
        store.upsert(account, PRODUCTS, [point(number + 1)])
    for number, account in enumerate(accounts):
        assert found(store.search(account, PRODUCTS, dense=[1, 0, 0])) == [number + 1]
        assert len(store._open) <= 3
    store.close()


def test_closing_shards_beside_searches_breaks_none(tmp_path):
    store = EdgeVectorStore(tmp_path, max_open=1)
    accounts = ["acme", "acme-x", "acme-y"]
    for number, account in enumerate(accounts):
        store.ensure(account, PRODUCTS, 3, "model-a")
        store.upsert(account, PRODUCTS, [point(number + 1)])
    wrong = []

    def search(number):
        try:
            for _ in range(10):
                hits = found(store.search(accounts[number], PRODUCTS, dense=[1, 0, 0]))
                if hits != [number + 1]:
                    wrong.append(hits)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=search, args=(number % 3,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    store.close()


def test_a_directory_that_only_looks_like_a_tenants_is_never_touched(tmp_path):
    (tmp_path / "acme_products_old").mkdir()
    (tmp_path / "acme_other").mkdir()
    store = EdgeVectorStore(tmp_path)
    for collection_type in CollectionType:
        store.ensure("acme", collection_type, 3, "model-a")
    store.drop("acme")
    names = {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")}
    assert names == {"acme_products_old", "acme_other", "lock"}
    store.close()


def test_files_removed_underneath_are_an_error_and_then_a_new_start(tmp_path):
    store = EdgeVectorStore(tmp_path)
    store.ensure("acme", PRODUCTS, 3, "model-a")
    store.upsert("acme", PRODUCTS, [point(1)])
    shutil.rmtree(tmp_path / "acme_products")
    with pytest.raises(StoreUnavailable, match="vectors failed"):
        store.upsert("acme", PRODUCTS, [point(2)])
    with pytest.raises(NotFound):
        store.search("acme", PRODUCTS, dense=[1, 0, 0])
    store.ensure("acme", PRODUCTS, 3, "model-a")
    assert store.search("acme", PRODUCTS, dense=[1, 0, 0]) == []
    store.close()


def test_what_a_killed_process_left_half_built_is_swept(tmp_path):
    (tmp_path / ".building" / "half").mkdir(parents=True)
    (tmp_path / ".removed" / "half").mkdir(parents=True)
    store = EdgeVectorStore(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
    store.close()


def test_unreadable_metadata_is_a_clear_error(tmp_path):
    store = EdgeVectorStore(tmp_path)
    (tmp_path / "acme_rules").mkdir()
    (tmp_path / "acme_rules" / "metadata.json").write_text("{")
    with pytest.raises(StoreUnavailable, match="acme_rules"):
        store.search("acme", RULES, dense=[1, 0, 0])
    store.close()


def test_the_store_is_opened_on_first_use_and_tried_again_after_a_failure(tmp_path):
    holder = EdgeVectorStore(tmp_path)
    lazy = LazyVectorStore(lambda: EdgeVectorStore(tmp_path))
    with pytest.raises(StoreUnavailable, match="held by another process"):
        lazy.ping()
    holder.close()
    lazy.ping()
    lazy.close()
    EdgeVectorStore(tmp_path).close()
