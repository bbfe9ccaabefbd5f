"""Locks between commands."""

import pytest
from stack import locking, paths
from stack.console import Failure


@pytest.fixture(autouse=True)
def run_dir(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "RUN", tmp_path / "run")


def test_only_the_last_to_leave_turns_the_light_off():
    left = []
    with locking.shared("services", lambda: left.append("outer")):
        with locking.shared("services", lambda: left.append("inner")):
            assert left == []
        assert left == []
    assert left == ["outer"]


def test_a_lock_held_alone_refuses_a_second_holder_with_the_reason():
    with (
        locking.alone("serve", Failure("first")),
        pytest.raises(Failure, match="somebody serves"),
        locking.alone("serve", Failure("somebody serves")),
    ):
        pass


def test_a_lock_is_free_again_after_a_failure():
    with pytest.raises(ValueError), locking.exclusive("setup"):
        raise ValueError
    with locking.alone("setup", Failure("still held")):
        pass
