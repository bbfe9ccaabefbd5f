"""Writes the locks: exact versions of everything the ``.in`` files need, as the environment has it now.

Used after changing a ``.in`` file and installing or upgrading in .venv: ``bin/lock``.
"""

import re
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from . import paths
from .console import Failure, say

NOT_LOCKED = {"odoo", "odoo-addon-queue-job", "pip"}


def main() -> None:
    runtime = _closure(paths.ROOT / "requirements.in")
    _write(paths.ROOT / "requirements.txt", "requirements.in", runtime)
    development = _closure(paths.ROOT / "requirements-dev.in")
    only_development = {name: found for name, found in development.items() if name not in runtime}
    _write(paths.ROOT / "requirements-dev.txt", "requirements-dev.in", only_development)


def _closure(wanted: Path) -> dict[str, Distribution]:
    """Everything the direct requirements in a file need, by canonical name."""
    lines = (re.sub(r"\s*#.*", "", line).strip() for line in wanted.read_text().splitlines())
    waiting: list[tuple[str, frozenset[str]]] = [_request(Requirement(line)) for line in lines if line]
    seen: set[tuple[str, frozenset[str]]] = set()
    found: dict[str, Distribution] = {}
    while waiting:
        request = waiting.pop()
        if request in seen or request[0] in NOT_LOCKED:
            continue
        seen.add(request)
        name, extras = request
        try:
            found[name] = distribution(name)
        except ImportError:
            raise Failure(
                f"{name}, wanted by {wanted.name}, is not in .venv", f".venv/bin/pip install {name}"
            ) from None
        for text in found[name].requires or ():
            requirement = Requirement(text)
            environments: list[dict[str, str]] = [{"extra": extra} for extra in extras] or [{"extra": ""}]
            if requirement.marker is None or any(requirement.marker.evaluate(each) for each in environments):
                waiting.append(_request(requirement))
    return found


def _request(requirement: Requirement) -> tuple[str, frozenset[str]]:
    return str(canonicalize_name(requirement.name)), frozenset(requirement.extras)


def _write(lock: Path, source: str, packages: dict[str, Distribution]) -> None:
    lines = [f"{name}=={packages[name].version}" for name in sorted(packages)]
    lock.write_text("\n".join([f"# The lock of {source}: written by bin/lock, not by hand.", *lines]) + "\n")
    say(f"{lock.name}: {len(lines)} packages")
