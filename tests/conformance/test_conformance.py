"""The official MCP conformance suite against the served endpoint, at each revision it has requirements for."""

from pathlib import Path

import pytest
import yaml

from . import suite
from .conftest import FIXTURES, PLAIN

BASELINE = yaml.load((Path(__file__).parent / "baseline.yaml").read_text(), yaml.BaseLoader)
REVISIONS = ("2026-07-28", "2025-11-25")


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_required_scenario_passes(served, revision, tmp_path, capsys):
    expected = BASELINE["fixtures"][revision]
    required = suite.required(revision)
    assert len(required) == int(expected["required"]), "the suite requires other scenarios than it did"
    found, failed = _run(revision, f"{served}/mcp/{FIXTURES}", tmp_path / "first", required)
    if failed.keys() - expected["fail"].keys():
        # The suite waits half a second for some answers, more than a busy machine has: once more.
        found, failed = _run(revision, f"{served}/mcp/{FIXTURES}", tmp_path / "second", required)
    with capsys.disabled():
        print(f"\n{revision}: {len(required) - len(failed)} of {len(required)} required scenarios pass")
    assert failed.keys() == expected["fail"].keys(), suite.told(failed)
    warned = {name: problems for name in required if (problems := suite.warned(found, name))}
    assert warned.keys() == expected["warn"].keys(), suite.told(warned)
    beyond = {name: problems for name in expected["beyond"] if (problems := suite.failed(found, name))}
    assert not beyond, suite.told(beyond)


def _run(revision, url, results, required):
    found = suite.run(revision, url, results)
    return found, {name: problems for name in required if (problems := suite.failed(found, name))}


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_server_as_it_is_passes_what_can_be_asked_of_it(served, revision, tmp_path, capsys):
    expected = BASELINE["plain"][revision]
    found = suite.run(revision, f"{served}/mcp/{PLAIN}", tmp_path)
    problems = {name: suite.failed(found, name) | suite.warned(found, name) for name in expected}
    with capsys.disabled():
        print(f"\n{revision}: {len(expected)} scenarios asked of the server as it is")
    wrong = {name: told for name, told in problems.items() if told.keys() != set(expected[name])}
    assert not wrong, suite.told(wrong)
