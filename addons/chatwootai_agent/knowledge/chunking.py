"""Cutting a text into chunks that are searched one by one: by headings and paragraphs, bounded in size.

Deterministic: the same text always gives the same chunks, so that an unchanged source is recognised as such.
"""

import re
from collections.abc import Iterable, Iterator

MAX_CHARACTERS = 1200
OVERLAP = 150
MAX_CHUNKS = 400

_HEADING = re.compile(r"#{1,6}\s+(?P<title>\S.*?)\s*#*\Z")
_SENTENCE_END = re.compile(r"(?<=[.!?…;:])\s+")


def chunk_text(text: str, max_characters: int = MAX_CHARACTERS, overlap: int = OVERLAP) -> list[str]:
    """The chunks of a text; no chunk is empty or longer than ``max_characters``.

    A chunk never runs over a heading and begins with the one it stands under. Within a section a chunk repeats the
    last sentences of the one before it, at most ``overlap`` characters: what belongs together is found together.
    """
    chunks: list[str] = []
    for heading, paragraphs in _sections(_normalised(text)):
        label = f"{heading[: max_characters // 4]}\n" if heading else ""
        room = max_characters - len(label)
        pieces = [piece for paragraph in paragraphs for piece in _pieces(paragraph, room)]
        bodies = list(_packed(pieces, room, min(overlap, room // 4)))
        chunks += [f"{label}{body}" for body in bodies] or ([heading[:max_characters]] if heading else [])
    return chunks[:MAX_CHUNKS]


def _normalised(text: str) -> str:
    lines = [" ".join(line.replace("\x00", " ").split()) for line in text.splitlines()]
    return "\n".join(lines)


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    """Headings (those above joined, as in "Delivery › Abroad") with the paragraphs that stand under them."""
    path: list[tuple[int, str]] = []
    paragraphs: list[str] = []
    lines: list[str] = []
    for line in [*text.split("\n"), ""]:
        heading = _HEADING.match(line)
        if heading or not line:
            if lines:
                paragraphs.append("\n".join(lines))
                lines = []
        else:
            lines.append(line)
        if heading:
            if paragraphs:
                yield _joined(path), paragraphs
                paragraphs = []
            level = len(line) - len(line.lstrip("#"))
            path = [*[entry for entry in path if entry[0] < level], (level, heading["title"])]
    if paragraphs or path:
        yield _joined(path), paragraphs


def _joined(path: list[tuple[int, str]]) -> str:
    return " › ".join(title for _, title in path)


def _pieces(paragraph: str, room: int) -> Iterator[str]:
    """The paragraph whole if it fits, else its sentences, else its words, else what fits."""
    if len(paragraph) <= room:
        yield paragraph
        return
    for sentence in _SENTENCE_END.split(paragraph):
        if len(sentence) <= room:
            yield sentence
        else:
            yield from _wrapped(sentence.split(), room)


def _wrapped(words: Iterable[str], room: int) -> Iterator[str]:
    line = ""
    for word in words:
        if line and len(line) + 1 + len(word) > room:
            yield line
            line = ""
        while len(word) > room:
            yield word[:room]
            word = word[room:]
        line = f"{line} {word}" if line and word else line or word
    if line:
        yield line


def _packed(pieces: list[str], room: int, overlap: int) -> Iterator[str]:
    """As many pieces together as fit, each chunk opening with the end of the one before."""
    body = ""
    for piece in pieces:
        if body and len(body) + 1 + len(piece) > room:
            yield body
            tail = _tail(body, min(overlap, room - len(piece) - 1))
            body = f"{tail}\n{piece}" if tail else piece
        else:
            body = f"{body}\n{piece}" if body else piece
    if body:
        yield body


def _tail(body: str, room: int) -> str:
    """The last whole sentences of a chunk that fit."""
    tail = ""
    for sentence in reversed(_SENTENCE_END.split(body)):
        if len(sentence) + 1 + len(tail) > room:
            break
        tail = f"{sentence} {tail}" if tail else sentence
    return tail
