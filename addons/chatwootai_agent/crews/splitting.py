"""A long answer as several messages: cut at paragraphs, lines, sentences or words, the first of these that fits.

A list stays in one piece where it fits into a message. Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

Size = Callable[[str], int]

_PARAGRAPH: Final = re.compile(r"\n[ \t]*\n\s*")
_LINE: Final = re.compile(r"\n")
_SENTENCE: Final = re.compile(r"(?<=[.!?…:;])\s+")
_WORD: Final = re.compile(r"\s+")
_BORDERS: Final = ((_PARAGRAPH, "\n\n"), (_LINE, "\n"), (_SENTENCE, " "), (_WORD, " "))
_ITEM: Final = re.compile(r"[ \t]*(?:[-*•+]|\d{1,3}[.)])[ \t]")
_ELLIPSIS: Final = "…"


def bytes_of(text: str) -> int:
    """The size of a text for channels that count bytes."""
    return len(text.encode())


def split(text: str, limit: int, parts: int = 1, size: Size = len) -> list[str]:
    """At most `parts` messages of at most `limit` each; what does not fit into them is cut off, and shows it.

    >>> split("Um dois.\\n\\nTrês quatro.", 13, 3)
    ['Um dois.', 'Três quatro.']
    """
    pieces = _packed(_atoms(text.strip(), limit, size), limit, size)
    if len(pieces) <= parts:
        return pieces
    return [*pieces[: parts - 1], _cut(pieces[parts - 1], limit, size)]


def _packed(atoms: Iterator[tuple[str, str]], limit: int, size: Size) -> list[str]:
    """The atoms together, in messages as long as they can be."""
    pieces: list[str] = []
    for joint, atom in atoms:
        if pieces and size(longer := f"{pieces[-1]}{joint}{atom}") <= limit:
            pieces[-1] = longer
        else:
            pieces.append(atom)
    return pieces


def _atoms(text: str, limit: int, size: Size, joint: str = "", level: int = 0) -> Iterator[tuple[str, str]]:
    """What stays together, each with what joins it to the one before: the largest blocks that fit into a message."""
    if size(text) <= limit:
        if text:
            yield joint, text
        return
    if level == len(_BORDERS):
        for piece in _chopped(text, limit, size):
            yield joint, piece
            joint = ""
        return
    border, inner_joint = _BORDERS[level]
    for block in _blocks(border, text):
        yield from _atoms(block, limit, size, joint, level + 1)
        joint = inner_joint


def _blocks(border: re.Pattern[str], text: str) -> list[str]:
    """The text between the borders; between lines, the lines of a list are one block."""
    found = [block for block in border.split(text) if block.strip()]
    if border is not _LINE:
        return found
    blocks: list[str] = []
    for line in found:
        if blocks and _ITEM.match(line) and _ITEM.match(blocks[-1].rpartition("\n")[2]):
            blocks[-1] += f"\n{line}"
        else:
            blocks.append(line)
    # A text that is one list is cut between its lines all the same.
    return blocks if len(blocks) > 1 else found


def _chopped(word: str, limit: int, size: Size) -> Iterator[str]:
    """A word that is longer than a message."""
    start = 0
    while start < len(word):
        end = min(len(word), start + limit)
        while end > start + 1 and size(word[start:end]) > limit:
            end -= 1
        yield word[start:end]
        start = end


def _cut(text: str, limit: int, size: Size) -> str:
    """As much of it as has room beside the mark that something is missing."""
    room = max(1, limit - size(_ELLIPSIS))
    first = _packed(_atoms(text, room, size, level=2), room, size)[:1]
    return f"{''.join(first)}{_ELLIPSIS}"
