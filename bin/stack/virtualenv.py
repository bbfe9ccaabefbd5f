"""The virtual environment, with exactly the packages the locks name."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import odoo_source, paths
from .console import Failure, run_logged, say

# Addons from PyPI: installed without dependencies, because "odoo" is not on PyPI.
ODOO_ADDONS = paths.ROOT / "requirements-odoo.txt"
MEND = "check the network and pip's configuration, then bin/setup"


def ensure() -> str:
    """Create or complete the environment and put Odoo on its path; returns where Odoo came from."""
    if not _is_sound():
        shutil.rmtree(paths.VENV, ignore_errors=True)
        say("  creating .venv")
        run_logged(
            [sys.executable, "-m", "venv", paths.VENV], "venv", missing="could not create .venv", mend="bin/setup"
        )
    say("  installing the locked Python packages (a few minutes the first time)")
    wanted = [part for lock in locks() for part in ("-r", lock)]
    run_logged([*_pip("install"), *wanted], "pip", missing="could not install the Python packages", mend=MEND)
    source = odoo_source.ensure()
    run_logged(
        [*_pip("install"), "--no-deps", "-r", ODOO_ADDONS], "pip-odoo", missing="could not install queue_job", mend=MEND
    )
    check = "import odoo.cli, odoo.addons.queue_job"
    if (probe := subprocess.run([paths.PYTHON, "-c", check], capture_output=True, text=True, check=False)).returncode:
        raise Failure(
            f"the environment can't import Odoo: {probe.stderr.strip().splitlines()[-1]}", "rm -rf .venv && bin/setup"
        )
    return source


def locks() -> list[Path]:
    """What is installed; where others run the servers (in an image) nobody develops."""
    names = (
        ["requirements.txt"] if os.environ.get("CHATWOOTAI_EXTERNAL") else ["requirements.txt", "requirements-dev.txt"]
    )
    return [paths.ROOT / name for name in names]


def _pip(verb: str) -> list[str]:
    return [str(paths.PYTHON), "-m", "pip", verb, "--disable-pip-version-check", "--no-input", "--no-compile"]


def _is_sound() -> bool:
    """False for an environment that is not there, was left half made, or belongs to another Python."""
    if not paths.PYTHON.exists():
        return False
    question = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    answer = subprocess.run(
        [paths.PYTHON, "-c", question], capture_output=True, text=True, check=False, env=environment
    )
    return answer.stdout.strip() == f"{sys.version_info.major}.{sys.version_info.minor}"
