"""System packages: install what is absent, as root; otherwise say what to install.

Installing postgresql or redis-server on Debian starts a server of the machine's own. We want the programs only, so
while apt runs a policy forbids starting services; it stops being valid when this process ends, however it ends.
"""

import glob
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .console import Failure, run_logged, say

POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_MARK = "# written by bin/setup of chatwootai"


def postgresql_bin(version: str | None = None) -> Path | None:
    """The directory of PostgreSQL's server programs: those of a major version if they are there, else the newest."""
    directories = [Path(path).parent for path in glob.glob("/usr/lib/postgresql/*/bin/postgres")]
    if directories:
        exact = [path for path in directories if path.parent.name == version]
        return exact[0] if exact else max(directories, key=lambda path: int(path.parent.name))
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


def _venv_works() -> bool:
    probe = [sys.executable, "-c", "import ensurepip, venv"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def has_postgresql() -> bool:
    """Whether PostgreSQL's programs are there: the server's, or the client's where others run the server."""
    if os.environ.get("CHATWOOTAI_EXTERNAL"):
        return shutil.which("psql") is not None
    return postgresql_bin() is not None


def missing_packages() -> list[str]:
    """Debian's names of what the stack needs and this machine has not."""
    absent: list[str] = []
    external = os.environ.get("CHATWOOTAI_EXTERNAL")
    if not has_postgresql():
        absent.append("postgresql-client" if external else "postgresql")
    if not external and shutil.which("redis-server") is None:
        absent.append("redis-server")
    if not _venv_works():
        absent.append(f"python3.{sys.version_info.minor}-venv")
    return absent


def ensure(needed: Sequence[str]) -> None:
    """Install packages, or fail with the command that does."""
    if not needed:
        return
    install = f"apt-get install --no-install-recommends {' '.join(needed)}"
    if shutil.which("apt-get") is None:
        raise Failure(
            f"this machine lacks {', '.join(needed)} and has no apt-get", "install them with its own packages"
        )
    if os.geteuid() != 0:
        raise Failure(f"this machine lacks {', '.join(needed)}, and installing them needs root", f"sudo {install}")
    say(f"  installing {', '.join(needed)} (their services are not started)")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    with _services_stay_down():
        if not all(_is_known(package) for package in needed):
            run_logged(["apt-get", "-q", "update"], "apt-update", missing="apt-get update failed", env=environment)
        run_logged(
            ["apt-get", "-q", "install", "-y", "--no-install-recommends", *needed],
            "apt-install",
            missing=f"could not install {', '.join(needed)}",
            mend=f"apt-get update && {install}",
            env=environment,
        )


def _is_known(package: str) -> bool:
    answer = subprocess.run(["apt-cache", "policy", package], capture_output=True, text=True, check=False)
    return "Candidate:" in answer.stdout and "Candidate: (none)" not in answer.stdout


@contextmanager
def _services_stay_down() -> Iterator[None]:
    if POLICY.exists() and POLICY_MARK not in POLICY.read_text(errors="replace"):
        yield  # the machine has a policy of its own (containers do): leave it
        return
    POLICY.write_text(f"#!/bin/sh\n{POLICY_MARK}\nkill -0 {os.getpid()} 2>/dev/null && exit 101\nexit 0\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)
