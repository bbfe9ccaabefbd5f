"""What waits in the job queue, by tenant and channel: noted by the process that runs it, read by any on the node.

The runner is a process or thread of its own and may be on another node; the note lies in the data directory, which
nodes share. One that is old tells nothing: its runner is gone.
"""

import json
import logging
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ..settings import get_settings

_logger = logging.getLogger(__name__)

NOTE_SECONDS = 2.0
STALE_SECONDS = 30.0
_noted_at = float("-inf")


def note(jobs: Mapping[tuple[str, str, str], int]) -> None:
    """Never fails: who runs the jobs goes on where a disk is full.

    :param jobs: how many of an account, a channel and a state
    """
    path = _path()
    draft = path.with_suffix(".draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps({"at": time.time(), "jobs": [[*key, count] for key, count in jobs.items()]}))
        draft.replace(path)
    except OSError as error:
        _logger.warning("what waits in the queue can't be noted for the metrics: %s", error)


def note_is_due() -> bool:
    """Whether it is time for a new one; then it is not for a while."""
    global _noted_at
    if time.monotonic() - _noted_at < NOTE_SECONDS:
        return False
    _noted_at = time.monotonic()
    return True


def jobs() -> Counter[tuple[str, str, str]]:
    with suppress(OSError, ValueError, KeyError, TypeError):
        noted = json.loads(_path().read_text())
        if time.time() - noted["at"] < STALE_SECONDS:
            return Counter({(account, channel, state): count for account, channel, state, count in noted["jobs"]})
    return Counter()


def _path() -> Path:
    return get_settings().data_dir / "queue.json"
