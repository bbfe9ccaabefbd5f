"""The port for the cache: values per tenant and namespace that a write makes unreachable at once.

How no stale value is ever served: entries are stored under their namespace's generation. A writer wraps its write in
``writing``: a mark is set and the generation raised before the write, the generation is raised again and the mark
removed after it. While any mark is set nobody reads or stores. A reader stores only under the generation it saw
before it loaded, so what it loaded during a write lands under a generation that is never read again. The mark of a
writer that died runs out by itself.
"""

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from ..tenancy.account import cache_key
from .cache_counts import CacheCounts

_T = TypeVar("_T")

MAX_TTL = 3600.0
MAX_VALUE_BYTES = 1024 * 1024
# Longer than any write may take; a writer that is slower still leaves nothing stale once it is done.
PENDING_SECONDS = 60.0
# How long one reader waits for another that is already loading the same value.
LOAD_WAIT_SECONDS = 2.0
LOAD_LOCK_SECONDS = 5.0


@dataclass(frozen=True)
class Lookup:
    """What a reader found. Without a generation nothing may be stored: a write is under way, or the cache is down."""

    hit: bool
    value: Any = None
    generation: str | None = None


class Cache(Protocol):
    """Values are JSON; each caller gets its own copy. A cache that is down only makes things slower."""

    counts: CacheCounts  # of this process

    def get(self, account_id: str, namespace: str, key: str) -> Lookup:
        """Look a value up."""

    def set(self, account_id: str, namespace: str, key: str, value: Any, ttl: float, generation: str | None) -> None:
        """Store a value loaded after a lookup, under the generation which that lookup returned."""

    def get_or_load(self, account_id: str, namespace: str, key: str, load: Callable[[], _T], ttl: float = 60.0) -> _T:
        """The cached value, or what ``load`` returns; of many that miss at once, one loads and the others wait."""

    def writing(self, account_id: str, namespace: str) -> contextlib.AbstractContextManager[None]:
        """Wrap a write: nothing older than it is served once it is done, nor anything read during it."""

    def invalidate(self, account_id: str, namespace: str) -> None:
        """Forget the namespace, after a change that is already visible to readers."""

    def take_token(self, key: str, capacity: float, per_second: float) -> float:
        """Take one of the token bucket of ``key`` (made by cache_key); the seconds until there is one, 0.0 if taken."""

    def lease(self, key: str, limit: int, seconds: float) -> str | None:
        """One of ``limit`` places of ``key`` until it is given back, or for so many seconds; None when all are taken.

        The seconds are longer than any holder needs: they give back the places of a process that was killed.
        """

    def give_back(self, key: str, lease: str) -> None:
        """Free the place; one that ran out or was given back already is no error."""

    def drop(self, account_id: str) -> None:
        """Forget all of the tenant."""

    def ping(self) -> None:
        """Raise StoreUnavailable unless the cache can be used."""

    def close(self) -> None:
        """Let go of connections."""


def check_ttl(ttl: float) -> float:
    if not 0 < ttl <= MAX_TTL:
        raise ValueError(f"A ttl is more than 0 and at most {MAX_TTL:.0f} seconds.")
    return ttl


def namespace_key(account_id: str, namespace: str) -> str:
    """``acme:company_metadata``; the namespace has no separator of its own, so no two can meet."""
    if not namespace or ":" in namespace:
        raise ValueError("A namespace is a non-empty name without a colon.")
    return cache_key(account_id, namespace)


def encode(value: Any) -> bytes | None:
    """The value as JSON, or None if it is too large to be worth a place."""
    encoded = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return encoded if len(encoded) <= MAX_VALUE_BYTES else None
