"""The text of a file: PDF, Word, HTML or plain text; of files nobody vouches for, so bounded everywhere.

Headings come out as lines that begin with ``#``, which is where the chunks are cut.
"""

import contextlib
import io
import logging
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any

MAX_BYTES = 10 * 1024 * 1024
MAX_UNPACKED_BYTES = 100 * 1024 * 1024
MAX_CHARACTERS = 500_000
MAX_PAGES = 1000
MAX_SECONDS = 30.0

_SPACE = re.compile(r"\s+")
_BREAKS = frozenset({"br", "dd", "dt", "li", "tr"})
_PARAGRAPHS = frozenset(
    {"address", "article", "aside", "blockquote", "caption", "details", "div", "dl", "figure", "footer", "form"}
    | {"header", "hr", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "ul"}
)
_SKIPPED = frozenset({"script", "style", "template", "noscript", "head", "svg", "iframe", "object"})


class Unreadable(Exception):
    """The file holds no text that can be read; ``reason`` says why, in one word of a closed set."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


#: Why a file can't be read. The screen says them in the user's language.
TOO_LARGE, UNKNOWN_TYPE, BROKEN, ENCRYPTED, NO_TEXT, TOO_SLOW = (
    "too_large",
    "unknown_type",
    "broken",
    "encrypted",
    "no_text",
    "too_slow",
)


def extract_text(filename: str, content: bytes) -> str:
    """The text of the file, cut at MAX_CHARACTERS; raise Unreadable if there is none to be had."""
    if len(content) > MAX_BYTES:
        raise Unreadable(TOO_LARGE)
    if not content:
        raise Unreadable(NO_TEXT)
    read = _READERS.get(PurePath(filename).suffix.lower())
    if read is None:
        raise Unreadable(UNKNOWN_TYPE)
    try:
        text = read(content)[:MAX_CHARACTERS]
    except Unreadable:
        raise
    except (Exception, RecursionError) as error:  # whatever a parser makes of a broken file
        raise Unreadable(BROKEN) from error
    if not text.strip():
        raise Unreadable(NO_TEXT)
    return text


def _read_plain(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        with contextlib.suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            if "\x00" in text:
                raise Unreadable(BROKEN)
            return text
    return content.decode("latin-1")


def _read_pdf(content: bytes) -> str:
    import pypdf
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it warns of every oddity of every file
    deadline = time.monotonic() + MAX_SECONDS
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable(ENCRYPTED)
        return _bounded(_pages(reader, deadline))
    except PyPdfError as error:
        raise Unreadable(BROKEN) from error


def _pages(reader: Any, deadline: float) -> Iterator[str]:
    for number, page in enumerate(reader.pages):
        if number >= MAX_PAGES:
            return
        if time.monotonic() > deadline:
            raise Unreadable(TOO_SLOW)
        yield f"{page.extract_text()}\n\n"


def _read_docx(content: bytes) -> str:
    import docx
    from docx.table import Table

    _check_archive(content)
    document = docx.Document(io.BytesIO(content))

    def blocks() -> Iterator[str]:
        for block in document.iter_inner_content():
            if isinstance(block, Table):
                for row in block.rows:
                    yield " | ".join(cell.text for cell in row.cells) + "\n"
            else:
                style = (block.style.name or "") if block.style is not None else ""
                level = re.match(r"Heading ([1-6])|(Title)", style)
                prefix = f"{'#' * int(level[1] or 1)} " if level and block.text.strip() else ""
                yield f"{prefix}{block.text}\n\n"

    return _bounded(blocks())


def _check_archive(content: bytes) -> None:
    """A small archive can unpack to anything."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
            raise Unreadable(TOO_LARGE)


def _read_html(content: bytes) -> str:
    from lxml import html

    parser = html.HTMLParser(no_network=True, huge_tree=False, encoding=_html_encoding(content))
    root = html.document_fromstring(content, parser=parser)
    return _bounded(_html_text(root))


def _html_encoding(content: bytes) -> str | None:
    """None lets the parser follow the file's own declaration, where it has one."""
    if re.search(rb"<meta[^>]+charset", content[:2048], re.I):
        return None
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _html_text(root: Any) -> Iterator[str]:
    """Depth first without recursion: a file may nest as deep as it likes."""
    stack: list[Any] = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
            continue
        tag = item.tag if isinstance(item.tag, str) else None
        if item.tail:
            stack.append(_SPACE.sub(" ", item.tail))
        if tag is None or tag in _SKIPPED:
            continue
        heading = re.fullmatch(r"h([1-6])", tag)
        if heading:
            title = _SPACE.sub(" ", item.text_content()).strip()
            yield f"\n\n{'#' * int(heading[1])} {title}\n\n" if title else "\n"
            continue
        if tag in _BREAKS:
            yield "\n"
        elif tag in _PARAGRAPHS:
            yield "\n\n"
            stack.append("\n\n")
        elif tag in ("td", "th"):
            stack.append(" ")
        stack.extend(reversed(item))
        if item.text:
            stack.append(_SPACE.sub(" ", item.text))


def _bounded(parts: Iterator[str]) -> str:
    """The parts joined, no further than MAX_CHARACTERS."""
    text, length = [], 0
    for part in parts:
        text.append(part)
        length += len(part)
        if length > MAX_CHARACTERS:
            break
    return "".join(text)


_READERS: dict[str, Callable[[bytes], str]] = {
    ".pdf": _read_pdf,
    ".docx": _read_docx,
    ".html": _read_html,
    ".htm": _read_html,
    ".txt": _read_plain,
    ".md": _read_plain,
}
