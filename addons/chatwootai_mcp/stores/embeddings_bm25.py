"""Sparse vectors by BM25 with Portuguese stemming and folded accents; Qdrant's own weights, computed in process."""

import qdrant_edge as engine

from .vectors import Sparse

_LANGUAGE = "portuguese"


class Bm25:
    """Documents carry term weights, queries ones; the rarity of a term is the collection's IDF modifier's part."""

    def __init__(self) -> None:
        self._engine = engine.Bm25(engine.Bm25Config(language=_LANGUAGE, ascii_folding=True))

    def document(self, text: str) -> Sparse:
        return _sparse(self._engine.embed_document(text))

    def query(self, text: str) -> Sparse:
        return _sparse(self._engine.embed_query(text))


def _sparse(vector: engine.SparseVector) -> Sparse:
    return Sparse(list(vector.indices), list(vector.values))
