"""bin/test runs what is asked for, and counts honestly."""

import os
import threading

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


def test_beside_the_part_that_restarts_the_servers_runs_nothing_that_needs_them():
    parts = testing._parse([])[0]
    first, then = testing._groups(parts)
    assert set(first) == {testing.RESTARTS_SERVERS, *testing.WITHOUT_SERVERS}
    assert sorted([*first, *then]) == sorted(parts)
    assert testing._groups(["unit", "e2e"]) == [["unit", "e2e"]]


def test_parts_whose_tenants_have_the_same_names_run_one_after_another():
    works = [testing.Work(name, None) for name in ("stack", "isolation", "faults", "e2e")]
    names = [[work.name for work in chain] for chain in testing._chains(works)]
    assert sorted(names) == [["faults"], ["isolation", "e2e"], ["stack"]]


def test_each_addon_is_run_by_itself_unless_a_path_names_what_to_run():
    works = testing._works("addons", ["-x"], None)
    assert sorted(work.name for work in works) == sorted(f"addons/{name}" for name in testing.ADDON_NAMES)
    given = str(paths.ADDONS / "company_services" / "tests" / "test_sync.py")
    assert [work.name for work in testing._works("addons", [given], None)] == ["addons"]


def test_works_side_by_side_each_leave_their_output_and_their_result(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(paths, "LOG", tmp_path)
    together = threading.Barrier(2, timeout=30)

    def work(name):
        def run(output):
            together.wait()  # else it waits for nobody
            os.write(output, f"this is {name}\n".encode())
            return testing.Result(name, passed=1)

        return testing.Work(name, run)

    monkeypatch.setattr(testing, "LANES", 2)
    results = testing._side_by_side([work("one"), work("two")])
    assert [result.part for result in results] == ["one", "two"]
    told = capsys.readouterr().err
    assert "=== one: 1 passed" in told and told.count("this is one") == told.count("this is two") == 1


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
