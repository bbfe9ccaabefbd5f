"""The filter language of vector searches: one small, validated form that every adapter translates.

``{"key": value}``, ``{"key": [values]}``, ``{"key": {"gte": low, "lte": high}}``; all must hold. In a range,
``"or_absent": true`` also lets through what has no such key, as a rule without an end has no ``date_end``.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from .errors import InvalidVector

Scalar = str | int
Filter = Mapping[str, Any]

MAX_CONDITIONS = 10
MAX_VALUES = 100
_MAX_TEXT = 500
_INT64 = 2**63
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}(\.[A-Za-z_][A-Za-z0-9_]{0,63}){0,3}\Z")
_RANGE_KEYS = frozenset({"gte", "lte", "or_absent"})


@dataclass(frozen=True)
class OneOf:
    """The key holds one of the values, which are all of one type."""

    key: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True)
class Between:
    """The key holds a number, or a date in ISO form, within the bounds."""

    key: str
    gte: float | str | None
    lte: float | str | None
    or_absent: bool = False

    @property
    def of_dates(self) -> bool:
        return isinstance(self.gte if self.gte is not None else self.lte, str)


Condition = OneOf | Between


def valid_on(day: date) -> dict[str, Any]:
    """The filter for what holds on ``day`` by its ``date_start`` and ``date_end``; a missing one is open."""
    return {
        "date_start": {"lte": day.isoformat(), "or_absent": True},
        "date_end": {"gte": day.isoformat(), "or_absent": True},
    }


def parse_filter(value: Filter | None) -> list[Condition]:
    """The conditions of a filter; raise InvalidVector naming what is wrong."""
    if value is None:
        return []
    if not isinstance(value, Mapping):
        raise InvalidVector("The filter must be an object of keys and conditions.")
    if len(value) > MAX_CONDITIONS:
        raise InvalidVector(f"The filter has more than {MAX_CONDITIONS} conditions.")
    return [_condition(key, wanted) for key, wanted in value.items()]


def _condition(key: object, wanted: object) -> Condition:
    if not isinstance(key, str) or not _KEY.match(key):
        raise InvalidVector(f"The filter key {str(key)[:80]!r} is not a name such as source or product.color.")
    if isinstance(wanted, Mapping):
        return _between(key, wanted)
    if isinstance(wanted, Sequence) and not isinstance(wanted, str | bytes):
        return _one_of(key, wanted)
    return OneOf(key, (_scalar(key, wanted),))


def _one_of(key: str, wanted: Sequence[object]) -> OneOf:
    if not 1 <= len(wanted) <= MAX_VALUES:
        raise InvalidVector(f"The filter on {key} must list 1 to {MAX_VALUES} values.")
    values = tuple(_scalar(key, each) for each in wanted)
    if len({type(each) for each in values}) > 1:
        raise InvalidVector(f"The filter on {key} must list texts only or whole numbers only.")
    return OneOf(key, values)


def _scalar(key: str, value: object) -> Scalar:
    if isinstance(value, str) and len(value) <= _MAX_TEXT:
        return value
    # No true and false: the embedded engine takes them for 1 and 0 and then matches nothing.
    if isinstance(value, int) and not isinstance(value, bool) and -_INT64 <= value < _INT64:
        return value
    raise InvalidVector(
        f"The filter on {key} takes a text of at most {_MAX_TEXT} characters, a whole number, "
        f'a list of either, or a range such as {{"gte": 1, "lte": 5}}.'
    )


def _between(key: str, wanted: Mapping[Any, Any]) -> Between:
    unknown = [str(name)[:40] for name in wanted if name not in _RANGE_KEYS]
    if unknown:
        raise InvalidVector(f"The filter on {key} has the unknown operator {unknown[0]!r}; a range has gte and lte.")
    gte, lte = _bound(key, wanted.get("gte")), _bound(key, wanted.get("lte"))
    if gte is None and lte is None:
        raise InvalidVector(f"The range on {key} needs gte, lte or both.")
    if gte is not None and lte is not None and isinstance(gte, str) != isinstance(lte, str):
        raise InvalidVector(f"The range on {key} must be between two numbers or between two dates.")
    or_absent = wanted.get("or_absent", False)
    if not isinstance(or_absent, bool):
        raise InvalidVector(f"The range on {key} takes true or false as or_absent.")
    return Between(key, gte, lte, or_absent)


def _bound(key: str, value: object) -> float | str | None:
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    elif isinstance(value, str):
        try:
            return _iso(value)
        except ValueError:
            pass
    raise InvalidVector(f"The range on {key} takes finite numbers or dates such as 2026-01-31.")


def _iso(value: str) -> str:
    """A date or a moment in the one form all engines read alike; without a zone it is UTC."""
    if len(value) == 10:
        return f"{date.fromisoformat(value).isoformat()}T00:00:00Z"
    moment = datetime.fromisoformat(value)
    return moment.isoformat() if moment.tzinfo else f"{moment.isoformat()}Z"
