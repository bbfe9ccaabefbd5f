"""Makes the process fit for crewai, once, before its first import.

crewai costs 3 seconds and 200 MiB to import, so it is imported inside the first turn of a worker. Left alone it calls
home, replaces signal handlers, prints tool arguments to stdout, and takes keys and addresses from OPENAI_* variables,
which belong to no tenant.
"""

from __future__ import annotations

import logging
import os
import tempfile
import threading
import warnings
from pathlib import Path

_FIXED = {
    "CREWAI_DISABLE_TELEMETRY": "true",
    "CREWAI_DISABLE_TRACKING": "true",
    "CREWAI_TRACING_ENABLED": "false",
    "CREWAI_DISABLE_VERSION_CHECK": "true",
    "OTEL_SDK_DISABLED": "true",
    # openai builds its models when they are first used; several first turns at once find them half built, and fail.
    "DEFER_PYDANTIC_BUILD": "false",
}
_lock = threading.Lock()
_ready = False
_storage: Path | None = None


def keep_files_in(directory: Path) -> None:
    """Where crewai may write; without it, a temporary directory."""
    global _storage
    _storage = directory


def prepare() -> None:
    """Set the environment, import crewai, quieten it. Cheap after the first call."""
    global _ready
    if _ready:
        return
    with _lock:
        if _ready:
            return
        os.environ.update(_FIXED)
        _give_it_a_place()
        import crewai  # noqa: F401  reads a .env file, so the variables are dropped after it
        import openai.resources  # noqa: F401  else a client does at its first call, in the time of a customer's turn

        _forget_openai_variables()
        _quieten()
        _ready = True


def _give_it_a_place() -> None:
    """crewai makes directories and a key of its own on import, below a HOME that need not be writable under Odoo."""
    from crewai_core.token_manager import TokenManager

    directory = _storage or Path(tempfile.mkdtemp(prefix="chatwootai-crewai-"))
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ.setdefault("CREWAI_STORAGE_DIR", str(directory))
    os.environ.setdefault("HOME", str(directory))
    TokenManager._get_secure_storage_path = staticmethod(lambda: directory)  # type: ignore[method-assign]


def _quieten() -> None:
    from crewai.events import event_context
    from crewai.events.event_listener import event_listener

    # Even with verbose=False an agent prints its tools' arguments and results, until this one is quiet.
    event_listener.formatter.verbose = False
    quiet = event_context.MismatchBehavior.SILENT
    event_context._default_config = event_context.EventContextConfig(mismatch_behavior=quiet, empty_pop_behavior=quiet)
    warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"crewai\.")
    logging.getLogger().addFilter(_not_of_crewai)
    logging.getLogger("crewai").setLevel(logging.CRITICAL)


def _not_of_crewai(record: logging.LogRecord) -> bool:
    """crewai logs providers' error texts, on the root logger too; the turn's trace keeps what they mean."""
    return f"{os.sep}crewai{os.sep}" not in record.pathname


def _forget_openai_variables() -> None:
    for name in [name for name in os.environ if name.startswith("OPENAI_")]:
        del os.environ[name]
