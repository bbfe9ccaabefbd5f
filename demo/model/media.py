"""Files of the demo: the model hears and sees nothing, it reads what stands in them after ``demo:``. Pure functions."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

_MARK = b"demo:"


def hidden_words(content: bytes) -> str:
    """
    >>> hidden_words(b"OggS...demo:Tem creme?")
    'Tem creme?'
    """
    return content.partition(_MARK)[2].decode("utf-8", "replace").strip()


def picture_of(messages: Sequence[Any]) -> bytes | None:
    """The picture of the last message, where it holds one."""
    content = messages[-1].get("content") if messages and isinstance(messages[-1], dict) else None
    for part in content if isinstance(content, list) else []:
        if isinstance(part, dict) and part.get("type") == "image_url":
            address = str((part.get("image_url") or {}).get("url") or "")
            return base64.b64decode(address.partition(";base64,")[2] or "")
    return None
