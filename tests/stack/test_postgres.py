"""The private cluster comes up where its user can't even enter the directories above it."""

import json
import os
import socket

import pytest
from stack import daemon, paths, postgres
from stack.console import Failure


@pytest.fixture
def cluster(monkeypatch, tmp_path):
    """A cluster of its own, below a directory only its maker may enter."""
    home = tmp_path / "closed" / ("long" * 40)
    home.mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    monkeypatch.setattr(paths, "POSTGRESQL", home / "postgresql")
    monkeypatch.setattr(paths, "ETC", home / "etc")
    monkeypatch.setattr(paths, "LOG", home / "log")
    monkeypatch.setattr(postgres, "DATA", home / "postgresql" / "data")
    monkeypatch.setattr(postgres, "CREDENTIALS", home / "etc" / "passwords.json")
    monkeypatch.setattr(postgres, "daemon", daemon.Daemon("postgresql", "postgres", home / "log" / "postgresql.log"))
    yield home
    postgres.stop()


def test_it_starts_answers_on_loopback_with_a_password_only_and_stops(cluster, monkeypatch):
    port = postgres.ensure_running()
    assert postgres.sql("SELECT 1") == ["1"]
    assert postgres.ensure_running() == port, "it was running already"
    assert postgres.sql("SHOW listen_addresses") == ["127.0.0.1"]
    monkeypatch.setattr(postgres, "password", lambda role: "wrong")
    with pytest.raises(Failure, match="password authentication failed"):
        postgres.sql("SELECT 1")
    postgres.stop()
    assert not daemon.answers(port)


def test_it_takes_another_port_when_a_stranger_took_its_own(cluster):
    port = postgres.ensure_running()
    postgres.sql("CREATE TABLE kept (it int)")
    postgres.stop()
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        assert postgres.ensure_running() != port
        assert postgres.sql("SELECT count(*) FROM kept") == ["0"]


def test_an_initdb_that_was_interrupted_is_begun_again(cluster):
    (cluster / "postgresql" / "data.part").mkdir(parents=True)
    (cluster / "postgresql" / "data.part" / "PG_VERSION").write_text("15")
    postgres.ensure_running()
    assert postgres.sql("SELECT 1") == ["1"]


def test_a_note_of_a_process_that_is_gone_is_not_believed(cluster):
    note = cluster / "etc" / "postgresql.json"
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps({"pid": os.getpid(), "port": 1}))
    assert not postgres.daemon.is_running()


def test_values_and_names_are_quoted(cluster):
    postgres.ensure_running()
    assert postgres.sql("SELECT :'value'", value="it's; DROP TABLE x") == ["it's; DROP TABLE x"]
