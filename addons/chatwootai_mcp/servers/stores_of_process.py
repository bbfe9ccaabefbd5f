"""The stores of this process: opened once, on first use, from the settings."""

import threading

from ..settings import get_settings
from ..stores.open import Stores, open_stores

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
