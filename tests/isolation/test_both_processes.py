"""Two processes that serve the same tenants over one Redis are as one: limits, keys and configuration, over HTTP."""

import json
import time
import uuid

from tests.served_stack import command

from .crossing import mcp_request
from .watch import send

SECONDS = 30
A_MINUTE = 20  # calls: one more each three seconds, in which a slow machine, too, makes more than one


def test_a_limit_is_counted_over_both(ports, sides):
    acme, _other = sides
    try:
        # Whoever has not heard of the limit yet, which may take a second, refuses all.
        command("tenant", "limit", "acme", "--calls-per-minute", 0)
        for port in ports:
            _until(lambda port=port: not _passes(port, acme))
        began, passed, refused = time.monotonic(), dict.fromkeys(ports, 0), set()
        command("tenant", "limit", "acme", "--calls-per-minute", A_MINUTE)

        def both_have_passed_calls_and_refused():
            for port in ports:
                if _passes(port, acme):
                    passed[port] += 1
                elif passed[port]:
                    refused.add(port)
            return len(refused) == len(ports)

        _until(both_have_passed_calls_and_refused)
        assert A_MINUTE <= sum(passed.values()) <= A_MINUTE * (1 + (time.monotonic() - began) / 60) + 1
    finally:
        command("tenant", "limit", "acme", "--calls-per-minute", -1)
        for port in ports:
            _until(lambda port=port: _passes(port, acme))


def test_a_revoked_key_opens_neither(ports, sides):
    key = command("tenant", "key", "acme", "--name", "to revoke").stdout.strip()
    asked = mcp_request("revoked", "/mcp/acme", key, "tools/list", {})
    assert [send(port, asked).status for port in ports] == [200, 200]
    command("tenant", "key", "acme", "--revoke", key.split("_")[2])
    assert [send(port, asked).status for port in ports] == [401, 401]


def test_what_one_saves_the_other_reads_from_the_next_call_on(ports, sides):
    acme, other = sides
    first = _config(ports[0], acme)["instructions"]
    for writer, reader in (ports, ports[::-1]) * 3:
        before = _config(reader, acme)
        assert _config(reader, acme) == before, "it is in the cache"
        fresh = f"{first} {uuid.uuid4()}"
        _save(writer, acme, before | {"instructions": fresh})
        assert _config(reader, acme)["instructions"] == fresh
        assert fresh not in str(_config(reader, other))
    _save(ports[0], acme, _config(ports[0], acme) | {"instructions": first})


def _config(port, side):
    return _called(port, side, "get_agent_config", config_type="agent_config")["config"]


def _save(port, side, config):
    saved = _called(port, side, "save_agent_config", config=config)
    assert saved["success"], saved


def _passes(port, side):
    return _called(port, side, "get_agent_config", config_type="agent_config")["success"]


def _called(port, side, name, **arguments):
    call = {"name": name, "arguments": arguments}
    answer = send(port, mcp_request("both", f"/mcp/{side.account_id}", side.writing_key, "tools/call", call))
    return json.loads(answer.body)["result"]["structuredContent"]


def _until(comes_true):
    deadline = time.monotonic() + SECONDS
    while not comes_true():
        assert time.monotonic() < deadline
