"""Redis killed, restarted, hanging: slower, never wrong, never off."""

import os
import signal
import time
from contextlib import contextmanager

import pytest
import requests
from stack import redis

from tests.served_stack import command


@contextmanager
def killed():
    redis.daemon.stop(signal.SIGKILL)
    try:
        yield
    finally:
        redis.ensure_running()


@contextmanager
def hanging():
    pid = redis.daemon._noted()["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


DAYS = pytest.mark.parametrize("day", [killed, hanging], ids=["killed", "hanging"])


@DAYS
def test_tools_and_customers_are_answered(stack, day):
    with day():
        assert stack.tool(stack.acme, "get_agent_config", config_type="company_metadata")["success"]
        assert stack.tool(stack.acme, "find_products", query="creme")["products"]
        assert stack.ask(stack.acme, "Qual o preço do Creme de Mãos Castanha?", phone="+5511900000101").content
    assert stack.tool(stack.acme, "get_agent_config", config_type="company_metadata")["success"]


@DAYS
def test_no_configuration_from_before_a_change_is_read_after_it(stack, day):
    """Written while Redis could not be told: what it remembers is not believed once it is back."""
    key = command("tenant", "key", "acme", "--write").stdout.strip()

    def call(name, **arguments):
        asked = {"name": name, "arguments": arguments}
        return stack.mcp(stack.acme, "tools/call", asked, key=key).json()["result"]["structuredContent"]

    def instructions():
        return call("get_agent_config", config_type="agent_config")["config"]["instructions"]

    before = instructions()
    assert instructions() == before, "it is in the cache"
    config = call("get_agent_config", config_type="agent_config")["config"]
    with day():
        assert call("save_agent_config", config={**config, "instructions": f"{day.__name__} day"})["success"]
        assert instructions() == f"{day.__name__} day"
    assert {instructions() for _ in range(5)} == {f"{day.__name__} day"}


@DAYS
def test_a_limit_of_calls_still_holds(stack, day):
    command("tenant", "limit", "acme", "--calls-per-minute", 3)
    try:
        with day():
            deadline = time.monotonic() + 10  # a limit takes effect within a second
            while stack.tool(stack.acme, "list_collections")["success"]:
                assert time.monotonic() < deadline, "nothing is counted"
            assert not any(stack.tool(stack.acme, "list_collections")["success"] for _ in range(3))
    finally:
        command("tenant", "limit", "acme", "--calls-per-minute", -1)


@DAYS
def test_a_revoked_key_is_refused_at_once(stack, day):
    key = command("tenant", "key", "acme").stdout.strip()
    with day():
        assert stack.mcp(stack.acme, "tools/list", key=key).status_code == 200
        command("tenant", "key", "acme", "--revoke", key.split("_")[2])
        assert stack.mcp(stack.acme, "tools/list", key=key).status_code == 401


def test_health_says_degraded_and_not_down(stack):
    with killed():
        health = requests.get(f"{stack.url}/chatwootai/health", timeout=30)
        assert (health.status_code, health.json()["status"]) == (200, "degraded")
