"""Lists in results: bounded in rows and in bytes, and saying when they were cut."""

import json
from typing import Any

MAX_BYTES = 100_000


def page(key: str, rows: list[dict[str, Any]], *, limit: int) -> dict[str, Any]:
    """``{key: rows}`` with at most ``limit`` rows and :data:`MAX_BYTES`; ``truncated`` when there was more.

    Give one row more than ``limit`` where there is one: it is how the cut is noticed.
    """
    kept: list[dict[str, Any]] = []
    size = 0
    for row in rows[:limit]:
        size += len(json.dumps(row, ensure_ascii=False))
        if size > MAX_BYTES:
            break
        kept.append(row)
    return {key: kept, "count": len(kept), "truncated": len(kept) < len(rows)}
