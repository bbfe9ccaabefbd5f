"""The official suite: run for a revision against a URL, and what each of its scenarios found."""

import json
import re
from pathlib import Path

import yaml

from tests import node

HERE = Path(__file__).parent
_SECONDS = 300
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}T.*\Z")


def required(revision: str) -> list[str]:
    """The scenarios that a server of the revision has to pass."""
    package = node.installed(HERE) / "@modelcontextprotocol" / "conformance"
    return list(yaml.safe_load((package / "requirements" / f"{revision}.yaml").read_text())["server"])


Found = dict[str, list[dict]]  # the checks of each scenario


def run(revision: str, url: str, results: Path) -> Found:
    """What every scenario of the revision finds at a URL."""
    script = node.installed(HERE) / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
    options = ("--url", url, "--requirements", revision, "--timeout", "20000", "-o", str(results))
    done = node.run(script, "server", *options, timeout=_SECONDS)
    found = {
        _DATED.sub("", file.parent.name.removeprefix("server-")): json.loads(file.read_text())
        for file in results.rglob("checks.json")
    }
    assert found, f"the suite left no results:\n{done.stdout[-3000:]}"
    return found


def failed(found: Found, scenario: str) -> dict[str, str]:
    """What is wrong, by the id of the check."""
    if not found.get(scenario):
        return {"": "the scenario left no result"}
    return _with_status(found, scenario, "FAILURE")


def warned(found: Found, scenario: str) -> dict[str, str]:
    """What should be otherwise, by the id of the check."""
    return _with_status(found, scenario, "WARNING")


def told(problems: dict[str, dict[str, str]]) -> str:
    lines = [f"{name}: {check}: {text}" for name, checks in problems.items() for check, text in checks.items()]
    return "\n".join(lines) or "passes, though the baseline says that it does not"


def _with_status(found: Found, scenario: str, status: str) -> dict[str, str]:
    return {
        check["id"]: str(check.get("errorMessage") or check.get("details"))
        for check in found.get(scenario, ())
        if check["status"] == status
    }
