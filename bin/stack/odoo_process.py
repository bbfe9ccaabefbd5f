"""Starting Odoo: always by bin/odoo under .venv, from the checkout, with the instance's environment."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Sequence

from . import paths
from .instance import Instance

LAUNCHED = "CHATWOOTAI_LAUNCHED"  # tells bin/odoo that its environment is complete


def command(*arguments: str) -> list[str]:
    return [str(paths.PYTHON), str(paths.ROOT / "bin" / "odoo"), *arguments]


def variables(instance: Instance) -> dict[str, str]:
    return {**instance.environment(), LAUNCHED: "1"}


def start(instance: Instance, arguments: Sequence[str], **extra: str) -> subprocess.Popen[bytes]:
    """Start Odoo as a child that is told to stop when we die, even if we are killed."""
    return subprocess.Popen(
        command(*arguments),
        env=variables(instance) | extra,
        cwd=paths.ROOT,
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is ours to pass on
        preexec_fn=_stop_with_parent,
    )


_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _stop_with_parent() -> None:
    parent = os.getppid()
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)
