"""Far more calls than usual are noticed; what a tenant always does, and little, is not."""

import pytest
from chatwootai_mcp.tenancy.unusual_rate import unusual
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("count", "past", "usual"),
    [
        (1000, [100, 110, 90, 105, 95], 100),
        (1000, [0] * 14, 0),
        (1000, [100, 110, 90, 105, 5000], 105),  # one wild day does not hide the next
        (300, [100, 110, 90, 105, 95], None),  # busy, not wild
        (99, [0] * 14, None),  # little
        (1000, [1, 1], None),  # too short a past
        (1000, [100, 2000, 50, 1500, 900, 1200], None),  # always up and down
    ],
)
def test_what_is_unusual(count, past, usual):
    assert unusual(count, past) == usual


@given(st.lists(st.integers(0, 10**6), min_size=5, max_size=14))
def test_the_usual_never_is(past):
    assert unusual(sorted(past)[len(past) // 2], past) is None


@given(st.lists(st.integers(0, 10**6), max_size=14), st.integers(0, 10**7), st.integers(1, 1000))
def test_more_is_not_less_unusual(past, count, more):
    assert unusual(count, past) is None or unusual(count + more, past) is not None
