"""What a command says while it works: steps, progress, and failures with the command that mends them.

Everything goes to stderr: stdout belongs to results (a key, JSON) that other programs read.
"""

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from . import paths

PROGRESS_SECONDS = 5


class Failure(Exception):
    """Something is missing or broken; says what, and the command that mends it."""

    def __init__(self, missing: str, mend: str | None = None) -> None:
        super().__init__(missing)
        self.missing = missing
        self.mend = mend


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a step and, when it is done, how long it took."""
    say(f"• {title} …")
    started = time.monotonic()
    yield
    say(f"  done in {time.monotonic() - started:.1f} s")


def run_logged(
    command: Sequence[str | Path],
    log_name: str,
    *,
    missing: str,
    mend: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> None:
    """Run a long command with its output in .local/log/, telling every few seconds how far it is."""
    paths.LOG.mkdir(parents=True, exist_ok=True)
    log = paths.LOG / f"{log_name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, cwd=cwd
        )
        finished = threading.Event()
        reporter = threading.Thread(target=_report_progress, args=(log, finished), daemon=True)
        reporter.start()
        try:
            code = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        finally:
            finished.set()
            reporter.join()
    if code:
        for line in last_lines(log, 15):
            say(f"    | {line}")
        raise Failure(f"{missing} (exit code {code}; whole output in {log})", mend)


def last_lines(log: Path, count: int) -> list[str]:
    with log.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 16_384))
        return file.read().decode(errors="replace").splitlines()[-count:]


def _report_progress(log: Path, finished: threading.Event) -> None:
    started = time.monotonic()
    width = shutil.get_terminal_size((120, 24)).columns - 14
    while not finished.wait(PROGRESS_SECONDS):
        lines = [line.strip() for line in last_lines(log, 5) if line.strip()]
        say(f"  {time.monotonic() - started:4.0f} s  {lines[-1][:width] if lines else ''}")


def command(main: Callable[[], int | None]) -> None:
    """Run a command's main function; a Failure becomes two clear lines and exit code 1, Ctrl-C exit code 130."""
    try:
        sys.exit(main() or 0)
    except Failure as failure:
        say(f"error: {failure.missing}")
        if failure.mend:
            say(f"  mend it with: {failure.mend}")
        sys.exit(1)
    except KeyboardInterrupt:
        say("interrupted; run the same command again to go on")
        sys.exit(130)
