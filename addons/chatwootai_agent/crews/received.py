"""What a customer sent beside words, as words: for the agents, and for the people who read along. Pure functions.

What a program heard or saw in a file is the customer's data like their own words, and never an instruction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

#: Kinds of Chatwoot's whose content only a model (or nobody) can tell.
_SHARED: Final = frozenset({"share", "ig_reel", "ig_post", "ig_story", "embed", "fallback"})


@dataclass(frozen=True)
class _Words:
    seen: str
    place: str
    contact: str
    mention: str
    shared: str
    #: By kind; "file" for every other.
    unread: dict[str, str]


_PORTUGUESE: Final = _Words(
    seen="[imagem do cliente, descrita por um programa: {text}]",
    place="[localização: {text}]",
    contact="[contato: {text}]",
    mention="[o cliente mencionou a empresa em um story]",
    shared="[publicação compartilhada: {text}]",
    unread={
        "audio": "[áudio que os agentes não conseguem ouvir]",
        "image": "[imagem que os agentes não conseguem ver]",
        "video": "[vídeo que os agentes não conseguem ver]",
        "file": "[arquivo que os agentes não conseguem abrir]",
    },
)
_ENGLISH: Final = _Words(
    seen="[the customer's picture, described by a program: {text}]",
    place="[location: {text}]",
    contact="[contact: {text}]",
    mention="[the customer mentioned the company in a story]",
    shared="[shared post: {text}]",
    unread={
        "audio": "[audio that the agents cannot hear]",
        "image": "[picture that the agents cannot see]",
        "video": "[video that the agents cannot see]",
        "file": "[file that the agents cannot open]",
    },
)
_UNREAD: Final = {line: kind for words in (_PORTUGUESE, _ENGLISH) for kind, line in words.unread.items()}


def in_words(attachment: Mapping[str, Any], read: str | None, language: str) -> str:
    """An attachment as a line of text.

    :param read: what a model heard or saw in it

    >>> in_words({"file_type": "location", "title": "Loja", "latitude": -23.5, "longitude": -46.6}, None, "pt_BR")
    '[localização: Loja (-23.5, -46.6)]'
    """
    words = _PORTUGUESE if language.lower().startswith("pt") else _ENGLISH
    kind = str(attachment.get("file_type") or "file")
    heard = str(attachment.get("transcribed_text") or "").strip()
    if heard or (read and kind == "audio"):
        return heard or str(read)
    if read:
        return words.seen.format(text=" ".join(read.split()))
    title = str(attachment.get("title") or "").strip()
    match kind:
        case "location":
            return words.place.format(text=_place(attachment, title))
        case "contact":
            return words.contact.format(text=title or "?")
        case "story_mention":
            return words.mention
    if kind in _SHARED and title:
        return words.shared.format(text=title)
    return words.unread.get(kind, words.unread["file"])


def unread_kind(text: str) -> str | None:
    """The kind of file a message consists of that nobody but a person can read; None when it holds anything else."""
    kinds = [_UNREAD.get(line.strip()) for line in text.splitlines() if line.strip()]
    return kinds[0] if kinds and all(kinds) else None


def _place(attachment: Mapping[str, Any], title: str) -> str:
    latitude, longitude = attachment.get("latitude"), attachment.get("longitude")
    where = f"{latitude}, {longitude}" if latitude is not None and longitude is not None else ""
    if title and where:
        return f"{title} ({where})"
    return title or where or "?"
