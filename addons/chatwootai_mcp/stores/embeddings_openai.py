"""Embeddings from an OpenAI-compatible endpoint as the dense vector, beside BM25 as the sparse one."""

from collections.abc import Sequence
from typing import Any

import requests

from .embeddings import Embedding
from .embeddings_bm25 import Bm25
from .errors import InvalidVector, StoreUnavailable
from .vectors import check_dense, check_dimension

_BATCH = 64
_LONGEST_TEXT = 8000  # characters; models take about as many tokens as a quarter of it
_CONNECT_SECONDS = 3.0


class OpenAIEmbedder:
    """``base_url`` ends before ``/embeddings``, as in ``https://api.openai.com/v1``."""

    min_similarity: float | None = None

    def __init__(self, base_url: str, model: str, key: str | None, dimension: int, timeout: float = 30.0) -> None:
        self._url = f"{base_url.rstrip('/')}/embeddings"
        self._model = model
        self._key = key
        self._timeout = timeout
        self._bm25 = Bm25()
        self.dimension = check_dimension(dimension)

    @property
    def model(self) -> str:
        return self._model

    def embed(self, texts: Sequence[str], *, query: bool = False) -> list[Embedding]:
        sparse = self._bm25.query if query else self._bm25.document
        dense: list[list[float]] = []
        for start in range(0, len(texts), _BATCH):
            dense += self._request([text[:_LONGEST_TEXT] or " " for text in texts[start : start + _BATCH]])
        return [Embedding(vector, sparse(text)) for vector, text in zip(dense, texts, strict=True)]

    def _request(self, texts: list[str]) -> list[list[float]]:
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        try:
            # One connection per call: an embedder is shared by threads, and a requests.Session is not made for that.
            response = requests.post(
                self._url,
                json={"model": self._model, "input": texts, "encoding_format": "float"},
                headers=headers,
                timeout=(_CONNECT_SECONDS, self._timeout),
                allow_redirects=False,
            )
        except requests.Timeout as error:
            raise StoreUnavailable("The embedding model did not answer in time.") from error
        except requests.RequestException as error:
            raise StoreUnavailable("The embedding model can't be reached.") from error
        if response.status_code in (401, 403):
            raise StoreUnavailable("The embedding model refused the key.")
        if response.status_code != 200:
            raise StoreUnavailable(f"The embedding model answered with status {response.status_code}.")
        return self._vectors(response, len(texts))

    def _vectors(self, response: requests.Response, expected: int) -> list[list[float]]:
        try:
            entries: list[Any] = sorted(response.json()["data"], key=lambda entry: entry["index"])
            vectors = [entry["embedding"] for entry in entries]
            positions = [entry["index"] for entry in entries]
        except (ValueError, KeyError, TypeError) as error:
            raise StoreUnavailable("The embedding model answered with something else than embeddings.") from error
        if positions != list(range(expected)):
            raise StoreUnavailable(f"The embedding model answered {len(vectors)} embeddings for {expected} texts.")
        try:
            return [check_dense(vector, self.dimension) for vector in vectors]
        except InvalidVector as error:
            raise StoreUnavailable(f"The embedding model's answer can't be used. {error}") from error
