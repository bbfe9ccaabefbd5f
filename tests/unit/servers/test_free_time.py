"""Free time: inside working hours, beside what is booked, and never offered twice."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from chatwootai_mcp.servers.free_time import free_slots, why_not
from hypothesis import given
from hypothesis import strategies as st

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def at(hour, minute=0):
    return MONDAY + timedelta(hours=hour, minutes=minute)


def starts(work, busy, minutes=60, earliest=MONDAY):
    return [start for start, _end in free_slots(work, busy, timedelta(minutes=minutes), earliest)]


def test_slots_fill_the_working_hours():
    assert starts([(at(9), at(12))], []) == [at(9), at(10), at(11)]


def test_lunch_and_what_is_booked_are_left_out():
    assert starts([(at(9), at(12)), (at(13), at(15))], [(at(10), at(10, 30))]) == [at(9), at(10, 30), at(13), at(14)]


def test_a_slot_never_runs_over_closing_time():
    assert starts([(at(9), at(10, 30))], []) == [at(9)]


def test_notice_is_kept_and_times_stay_round():
    assert starts([(at(9), at(12))], [], earliest=at(9, 7)) == [at(9, 15), at(10, 15)]


def test_what_cannot_be_booked_says_why():
    work, hour = [(at(9), at(12))], timedelta(hours=1)
    assert "too soon" in why_not(at(9), hour, work, [], at(10))
    assert "outside" in why_not(at(11, 30), hour, work, [], MONDAY)
    assert "taken" in why_not(at(9), hour, work, [(at(9, 30), at(9, 45))], MONDAY)
    assert why_not(at(9), hour, work, [(at(10), at(11))], MONDAY) is None


quarters = st.integers(0, 24 * 4)
intervals = st.lists(
    st.tuples(quarters, quarters)
    .filter(lambda pair: pair[0] < pair[1])
    .map(lambda pair: (MONDAY + timedelta(minutes=15 * pair[0]), MONDAY + timedelta(minutes=15 * pair[1]))),
    max_size=6,
)


@given(intervals.map(lambda found: found[:1]), intervals, st.integers(5, 240), quarters)
def test_every_slot_offered_can_be_booked_and_no_two_overlap(work, busy, minutes, notice):
    duration, earliest = timedelta(minutes=minutes), MONDAY + timedelta(minutes=15 * notice)
    offered = list(free_slots(work, busy, duration, earliest))
    for start, end in offered:
        assert end - start == duration
        assert why_not(start, duration, work, busy, earliest) is None
    assert all(before[1] <= after[0] for before, after in pairwise(offered))
