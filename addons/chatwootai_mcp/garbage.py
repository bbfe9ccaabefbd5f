"""Python's garbage collector, kept off what stays.

A full collection walks every object there is. A loaded registry is a quarter of a million of them, none of it garbage,
and walking it takes 0.2 seconds in which this process answers nobody: measured, it was the slowest hundredth of all
webhooks. So what a registry loaded is set aside (``gc.freeze``), and later collections walk only what requests made.
"""

import gc
import time

_COLLECT_AFTER = 600.0  # seconds between the collections that free registries which were replaced
_loaded: set[str] = set()
_collected_at = float("-inf")


def set_aside(database: str) -> None:
    """A registry was loaded. Where it replaces one, that one is garbage, and must not be set aside for ever."""
    global _collected_at
    if database in _loaded and time.monotonic() - _collected_at > _COLLECT_AFTER:
        _collected_at = time.monotonic()
        gc.unfreeze()
        gc.collect()
    _loaded.add(database)
    gc.freeze()
