"""The stores of this process: opened once, on first use, from the settings."""

import threading

from ..settings import get_settings
from ..stores.open import Stores, open_stores

if get_settings.__wrapped__().qdrant_url:
    # While the process has one thread: crewai brings the same library, and two threads that begin to import it at once
    # lock each other out, after which no turn is answered until the process is restarted.
    from ..stores import vectors_qdrant  # noqa: F401

_lock = threading.Lock()
_stores: Stores | None = None


def get_stores() -> Stores:
    global _stores
    if _stores is None:
        with _lock:
            if _stores is None:
                _stores = open_stores(get_settings())
    return _stores


def use_stores(stores: Stores | None) -> None:
    """Put other stores in place; None opens those of the settings again. For tests and provisioning."""
    global _stores
    with _lock:
        _stores = stores
