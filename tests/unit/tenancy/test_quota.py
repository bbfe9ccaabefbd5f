"""The decisions on limits: the token bucket's promise, and when days and months begin anew."""

from datetime import datetime

import pytest
from chatwootai_mcp.tenancy.quota import QuotaExceeded, near, next_day, next_month, over, take
from hypothesis import given
from hypothesis import strategies as st

PAUSES = st.lists(st.floats(0, 90), min_size=1, max_size=200)


def granted_at(pauses, capacity, per_second):
    """The times at which a caller who asks after each pause gets a token."""
    bucket, now, times = None, 1000.0, []
    for pause in pauses:
        now += pause
        bucket, wait = take(bucket, capacity, per_second, now)
        if not wait:
            times.append(now)
    return times


@given(PAUSES, st.integers(1, 20), st.floats(0.01, 10))
def test_within_any_time_never_more_than_the_capacity_and_what_flows_in(pauses, capacity, per_second):
    times = granted_at(pauses, capacity, per_second)
    for first in range(len(times)):
        for last in range(first, len(times)):
            assert last - first + 1 <= capacity + per_second * (times[last] - times[first]) + 1e-6


@given(PAUSES, st.integers(1, 20), st.floats(0.01, 10))
def test_who_waits_as_long_as_told_gets_a_token_and_not_earlier(pauses, capacity, per_second):
    bucket, now = None, 1000.0
    for pause in pauses:
        now += pause
        bucket, wait = take(bucket, capacity, per_second, now)
        if wait:
            assert take(bucket, capacity, per_second, now + wait * 0.99)[1] > 0
            assert take(bucket, capacity, per_second, now + wait)[1] < 1e-6


def test_an_unused_bucket_is_full_and_a_clock_that_goes_back_fills_nothing():
    assert len(granted_at([0] * 10, 4, 0.001)) == 4
    bucket, _ = take(None, 1, 1, 100.0)
    assert take(bucket, 1, 1, 50.0)[1] == 1


def test_a_refusal_says_which_limit_and_when_to_try_again():
    error = QuotaExceeded("calls_per_minute", 60, 0.2)
    assert error.retry_after == 1
    assert str(error).startswith("The limit of 60 calls a minute of this account is reached; try again in 1 second,")


def test_no_limit_is_neither_near_nor_reached_and_zero_is_both():
    assert not over(None, 10**9) and not near(None, 10**9)
    assert over(0, 0) and near(0, 0)
    assert not over(10, 9) and near(10, 8) and not near(10, 7)


@pytest.mark.parametrize(
    ("now", "day", "month"),
    [
        ("2026-11-22T18:30", "2026-11-23", "2026-12-01"),
        ("2026-12-31T23:59", "2027-01-01", "2027-01-01"),
        ("2026-01-31T00:00", "2026-02-01", "2026-02-01"),
        ("2028-02-29T12:00", "2028-03-01", "2028-03-01"),
    ],
)
def test_days_and_months_begin_at_midnight(now, day, month):
    assert next_day(datetime.fromisoformat(now)) == datetime.fromisoformat(day)
    assert next_month(datetime.fromisoformat(now)) == datetime.fromisoformat(month)
