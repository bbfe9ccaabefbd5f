"""A chunk of knowledge: its identity, its digest and its payload."""

import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .chunking import chunk_text
from .source_text import SourceText

#: Marks the points of the resync; it never touches any other.
WRITTEN_BY = "resync"

_NAMESPACE = uuid.UUID("6f0c1f5e-52c1-4d0c-9f4e-6f7a0c7a1b1d")


@dataclass(frozen=True)
class Chunk:
    """``embedded`` is the text to compute vectors of: the title counts for every chunk of a source."""

    id: str
    digest: str
    embedded: str
    payload: dict[str, Any]


def chunks_of(account_id: str, embedding_model: str, sources: Iterable[SourceText]) -> dict[str, Chunk]:
    """All chunks of the sources by id. The id says which chunk it is, the digest what it says and by which model."""
    chunks = {}
    for source in sources:
        for number, text in enumerate(chunk_text(source.text) or [source.title]):
            chunk = _chunk(account_id, embedding_model, source, number, text)
            chunks[chunk.id] = chunk
    return chunks


def _chunk(account_id: str, embedding_model: str, source: SourceText, number: int, text: str) -> Chunk:
    embedded = text if text.startswith(source.title) else f"{source.title}\n{text}"
    payload = {
        **source.facts,
        "source": source.model,
        "source_id": source.record_id,
        "chunk": number,
        "title": source.title,
        "text": text,
        "written_by": WRITTEN_BY,
    }
    said = json.dumps([embedding_model, embedded, payload], sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()
    name = f"{account_id}/{source.model}/{source.record_id}/{number}"
    return Chunk(str(uuid.uuid5(_NAMESPACE, name)), digest, embedded, {**payload, "digest": digest})
