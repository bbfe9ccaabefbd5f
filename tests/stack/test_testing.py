"""bin/test runs what is asked for, and counts honestly."""

import pytest
from stack import paths, testing
from stack.console import Failure


def test_parts_come_first_and_the_rest_goes_to_pytest():
    assert testing._parse(["unit", "-k", "name"]) == (["unit"], ["-k", "name"])
    assert testing._parse(["format", "unit"]) == (["format", "unit"], [])


def test_everything_runs_by_default_checks_first():
    parts, rest = testing._parse([])
    assert parts[:4] == list(testing.STATIC) and {"unit", "addons", "stack"} <= set(parts) and rest == []


def test_a_path_chooses_its_part():
    assert testing._parse(["tests/stack/test_testing.py::test_x"])[0] == ["stack"]
    assert testing._parse([str(paths.ADDONS / "company_services" / "tests")])[0] == ["addons"]


def test_pytest_arguments_alone_run_every_test_but_no_check():
    parts, rest = testing._parse(["-k", "isolation"])
    assert "lint" not in parts and "unit" in parts and rest == ["-k", "isolation"]


def test_a_misspelt_part_is_refused():
    with pytest.raises(Failure, match="unti"):
        testing._parse(["unti"])


def test_subtests_count_with_their_test_and_a_failure_outranks(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(
        "<testsuites><testsuite>"
        '<testcase classname="a" name="one"/><testcase classname="a" name="one"/>'
        '<testcase classname="a" name="two"><skipped/></testcase>'
        '<testcase classname="a" name="three"/><testcase classname="a" name="three"><failure/></testcase>'
        '<testcase classname="a" name="four"><error/></testcase>'
        "</testsuite></testsuites>"
    )
    result = testing._read_report("x", report)
    assert (result.passed, result.failed, result.skipped) == (1, 2, 1)


def test_a_part_without_tests_or_a_broken_pytest_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "LOG", tmp_path)
    monkeypatch.setattr(testing.subprocess, "call", lambda *args, **kwargs: 5)
    assert testing._pytest("x", [], {}).failed == 1
    monkeypatch.setattr(testing.subprocess, "call", lambda *args, **kwargs: 3)
    assert testing._pytest("x", [], {}).failed == 1


def test_the_summary_is_one_line_and_nothing_run_is_a_failure(capsys):
    assert testing._summarise([testing.Result("a", passed=2), testing.Result("b", passed=1, skipped=4)]) == 0
    assert capsys.readouterr().out == "3 passed, 0 failed, 4 skipped\n"
    assert testing._summarise([testing.Result("a", passed=2, failed=1)]) == 1
    assert testing._summarise([]) == 1
