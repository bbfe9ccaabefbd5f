"""No call of one tenant, on any route, with any tool, gets or changes anything of the other; nor does anything of one
lie where the other's is kept.

More examples: ``ISOLATION_EXAMPLES=5000 bin/test isolation``; 100,000 calls: ``bin/bench isolation``.
"""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from . import traces
from .crossing import AtRandom, ByHypothesis, Crossing
from .watch import leak, own_retrievals, send

EXAMPLES = int(os.environ.get("ISOLATION_EXAMPLES", "400"))
crossed = settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False
)
DIRECTIONS = pytest.mark.parametrize("direction", [0, 1], ids=["acme asks", "acme-x asks"])


def _pair(sides, direction):
    return sides if direction == 0 else sides[::-1]


def test_each_canary_is_retrieved_by_its_own_key(stack, sides):
    for side in sides:
        assert own_retrievals(stack.serving.port, side) == []
        assert len(side.canaries) > 15 and len(side.tools) > 25


def test_both_tenants_have_records_under_the_same_ids(sides):
    first, second = ({each for each in side.handles if isinstance(each, int)} for side in sides)
    assert len(first & second) >= 5


@DIRECTIONS
def test_the_others_own_questions_get_nothing(stack, sides, direction):
    own, other = _pair(sides, direction)
    crossing = Crossing(own, other)
    for canary in other.canaries:
        for path in (None, "/mcp"):
            request = crossing.asking(canary, path=path)
            assert leak(request, send(stack.serving.port, request), other) is None


@DIRECTIONS
def test_every_door_that_is_not_ours_is_shut(stack, sides, direction):
    own, other = _pair(sides, direction)
    for seed in range(8):
        for request in Crossing(own, other).every_refusal(AtRandom(seed)):
            assert leak(request, send(stack.serving.port, request), other) is None


@DIRECTIONS
def test_every_tool_with_the_others_ids_tells_nothing_of_the_other(stack, sides, direction):
    own, other = _pair(sides, direction)
    for seed in range(5):
        for request in Crossing(own, other).every_tool(AtRandom(seed)):
            assert leak(request, send(stack.serving.port, request), other) is None


@DIRECTIONS
def test_no_generated_call_is_answered_across_tenants(stack, sides, direction):
    own, other = _pair(sides, direction)
    crossing = Crossing(own, other)

    @crossed
    @given(st.data())
    def reach(data):
        request = crossing.request(ByHypothesis(data.draw))
        assert leak(request, send(stack.serving.port, request), other) is None

    reach()
    assert own_retrievals(stack.serving.port, other) == [], "what was asked for is not there any more"


@DIRECTIONS
def test_customers_of_one_company_learn_nothing_of_the_other(stack, sides, direction):
    assert list(traces.in_turns(stack, *_pair(sides, direction))) == []


@DIRECTIONS
def test_no_write_reaches_the_other(stack, sides, direction):
    """After the readings: what a tenant writes with the other's ids hits, if anything, its own records."""
    own, other = _pair(sides, direction)
    crossing = Crossing(own, other, write=True)
    before = traces.content_of(other)

    @crossed
    @given(st.data())
    def reach(data):
        request = crossing.request(ByHypothesis(data.draw))
        assert leak(request, send(stack.serving.port, request), other) is None

    reach()
    assert traces.content_of(other) == before
    if direction == 0:  # those of acme have by now been written over by acme itself
        assert own_retrievals(stack.serving.port, other) == []


@DIRECTIONS
@pytest.mark.parametrize(
    "scan",
    [traces.in_database, traces.in_jobs, traces.in_audit, traces.in_files, traces.in_log_files, traces.in_redis],
)
def test_nothing_of_the_other_lies_where_ones_own_is_kept(stack, sides, direction, scan):
    assert list(scan(*_pair(sides, direction))) == []


def test_the_log_tells_of_no_tenants_content(stack, sides):
    assert list(traces.in_log(stack.serving.log, 0, *sides)) == []


def test_metrics_and_health_tell_of_no_tenants_content(stack, sides):
    assert list(traces.in_metrics(stack.serving.port, *sides)) == []
    assert list(traces.in_health(stack.serving.port, *sides)) == []
