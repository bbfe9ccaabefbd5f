"""Where things lie in a checkout."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ADDONS = ROOT / "addons"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
ODOO_CONF = ROOT / "odoo.conf"

LOCAL = ROOT / ".local"
ETC = LOCAL / "etc"  # generated configuration and secrets, readable by the owner only
LOG = LOCAL / "log"
RUN = LOCAL / "run"  # locks and sockets
STAMPS = LOCAL / "stamps"  # one file per finished step of bin/setup
HOME = LOCAL / "home"  # what libraries write below $HOME
PYCACHE = LOCAL / "pycache"
ODOO_ARCHIVE = LOCAL / "odoo"
POSTGRESQL = LOCAL / "postgresql"
REDIS = LOCAL / "redis"
TEMPLATE_DATA = LOCAL / "template"  # the filestores of the template databases
INSTANCES = LOCAL / "instances"


def private_dir(path: Path) -> Path:
    """Make a directory only its owner may look into."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def write_atomically(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file that is there whole or not at all, whenever we are interrupted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)
