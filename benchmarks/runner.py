"""bin/bench: run benchmarks by name, print their tables, and keep them as JSON for whoever compares runs."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from stack import paths, services, template
from stack.console import say
from stack.instance import Instance

from . import machine
from .figures import Row, as_json, as_text

NAMES = ("mcp", "webhook", "turn", "knowledge", "neighbours", "refusals", "isolation")
INSTANCE = "bench"  # of its own: no tenant of yours is touched

Benchmark = Callable[[Instance], list[Row]]


def main() -> int:
    options = _options()
    if len(options.names) == 1:
        return _run(options.names[0], options.json)
    return _run_each(options.names or NAMES, options.json)


def _run_each(names: Sequence[str], wanted: Path | None) -> int:
    """Each in a process of its own: what one leaves in memory is not the next one's."""
    whole: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for name in names:
            part = Path(folder) / f"{name}.json"
            command = [sys.executable, str(paths.ROOT / "bin" / "bench"), name, "--json", str(part)]
            if code := subprocess.call(command):
                return code
            whole[name] = json.loads(part.read_text())[name]
    if wanted:
        wanted.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
    return 0


def _run(name: str, wanted: Path | None) -> int:
    found = machine.described()
    print(f"\n=== {name}: {found['cores']} cores, {found['processor']}, Python {found['python']}", flush=True)
    if found["busy"]:
        say("warning: this machine is busy: trust the ratios, not the milliseconds, and measure again when it is quiet")
    os.environ["CHATWOOTAI_INSTANCE"] = INSTANCE
    instance = Instance(INSTANCE)
    with services.running(instance):
        template.ensure()
        instance.prepare()
        run: Benchmark = importlib.import_module(f"benchmarks.{name}").run
        started = time.monotonic()
        rows = run(instance)
        seconds = time.monotonic() - started
    load = machine.load()
    print(f"\n{as_text(rows)}\n{seconds:.0f} s; load before {found['load_before']}, after {load}", flush=True)
    if wanted:
        result = {"machine": found, "load_after": load, "rows": [as_json(row) for row in rows]}
        wanted.write_text(json.dumps({name: result}, indent=2, ensure_ascii=False) + "\n")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measure, each figure beside its baseline.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)}; all without one")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    for name in options.names:
        if name not in NAMES:
            parser.error(f"there is no benchmark {name}; there are {', '.join(NAMES)}")
    return options
