"""Takes out of a model's words what no database holds and no channel carries: NUL, and halves of a surrogate pair."""

from __future__ import annotations

from typing import Any


def clean(value: Any) -> Any:
    """The text without them, or the mapping or list with none in its texts; anything else as it is.

    >>> clean({"query": "s\\0érum \\ud83d"})
    {'query': 'sérum ?'}
    """
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {clean(name): clean(one) for name, one in value.items()}
    if isinstance(value, list):
        return [clean(one) for one in value]
    return value
