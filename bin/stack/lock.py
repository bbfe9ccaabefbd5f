"""Writes the locks: exact versions of everything the ``.in`` files need, for every Python the stack runs on.

What is locked stays as it is unless the ``.in`` files ask for something else or ``--upgrade`` is given.
"""

import os
import subprocess
import sys
from pathlib import Path

from . import paths
from .console import Failure, say

# The oldest: Debian 12's. Newer ones are covered by markers in the lock.
OLDEST_PYTHON = "3.11.2"
RUNTIME = paths.ROOT / "requirements.txt"
DEVELOPMENT = paths.ROOT / "requirements-dev.txt"


def main() -> None:
    options = sys.argv[1:]
    _lock(RUNTIME, options)
    _lock(DEVELOPMENT, [*options, "--constraint", RUNTIME.name])


def _lock(lock: Path, options: list[str]) -> None:
    command = [
        *(str(paths.VENV / "bin" / "uv"), "pip", "compile", lock.with_suffix(".in").name, "--output-file", lock.name),
        *("--universal", "--fork-strategy", "fewest", "--python-version", OLDEST_PYTHON),
        *("--no-header", "--no-annotate", "--no-emit-index-url", "--quiet"),
    ]
    done = subprocess.run(
        [*command, *options], cwd=paths.ROOT, env={**os.environ, "HOME": str(paths.HOME)}, check=False
    )
    if done.returncode:
        raise Failure(f"could not resolve {lock.with_suffix('.in').name}", "look at the lines above, then bin/lock")
    pins = lock.read_text()
    lock.write_text(f"# The lock of {lock.with_suffix('.in').name}: written by bin/lock, not by hand.\n{pins}")
    say(f"{lock.name}: {len(pins.splitlines())} packages")
