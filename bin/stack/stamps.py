"""Stamps: which step of bin/setup was finished, and for what state of its inputs."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from . import paths


def is_current(step: str, fingerprint: str) -> bool:
    try:
        return (paths.STAMPS / step).read_text() == fingerprint
    except OSError:
        return False


def put(step: str, fingerprint: str) -> None:
    """Only after the step is whole: an interrupted step has no stamp and is done again."""
    paths.write_atomically(paths.STAMPS / step, fingerprint)


def fingerprint(values: Iterable[str] = (), files: Iterable[Path] = ()) -> str:
    """A digest of some values and of files' names and contents."""
    digest = hashlib.sha256()
    for value in values:
        digest.update(value.encode() + b"\0")
    for file in sorted(files):
        digest.update(str(file.relative_to(paths.ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
