"""MCP clients that people use, against the served Odoo: the Python SDK's second generation and the Inspector.

(The SDK's first generation, which crewai brings, is in test_mcp.py.) Each skips where the registry of its packages
can't be reached.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import node
from tests.registry_away import skip_or_fail

HERE = Path(__file__).parent
SDK = HERE / "mcp2"
INSTALLED = node.ROOT / ".local" / "python"


@pytest.fixture(scope="session")
def second_sdk():
    """The folder of the SDK's packages, which do not go together with those of the main environment."""
    lock = SDK / "requirements.txt"
    target = INSTALLED / f"mcp2-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    if not target.is_dir():
        building = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.rmtree(building, ignore_errors=True)
        install = [sys.executable, "-m", "pip", "install", "-q", "--target", str(building), "-r", str(lock)]
        done = subprocess.run(install, capture_output=True, text=True, timeout=300)
        if done.returncode:
            shutil.rmtree(building, ignore_errors=True)
            skip_or_fail("pip", "mcp 2", done.stderr)
        building.rename(target)
    return target


@pytest.mark.parametrize(("mode", "revision"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
def test_the_second_sdk_works_in_both_eras(stack, second_sdk, mode, revision):
    done = subprocess.run(
        [sys.executable, "-S", str(SDK / "client.py"), stack.acme.mcp_url, mode],
        env={"PYTHONPATH": str(second_sdk), "MCP_KEY": stack.acme.key, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert told["revision"] == revision
    assert told["server"] == "chatwootai"
    assert {"search_records", "search_knowledge", "get_agent_config", "list_messages"} <= set(told["tools"])
    assert told["found"]["success"] and len(told["found"]["records"]) == 2
    assert told["wrong"]["is_error"] and "no.such.model" in told["wrong"]["error"]
    assert told["resource"] and told["prompt"]
    assert told["unknown_tool"] == -32602


@pytest.fixture(scope="session")
def inspector(stack, tmp_path_factory):
    """Runs the Inspector's command line; gives its exit code and its output."""
    packages = node.installed(HERE / "inspector")
    script = packages / "@modelcontextprotocol" / "inspector" / "clients" / "launcher" / "build" / "index.js"
    home = str(tmp_path_factory.mktemp("inspector"))

    def run(*arguments):
        options = ("--transport", "http", "--header", f"Authorization: Bearer {stack.acme.key}", "--format", "json")
        done = node.run(script, "--cli", stack.acme.mcp_url, *options, "--quiet", *arguments, timeout=60, HOME=home)
        return done.returncode, done.stdout

    return run


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_lists_and_calls(inspector, era):
    code, output = inspector("--protocol-era", era, "--method", "tools/list", "--strict")
    assert code == 0, f"the Inspector finds fault with the tools' schemas:\n{output[-3000:]}"
    assert "search_records" in output
    arguments = ("--tool-args-json", json.dumps({"model": "res.partner", "limit": 1}))
    call = ("--method", "tools/call", "--tool-name", "search_records")
    code, output = inspector("--protocol-era", era, *call, *arguments)
    assert code == 0 and '"success"' in output, output[-3000:]


@pytest.mark.parametrize("method", ["resources/list", "resources/templates/list", "prompts/list"])
def test_the_inspector_sees_the_other_offers(inspector, method):
    code, output = inspector("--method", method)
    assert code == 0, output[-3000:]
    assert "error" not in json.loads(output)
