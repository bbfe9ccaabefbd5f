"""bin/test: every check and every test, or some of them, with one summary at the end."""

import argparse
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import import_rules, odoo_process, paths, services, template
from .console import Failure, say
from .instance import Instance

TESTS = paths.ROOT / "tests"
ADDON_NAMES = template.OUR_MODULES
STATIC = ("format", "lint", "types", "imports")
ADDONS_PART = "addons"
# The cheap ones first. Every other folder of tests/ is a part of its own, run without Odoo in the test's process.
ORDER = ("unit", "demo", "stack", ADDONS_PART, "conformance", "isolation", "contracts", "faults", "e2e", "browser")


@dataclass
class Result:
    part: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0


def main() -> int:
    parts, pytest_arguments = _parse(sys.argv[1:])
    results = []
    with services.running(Instance("test")) as instance:
        for part in parts:
            say(f"\n=== {part}")
            started = time.monotonic()
            try:
                result = _run(part, pytest_arguments, instance)
            except Failure as failure:  # what this part needs is missing; the others may still run
                say(f"{part}: {failure.missing}" + (f"; mend it with: {failure.mend}" if failure.mend else ""))
                result = Result(part, failed=1)
            result.seconds = time.monotonic() - started
            results.append(result)
    return _summarise(results)


def available() -> list[str]:
    folders = {path.name for path in TESTS.iterdir() if path.is_dir() and any(path.rglob("test_*.py"))}
    tested = [part for part in ORDER if part in folders or part == ADDONS_PART]
    return [*STATIC, *tested, *sorted(folders.difference(ORDER))]


