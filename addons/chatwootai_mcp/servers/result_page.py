"""Lists in results: bounded in rows and in bytes, and saying when they were cut."""

import itertools
import json
from typing import Any

MAX_BYTES = 100_000


def page(key: str, rows: list[dict[str, Any]], *, limit: int) -> dict[str, Any]:
    """``{key: rows}`` with at most ``limit`` rows and :data:`MAX_BYTES`; ``truncated`` when there was more.

    Give one row more than ``limit`` where there is one: it is how the cut is noticed.
    """
    kept = rows[:limit]
    if _size(kept) > MAX_BYTES:
        sizes = itertools.accumulate(map(_size, kept))
        kept = [row for row, size in zip(kept, sizes, strict=True) if size <= MAX_BYTES]
    return {key: kept, "count": len(kept), "truncated": len(kept) < len(rows)}


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False))
