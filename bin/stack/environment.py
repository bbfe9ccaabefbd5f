"""The programs: system packages, the virtual environment and Odoo, checked in milliseconds when nothing changed."""

import os
import sys

from . import locking, packages, paths, stamps, virtualenv
from .console import Failure, say, step

STEP = "environment"
WANTED = (3, 11)


def ensure() -> None:
    if sys.version_info < WANTED:
        raise Failure(
            f"Python {sys.version.split()[0]} is too old; the stack needs 3.11 or newer", "python3.11 bin/setup"
        )
    if is_ready():
        return
    with locking.exclusive("setup", "another bin/setup"):
        if is_ready():
            return
        absent = packages.missing_packages()
        with step("System packages"):
            packages.ensure(absent)
        with step("Python environment and Odoo 19 (.venv, .local/odoo)"):
            say(f"  Odoo from {virtualenv.ensure()}")
        stamps.put(STEP, _fingerprint())


def is_ready() -> bool:
    if not paths.PYTHON.exists() or not packages.has_postgresql():
        return False
    return stamps.is_current(STEP, _fingerprint())


def run_in_venv() -> None:
    """Go on in the virtual environment's Python, made ready first if need be. Returns there."""
    if sys.prefix == str(paths.VENV):
        return
    ensure()
    variables = {**os.environ, "PYTHONPYCACHEPREFIX": str(paths.PYCACHE), "PYTHONDONTWRITEBYTECODE": ""}
    os.execve(paths.PYTHON, [str(paths.PYTHON), *sys.argv], variables)


def _fingerprint() -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return stamps.fingerprint(
        [version, os.environ.get("ODOO_HOME", "")],
        [*virtualenv.locks(), virtualenv.ODOO_ADDONS],
    )