def _parse(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The parts to run, and what pytest is given: names of parts come first, a test's path chooses its part."""
    known = available()
    parser = argparse.ArgumentParser(
        prog="bin/test",
        usage="bin/test [PART…] [pytest arguments]",
        description=f"Runs all parts, or those named: {', '.join(known)}. Other arguments go to pytest.",
    )
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    if any(argument in ("-h", "--help") for argument in arguments):
        parser.print_help()
        sys.exit(0)
    parts: list[str] = []
    rest = list(arguments)
    while rest and rest[0] in known:
        parts.append(rest.pop(0))
    if not parts:
        parts = list(dict.fromkeys(part for argument in rest if (part := _part_of(argument)) in known))
    if not parts and rest and not rest[0].startswith("-"):
        raise Failure(f"{rest[0]!r} is neither a part ({', '.join(known)}) nor a test's path", "bin/test --help")
    if not parts:
        parts = [part for part in known if part not in STATIC] if rest else known
    return parts, rest


def _part_of(argument: str) -> str | None:
    path = Path(argument.partition("::")[0]).absolute()
    if path.is_relative_to(paths.ADDONS):
        return ADDONS_PART
    if path.is_relative_to(TESTS) and path != TESTS:
        return path.relative_to(TESTS).parts[0]
    return None


def _run(part: str, arguments: list[str], instance: Instance) -> Result:
    if part in STATIC:
        passed = all(check() for check in _CHECKS[part])
        return Result(part, passed=int(passed), failed=int(not passed))
    mine = [argument for argument in arguments if _part_of(argument) in (None, part)]
    if part == ADDONS_PART:
        return _run_addons(mine, instance)
    return _pytest(part, ["-p", "no:odoo", *_with_target(mine, TESTS / part)], _plain_environment())


def _run_addons(arguments: list[str], instance: Instance) -> Result:
    """The addons' own tests, inside Odoo, on a fresh clone of the template that nobody else sees."""
    template.ensure()
    with _test_database(instance) as (database, data_dir):
        environment = odoo_process.variables(instance) | {
            "ODOO_DATA_DIR": str(data_dir),
            "ODOO_QUEUE_JOB_CHANNELS": "root:0",  # tests run the jobs they want run
            "CHATWOOTAI_RUN_DIR": "",
        }
        targets = _with_target(arguments, *(paths.ADDONS / name / "tests" for name in ADDON_NAMES))
        return _pytest(ADDONS_PART, [f"--odoo-database={database}", "--odoo-http", *targets], environment)


@contextmanager
def _test_database(instance: Instance) -> Iterator[tuple[str, Path]]:
    database = f"test-addons-{os.getpid()}"
    data_dir = instance.data_dir / database
    try:
        template.clone(template.TEMPLATE, database, instance, data_dir)
        yield database, data_dir
    finally:
        template.drop(database, data_dir)
        subprocess.run(["rm", "-rf", str(data_dir)], check=True)


def _with_target(arguments: list[str], *folders: Path) -> list[str]:
    """What to collect: the paths given, or the whole folders."""
    given = any(_part_of(argument) for argument in arguments)
    return arguments if given else [*arguments, *(str(folder) for folder in folders if folder.is_dir())]


def _pytest(part: str, arguments: Sequence[str], environment: dict[str, str]) -> Result:
    report = paths.LOG / f"pytest-{part}.xml"
    report.unlink(missing_ok=True)
    command = [str(paths.PYTHON), "-m", "pytest", "-q", f"--junitxml={report}", *arguments]
    code = subprocess.call(command, cwd=paths.ROOT, env=environment, stdin=subprocess.DEVNULL)
    result = _read_report(part, report)
    if code not in (0, 1, 5) or (code and not result.failed and code != 5):
        result.failed += 1  # pytest itself broke
    if code == 5 and "-k" not in arguments:
        say(f"no test in {part}")
        result.failed += 1
    return result


def _read_report(part: str, report: Path) -> Result:
    """Count tests; a test with subtests, which pytest reports one by one, is one test."""
    try:
        cases = list(ElementTree.parse(report).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return Result(part)
    outcomes: dict[tuple[str | None, str | None], str] = {}
    for case in cases:
        name = (case.get("classname"), case.get("name"))
        outcomes[name] = max(outcomes.get(name, _PASSED), _outcome(case))
    counts = Counter(outcomes.values())
    return Result(part, passed=counts[_PASSED], failed=counts[_FAILED], skipped=counts[_SKIPPED])


# In the order in which one outranks another.
_PASSED, _SKIPPED, _FAILED = "0", "1", "2"


def _outcome(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return _FAILED
    return _SKIPPED if case.find("skipped") is not None else _PASSED


def _plain_environment() -> dict[str, str]:
    """For tests that start processes of their own by the commands in bin/."""
    removed = ("PG", "ODOO_RC", "CHATWOOTAI_INSTANCE")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(removed)}
    path = os.pathsep.join([str(paths.ROOT), str(paths.ROOT / "bin")])
    return {**inherited, "PYTHONPATH": path, "PYTHONPYCACHEPREFIX": str(paths.PYCACHE), "HOME": str(paths.HOME)}


def _summarise(results: list[Result]) -> int:
    say(f"\n{'part':<12}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for result in results:
        say(f"{result.part:<12}{result.passed:>8}{result.failed:>8}{result.skipped:>9}{result.seconds:>9.1f}")
    passed, failed, skipped = (sum(getattr(each, name) for each in results) for name in ("passed", "failed", "skipped"))
    sys.stderr.flush()
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    return 1 if failed or not passed else 0


def _tool(*command: str, **extra: str) -> bool:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(paths.PYCACHE), "HOME": str(paths.HOME), **extra}
    program, *arguments = command
    return subprocess.call([str(paths.VENV / "bin" / program), *arguments], cwd=paths.ROOT, env=environment) == 0


# Of pylint-odoo's rules, those that do not fit: OCA's own paperwork, and what is too often wrong here.
_NOT_OURS = (
    "manifest-required-author,missing-readme,"
    "invalid-commit,"  # every commit of ours says why, where it stands
    "no-search-all,"  # companies and settings are few
    "consider-merging-classes-inherited,"  # a file has one purpose, a model may have several
    "method-required-super,missing-return,except-pass,no-raise-unlink,context-overridden,prefer-env-translation,"
    "attribute-string-redundant"
)


def _pylint_odoo() -> bool:
    """Mistakes against Odoo, which ruff can't see; on its own rules only, in this order of switching off and on."""
    addons = [f"addons/{name}" for name in ADDON_NAMES]
    rules = ("--disable=all", "--enable=odoolint", f"--disable={_NOT_OURS}")
    return _tool("pylint", "--load-plugins=pylint_odoo", "--jobs=2", "--score=n", "--ignore=tests", *rules, *addons)


def _import_rules() -> bool:
    broken = import_rules.broken_rules()
    for sentence in broken:
        say(sentence)
    return not broken


_CHECKS: dict[str, tuple[Callable[[], bool], ...]] = {
    "format": (lambda: _tool("ruff", "format", "--check", "."),),
    "lint": (lambda: _tool("ruff", "check", "."), _pylint_odoo),
    "types": (lambda: _tool("mypy"),),
    "imports": (lambda: _tool("lint-imports", "--no-cache", PYTHONPATH=str(paths.ADDONS)), _import_rules),
}
