"""bin/test: every check and every test, or some of them, with one summary at the end."""

import argparse
import os
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from . import import_rules, odoo_process, paths, services, template
from .console import Failure, say
from .instance import Instance

TESTS = paths.ROOT / "tests"
ADDON_NAMES = template.OUR_MODULES
STATIC = ("format", "lint", "types", "imports")
ADDONS_PART = "addons"
# It stops the servers that others work with: beside it run the parts that need none of them.
RESTARTS_SERVERS = "bad_days"
WITHOUT_SERVERS = frozenset({*STATIC, "unit", "demo"})
# Their tenants have the same names: never at the same time.
SAME_TENANTS = ("e2e", "isolation")
# Those that need no servers, then the long ones first, so that all lanes end at about the same time. Every folder of
# tests/ is a part of its own, run without Odoo in the test's process.
ORDER = ("unit", "demo", RESTARTS_SERVERS, "faults", "e2e", ADDONS_PART, "stack", "isolation", "conformance")
LANES = min(os.cpu_count() or 1, 4)


@dataclass
class Result:
    part: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Work:
    """A part, or a piece of one that runs by itself: all it prints goes where ``run`` is told."""

    name: str
    run: Callable[[int | None], Result]


def main() -> int:
    parts, pytest_arguments = _parse(sys.argv[1:])
    with services.running(Instance("test")) as instance:
        results = []
        for group in _groups(parts):
            works = [work for part in group for work in _works(part, pytest_arguments, instance)]
            results += _one_by_one(works) if len(works) == 1 else _side_by_side(works)
    return _summarise(results)


def _groups(parts: Sequence[str]) -> list[list[str]]:
    """What may run at the same time."""
    if RESTARTS_SERVERS not in parts:
        return [[*parts]]
    beside = [part for part in parts if part in WITHOUT_SERVERS]
    others = [part for part in parts if part not in (*beside, RESTARTS_SERVERS)]
    return [group for group in ([RESTARTS_SERVERS, *beside], others) if group]


def _works(part: str, arguments: list[str], instance: Instance) -> list[Work]:
    if part in STATIC:
        return [Work(part, lambda output: _check(part, output))]
    mine = [argument for argument in arguments if _part_of(argument) in (None, part)]
    if part != ADDONS_PART:
        target = ["-p", "no:odoo", *_with_target(mine, TESTS / part)]
        return [Work(part, lambda output: _pytest(part, target, _plain_environment(), output))]
    if any(_part_of(argument) for argument in mine):
        return [Work(part, partial(_run_addons, part, mine, instance))]
    return [
        Work(f"{part}/{name}", partial(_run_addons, f"{part}/{name}", [*mine, str(folder)], instance))
        for name in reversed(ADDON_NAMES)
        if (folder := paths.ADDONS / name / "tests").is_dir()
    ]


def _one_by_one(works: Iterable[Work]) -> list[Result]:
    """Each prints as it goes."""
    results = []
    for work in works:
        say(f"\n=== {work.name}")
        results.append(_timed(work, None))
    return results


def _side_by_side(works: Sequence[Work]) -> list[Result]:
    """As many at once as there are processors, for most wait much; what each prints comes in one piece at its end."""
    printing = threading.Lock()

    def run(works: list[Work]) -> list[Result]:
        return [run_one(work) for work in works]

    def run_one(work: Work) -> Result:
        log = paths.LOG / f"test-{work.name.replace('/', '-')}.log"
        say(f"... {work.name} begins")
        with log.open("wb") as output:
            result = _timed(work, output.fileno())
        with printing:
            say(f"\n=== {work.name}: {result.passed} passed, {result.failed} failed in {result.seconds:.0f} s")
            say(log.read_text(errors="replace"))
        return result

    with ThreadPoolExecutor(LANES) as lanes:
        try:
            return [result for results in lanes.map(run, _chains(works)) for result in results]
        except BaseException:  # interrupted: what has not begun does not begin
            lanes.shutdown(cancel_futures=True)
            raise


def _chains(works: Sequence[Work]) -> list[list[Work]]:
    """What runs one after another in a lane."""
    chain = [work for work in works if work.name in SAME_TENANTS]
    others = [[work] for work in works if work not in chain]
    return [chain, *others] if chain else others


