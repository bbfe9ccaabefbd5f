"""Each layer is made to leak, one after another, in a server with leaks planted in it: the eyes that find nothing in
the honest server must see each of them.
"""

import time

import pytest

from tests.served_stack import ROOT, environment_with

from . import sides as sides_of
from . import traces
from .canaries import fresh
from .conftest import PLANTED
from .crossing import AtRandom, Crossing, mcp_request
from .watch import leak, own_retrievals, send

SERVER_WIDE = "base,web,queue_job,chatwootai_mcp,chatwootai_agent,planted_leaks"
NOTICE_SECONDS = 10  # what is written behind takes a moment

ANSWERED = (
    "the orchestrator believes the account_id among the arguments",
    "records are read in another database",
    "documents of every account lie in one place",
    "collections are found by their prefix",
    "cache entries are found without their account",
    "a resource is read of the account its address names",
    "Chatwoot is asked with another's token",
    "a key opens the path's account",
    "a webhook takes any account's token",
    "the configuration takes any account's token",
    "the metrics take any key",
    "a session of Odoo is good for every database",
)
LEFT_BEHIND = {
    "audit rows go to another database": traces.in_audit,
    "a job is queued in another database": traces.in_jobs,
    "a row is written into another database": traces.in_database,
    "vectors are stored in another's folder": traces.in_files,
    "a cache entry bears another's name": traces.in_redis,
}


@pytest.fixture(scope="module")
def leaking(stack, sides, tmp_path_factory):
    """The switch of a server with planted leaks, and the two tenants with fresh canaries."""
    switch = tmp_path_factory.mktemp("leaks") / "awake"
    stack.serving.stop()
    planted = {
        "ODOO_ADDONS_PATH": f"{ROOT / 'addons'},{PLANTED}",
        "ODOO_SERVER_WIDE_MODULES": SERVER_WIDE,
        "PLANTED_LEAK": str(switch),
    }
    with environment_with(**planted):
        stack.serving.start()
        yield switch, tuple(sides_of.planted_anew(stack, *sides))


@pytest.fixture
def wake(leaking, stack):
    """Wake a leak by its name; it sleeps again after the test, and what it put into the cache is gone."""
    switch, _sides = leaking
    traces.empty_redis()
    yield lambda name: switch.write_text(name)
    switch.unlink(missing_ok=True)
    traces.empty_redis()


@pytest.fixture
def pair(leaking):
    _switch, (acme, acme_x) = leaking
    return acme, acme_x


def test_while_all_leaks_sleep_nothing_is_found(stack, wake, pair):
    assert sweep(stack, *pair) == []


def test_agents_that_look_into_another_database_are_noticed(stack, wake, pair):
    # Before the leaks that store something in the wrong place, where the agents then find nothing of anybody's.
    wake("the agents' tools are another account's")
    assert any(traces.in_turns(stack, *pair))


@pytest.mark.parametrize("name", ANSWERED)
def test_an_answer_out_of_anothers_data_is_noticed(stack, wake, pair, name):
    wake(name)
    assert sweep(stack, *pair)


@pytest.mark.parametrize("name", LEFT_BEHIND)
def test_what_is_left_at_anothers_is_noticed(stack, wake, pair, name):
    scan = LEFT_BEHIND[name]
    own, other = pair
    for side in pair:
        own_retrievals(stack.serving.port, side)  # so that both are in the caches
    before = set(scan(other, own))
    wake(name)
    work(stack, own, name)
    assert eventually(lambda: set(scan(other, own)) - before)


def test_log_lines_in_anothers_file_are_noticed(stack, wake, pair):
    own, other = pair
    [partner] = [canary.handles[0] for canary in own.canaries if canary.where == "record"]
    wake("log lines go to another's file")
    call = {"name": "list_orders", "arguments": {"partner_id": partner}}  # not for this key's user, which is logged
    assert send(stack.serving.port, mcp_request("log", f"/mcp/{own.account_id}", own.key, "tools/call", call))
    assert eventually(lambda: list(traces.in_log_files(other, own)))


def test_a_log_that_tells_of_content_is_noticed(stack, wake, pair):
    start = stack.serving.log.stat().st_size
    wake("calls are logged with their arguments")
    work(stack, pair[0], "log")
    assert eventually(lambda: list(traces.in_log(stack.serving.log, start, *pair)))


def test_metrics_that_tell_of_content_are_noticed(stack, wake, pair):
    wake("metrics are labelled with arguments")
    work(stack, pair[0], "metrics")
    assert list(traces.in_metrics(stack.serving.port, *pair))


def sweep(stack, acme, acme_x):
    """Once over everything by which an answer could cross, both ways, until something does."""
    for own, other in ((acme, acme_x), (acme_x, acme)):
        own_retrievals(stack.serving.port, other)  # so that the other's answers are in the caches
        for request in _reaching(Crossing(own, other), other):
            if found := leak(request, send(stack.serving.port, request), other):
                return [found]
    return []


def _reaching(crossing, other):
    """What the other asks itself, every door, and the web client."""
    for canary in other.canaries:
        yield crossing.asking(canary)
        yield crossing.asking(canary, path="/mcp")
    for seed in range(8):
        yield from crossing.every_refusal(AtRandom(seed))
    yield from crossing.every_session_read()


def work(stack, side, where):
    """What a tenant does all day, with a thing of its own that nobody else may see."""
    made = fresh(side, where)
    point = {"payload": {"title": "Nota", "text": f"Nota sobre {made.secret}"}}
    search = {"collection_type": "support_documents", "query_vector": [1.0] + [0.0] * 511, "limit": 50}
    for name, arguments in (
        ("upsert_vectors", {"collection_type": "support_documents", "points": [point]}),
        ("search_vectors", search),
        ("find_customer", {"name": made.secret}),
    ):
        call = {"name": name, "arguments": arguments}
        request = mcp_request("work", f"/mcp/{side.account_id}", side.writing_key, "tools/call", call)
        assert send(stack.serving.port, request).status == 200


def eventually(look):
    deadline = time.monotonic() + NOTICE_SECONDS
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.3)
    return found
