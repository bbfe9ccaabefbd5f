"""Embeddings without a model: hashed character n-grams, which forgive typos and word forms, beside BM25.

Lexical, and said to be so: words that mean the same but look different are not found.
"""

import functools
import math
import re
import unicodedata
import zlib
from collections.abc import Sequence

from .embeddings import Embedding
from .embeddings_bm25 import Bm25

_DIMENSION = 512
_GRAM_SIZES = (3, 4, 5)
_WORD_WEIGHT = 2.0
_WORD = re.compile(r"[a-z0-9]+")

# Words that say nothing of what a text is about; BM25 has its own list, this one is for the n-grams.
_STOP_WORDS = frozenset(
    """
    a ao aos as ate com como da das de dela dele deles do dos e ela ele eles em entre era essa esse esta estao
    este  eu faz fazem foi ha isso isto ja la lhe mais mas me mesmo meu meus minha muito na nao nas nem no nos
    nossa nosso  num numa o os ou para pela pelo pelos pode podem por porque posso pra pro qual quais quando
    quanto quantos que  quem quero queria sao se sem ser seu seus so sobre sou sua suas tem tenho ter teve tinha
    toda todo todos um uma  umas uns vai vao voce voces vcs vc the of and is are you do does for to in on what
    which how
    """.split()  # noqa: SIM905 - a list of 130 literals reads worse
)


class LexicalEmbedder:
    """Deterministic: the same text gives the same vector in every process and on every machine."""

    model = "lexical-v1"
    dimension = _DIMENSION
    min_similarity: float | None = 0.14

    def __init__(self) -> None:
        self._bm25 = Bm25()

    def embed(self, texts: Sequence[str], *, query: bool = False) -> list[Embedding]:
        sparse = self._bm25.query if query else self._bm25.document
        return [Embedding(ngram_vector(text), sparse(text)) for text in texts]


def ngram_vector(text: str) -> list[float]:
    """The text's n-grams hashed into a unit vector; the position 0 is kept for texts without words."""
    counts: dict[str, int] = {}
    for word in words(text):
        counts[word] = counts.get(word, 0) + 1
    vector = [0.0] * _DIMENSION
    for word, count in counts.items():
        weight = 1.0 + math.log(count)
        for position, value in _word_features(word):
            vector[position] += weight * value
    norm = math.sqrt(sum(value * value for value in vector))
    if not norm:
        vector[0] = norm = 1.0
    return [value / norm for value in vector]


def words(text: str) -> list[str]:
    """Lower-case words without accents, less the stop words (unless nothing else is left)."""
    folded = unicodedata.normalize("NFKD", text.lower())
    found = _WORD.findall("".join(c for c in folded if not unicodedata.combining(c)))
    return [word for word in found if word not in _STOP_WORDS] or found


@functools.lru_cache(maxsize=20_000)
def _word_features(word: str) -> tuple[tuple[int, float], ...]:
    """Positions and signed weights of a word's n-grams, of unit length so that long words weigh no more than short."""
    word = word[:40]
    framed = f"<{word}>"
    features: dict[int, float] = {}
    grams = [(framed, _WORD_WEIGHT)]
    grams += [(framed[start : start + size], 1.0) for size in _GRAM_SIZES for start in range(len(framed) - size + 1)]
    for gram, weight in grams:
        code = zlib.crc32(gram.encode())
        position = 1 + code % (_DIMENSION - 1)
        sign = 1.0 if code & 0x8000_0000 else -1.0
        features[position] = features.get(position, 0.0) + sign * weight
    norm = math.sqrt(sum(value * value for value in features.values())) or 1.0
    return tuple((position, value / norm) for position, value in features.items())
