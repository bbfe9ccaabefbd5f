"""Limits of a tenant, and the decisions on them."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Limits:
    """None is no limit. Calls are MCP calls, turns answers to customers, money in US dollars."""

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


class QuotaExceeded(Exception):
    """The tenant is at one of its limits; ``retry_after`` in seconds."""

    def __init__(self, limit: str, retry_after: int) -> None:
        self.limit = limit
        self.retry_after = retry_after
        super().__init__(
            f"The limit {limit.replace('_', ' ')} of this account is reached; try again in {retry_after} seconds,"
            " or ask the operator to raise it."
        )


def over(limit: float | None, used: float) -> bool:
    """Whether one more would pass the limit."""
    return limit is not None and used >= limit
