"""Tenants are served in turn, however much one of them has waiting."""

from chatwootai_mcp.tenancy.turn_taking import TurnTaking, most_of_one
from hypothesis import given
from hypothesis import strategies as st


def test_tenants_take_turns():
    turns = TurnTaking()
    assert [turns.next_of({"a", "b", "c"}, {}, 1) for _ in range(6)] == ["a", "b", "c", "a", "b", "c"]


def test_whoever_has_fewer_places_comes_first():
    turns = TurnTaking()
    assert turns.next_of({"a", "b"}, {"a": 2, "b": 1}, 8) == "b"


def test_the_last_place_is_kept_from_whoever_has_all_others():
    turns = TurnTaking()
    assert turns.next_of({"a"}, {"a": 2}, 3) is None
    assert turns.next_of({"a", "b"}, {"a": 2}, 3) == "b"


def test_of_few_places_none_is_kept():
    assert [most_of_one(capacity) for capacity in (None, 0, 1, 2, 3, 8)] == [None, None, 1, 2, 2, 7]


@given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=200), st.integers(1, 6))
def test_nobody_waits_for_more_than_one_job_of_each_other(jobs, capacity):
    """Each tenant's first job starts within as many starts as there are tenants."""
    turns, waiting, started = TurnTaking(), list(jobs), []
    while waiting:
        chosen = turns.next_of(set(waiting), {}, capacity)
        waiting.remove(chosen)
        started.append(chosen)
    tenants = len(set(jobs))
    assert set(started[:tenants]) == set(jobs)
