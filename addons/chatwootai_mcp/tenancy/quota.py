"""Limits of a tenant, and the decisions on them."""

import math
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

NEAR = 0.8  # of a limit: from here on people are warned


@dataclass(frozen=True)
class Limits:
    """None is no limit. Calls are MCP calls, turns answers to customers, money in US dollars.

    ``concurrent`` bounds calls and turns, each for itself. Days and months are those of UTC.
    """

    calls_per_minute: int | None = None
    concurrent: int | None = None
    turns_per_day: int | None = None
    tokens_per_month: int | None = None
    money_per_month: float | None = None
    documents: int | None = None
    vectors: int | None = None

    @classmethod
    def names(cls) -> tuple[str, ...]:
        return tuple(field.name for field in fields(cls))


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens, read and written."""

    tokens_in: float
    tokens_out: float

    def of(self, tokens_in: int, tokens_out: int) -> float:
        return (tokens_in * self.tokens_in + tokens_out * self.tokens_out) / 1_000_000


_NOUNS = {
    "calls_per_minute": "calls a minute",
    "concurrent": "calls at once",
    "turns_per_day": "turns a day",
    "tokens_per_month": "tokens a month",
    "money_per_month": "dollars a month",
    "documents": "documents",
    "vectors": "vectors",
}


class QuotaExceeded(Exception):
    """The tenant is at one of its limits; ``retry_after`` in whole seconds, rounded up."""

    def __init__(self, limit: str, allowed: float, retry_after: float) -> None:
        self.limit = limit
        self.retry_after = max(1, math.ceil(retry_after))
        super().__init__(
            f"The limit of {allowed:g} {_NOUNS[limit]} of this account is reached; try again in {self.retry_after}"
            f" second{'s' * (self.retry_after != 1)}, or ask the operator to raise it."
        )


def over(limit: float | None, used: float) -> bool:
    """Whether one more would pass the limit."""
    return limit is not None and used >= limit


def near(limit: float | None, used: float) -> bool:
    """Whether so much is used that people should know before the limit is reached."""
    return limit is not None and used >= limit * NEAR


@dataclass(frozen=True)
class Bucket:
    """A token bucket as it was at a time: what it held then; it has filled at its rate since."""

    tokens: float
    at: float


def take(bucket: Bucket | None, capacity: float, per_second: float, now: float) -> tuple[Bucket, float]:
    """The bucket after one call asked for a token, and the seconds until it may ask again: 0.0 when it got one.

    A bucket nobody has used is full: within any ``t`` seconds never more than ``capacity + per_second * t`` get one.
    """
    held = capacity
    if bucket is not None:  # a clock that went back fills nothing
        held = min(capacity, bucket.tokens + max(0.0, now - bucket.at) * per_second)
    if held >= 1:
        return Bucket(held - 1, now), 0.0
    return Bucket(held, now), (1 - held) / per_second


def next_day(now: datetime) -> datetime:
    """When the limits of a day begin anew."""
    return (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def next_month(now: datetime) -> datetime:
    """When the limits of a month begin anew."""
    return (now.replace(day=1) + timedelta(days=31)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