def _timed(work: Work, output: int | None) -> Result:
    started = time.monotonic()
    try:
        result = work.run(output)
    except Failure as failure:  # what this part needs is missing; the others may still run
        say(f"{work.name}: {failure.missing}" + (f"; mend it with: {failure.mend}" if failure.mend else ""))
        result = Result(work.name, failed=1)
    result.seconds = time.monotonic() - started
    return result


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


def _check(part: str, output: int | None) -> Result:
    passed = all(check(output) for check in _CHECKS[part])
    return Result(part, passed=int(passed), failed=int(not passed))


def _run_addons(name: str, arguments: list[str], instance: Instance, output: int | None) -> Result:
    """The addons' own tests, inside Odoo, on a fresh clone of the template that nobody else sees."""
    template.ensure()
    database = f"test-{name.replace('/', '-').replace('_', '-')}-{os.getpid()}"
    with _test_database(database, instance) as (database, data_dir):
        environment = odoo_process.variables(instance) | {
            "ODOO_DATA_DIR": str(data_dir),
            "ODOO_QUEUE_JOB_CHANNELS": "root:0",  # tests run the jobs they want run
            "CHATWOOTAI_RUN_DIR": "",
        }
        return _pytest(name, [f"--odoo-database={database}", "--odoo-http", *arguments], environment, output)


@contextmanager
def _test_database(database: str, instance: Instance) -> Iterator[tuple[str, Path]]:
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


def _pytest(part: str, arguments: Sequence[str], environment: dict[str, str], output: int | None = None) -> Result:
    report = paths.LOG / f"pytest-{part.replace('/', '-')}.xml"
    report.unlink(missing_ok=True)
    command = [str(paths.PYTHON), "-m", "pytest", "-q", f"--junitxml={report}", *arguments]
    code = subprocess.call(
        command, cwd=paths.ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
    )
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
    say(f"\n{'part':<24}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for result in results:
        say(f"{result.part:<24}{result.passed:>8}{result.failed:>8}{result.skipped:>9}{result.seconds:>9.1f}")
    passed, failed, skipped = (sum(getattr(each, name) for each in results) for name in ("passed", "failed", "skipped"))
    sys.stderr.flush()
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    return 1 if failed or not passed else 0


def _tool(output: int | None, *command: str, **extra: str) -> bool:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(paths.PYCACHE), "HOME": str(paths.HOME), **extra}
    program, *arguments = command
    code = subprocess.call(
        [str(paths.VENV / "bin" / program), *arguments], cwd=paths.ROOT, env=environment, stdout=output, stderr=output
    )
    return code == 0


# Of pylint-odoo's rules, those that do not fit: OCA's own paperwork, and what is too often wrong here.
_NOT_OURS = (
    "manifest-required-author,missing-readme,"
    "invalid-commit,"  # every commit of ours says why, where it stands
    "no-search-all,"  # companies and settings are few
    "consider-merging-classes-inherited,"  # a file has one purpose, a model may have several
    "method-required-super,missing-return,except-pass,no-raise-unlink,context-overridden,prefer-env-translation,"
    "attribute-string-redundant"
)


def _pylint_odoo(output: int | None) -> bool:
    """Mistakes against Odoo, which ruff can't see; on its own rules only, in this order of switching off and on."""
    addons = [f"addons/{name}" for name in ADDON_NAMES]
    rules = ("--disable=all", "--enable=odoolint", f"--disable={_NOT_OURS}")
    return _tool(
        output, "pylint", "--load-plugins=pylint_odoo", "--jobs=2", "--score=n", "--ignore=tests", *rules, *addons
    )


def _import_rules(_output: int | None) -> bool:
    broken = import_rules.broken_rules()
    for sentence in broken:
        say(sentence)
    return not broken


_CHECKS: dict[str, tuple[Callable[[int | None], bool], ...]] = {
    "format": (lambda output: _tool(output, "ruff", "format", "--check", "."),),
    "lint": (lambda output: _tool(output, "ruff", "check", "."), _pylint_odoo),
    "types": (lambda output: _tool(output, "mypy"),),
    "imports": (
        lambda output: _tool(output, "lint-imports", "--no-cache", PYTHONPATH=str(paths.ADDONS)),
        _import_rules,
    ),
}
