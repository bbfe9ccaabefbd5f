"""Search domains from outside, checked before Odoo sees them.

Odoo forgives much in a domain (an unknown shape may match nothing or everything). Here each condition must name a field
the caller may read, an operator that exists, and a value of the field's type; anything else is an error that names it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

MAX_CONDITIONS = 50
MAX_DEPTH = 8
MAX_VALUES = 500
_MAX_TEXT = 1000

_TEXT = frozenset({"char", "text", "html", "selection", "reference"})
_NUMBER = frozenset({"integer", "float", "monetary"})
_RELATION = frozenset({"many2one", "one2many", "many2many"})
_EQUALITY = frozenset({"=", "!="})
_SETS = frozenset({"in", "not in"})
_ORDER = frozenset({"<", ">", "<=", ">="})
_PATTERN = frozenset({"like", "not like", "ilike", "not ilike", "=like", "=ilike", "not =like", "not =ilike"})
_TREE = frozenset({"child_of", "parent_of"})
_SUBDOMAIN = frozenset({"any", "not any"})
_OPERATORS = _EQUALITY | _SETS | _ORDER | _PATTERN | _TREE | _SUBDOMAIN
_PREFIXES = {"&": 2, "|": 2, "!": 1}


class InvalidDomain(ValueError):
    """The domain cannot be searched with; the message names what is wrong."""


@dataclass(frozen=True)
class FieldShape:
    """What a domain must know of a field."""

    type: str
    comodel: str | None = None
    searchable: bool = True


FieldLookup = Callable[[str, str], FieldShape | None]  # model, field name → its shape, None when not to be read


def check_domain(domain: Any, model: str, lookup: FieldLookup) -> list[Any]:
    """The domain as Odoo takes it (conditions as tuples).

    :raises InvalidDomain: naming what is wrong
    """
    return _Checker(lookup).domain(domain, model, depth=0)


class _Checker:
    def __init__(self, lookup: FieldLookup) -> None:
        self._lookup = lookup
        self._conditions = 0

    def domain(self, domain: Any, model: str, depth: int) -> list[Any]:
        if not isinstance(domain, list):
            raise InvalidDomain(f"A domain is a list of conditions, not {_show(domain)}.")
        if depth > MAX_DEPTH:
            raise InvalidDomain(f"The domain is nested deeper than {MAX_DEPTH} levels.")
        checked: list[Any] = []
        wanted = 0  # operands that the prefix operators still wait for
        for item in domain:
            if isinstance(item, str):
                if item not in _PREFIXES:
                    raise InvalidDomain(f"{_show(item)} is neither a condition nor one of '&', '|', '!'.")
                wanted = max(wanted, 1) - 1 + _PREFIXES[item]
                checked.append(item)
            else:
                checked.append(self.condition(item, model, depth))
                wanted = max(wanted - 1, 0)
        if wanted:
            raise InvalidDomain(f"The domain ends too early: {wanted} more condition(s) must follow its operators.")
        return checked

    def condition(self, item: Any, model: str, depth: int) -> tuple[str, str, Any]:
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            raise InvalidDomain(f"The domain has more than {MAX_CONDITIONS} conditions.")
        if not isinstance(item, list) or len(item) != 3:
            raise InvalidDomain(f'A condition is ["field", "operator", value], not {_show(item)}.')
        path, operator, value = item
        if not isinstance(path, str) or not path:
            raise InvalidDomain(f"{_show(path)} is not the name of a field.")
        if not isinstance(operator, str) or operator not in _OPERATORS:
            raise InvalidDomain(f"{_show(operator)} is not an operator; there are: {', '.join(sorted(_OPERATORS))}.")
        shape = self.shape(path, model)
        if operator in _SUBDOMAIN:
            if not shape.comodel:
                raise InvalidDomain(f"{operator!r} needs a field that leads to another model; {path} is {shape.type}.")
            return path, operator, self.domain(value, shape.comodel, depth + 1)
        _check_value(path, operator, value, shape)
        if shape.type == "datetime":
            value = [_in_utc(each) for each in value] if isinstance(value, list) else _in_utc(value)
        return path, operator, value

    def shape(self, path: str, model: str) -> FieldShape:
        """The shape of the field at the end of a dotted path, each step of which must be readable."""
        steps = path.split(".")
        if len(steps) > MAX_DEPTH:
            raise InvalidDomain(f"{path} goes over more than {MAX_DEPTH} fields.")
        current = model
        for position, name in enumerate(steps):
            shape = self._lookup(current, name)
            if shape is None:
                raise InvalidDomain(f"{current} has no field {_show(name)} that can be searched here.")
            if not shape.searchable:
                raise InvalidDomain(f"The field {name} of {current} is computed and cannot be searched.")
            if position == len(steps) - 1:
                return shape
            if not shape.comodel:
                raise InvalidDomain(
                    f"The field {name} of {current} leads to no other model, so {path} cannot be searched."
                )
            current = shape.comodel
        raise AssertionError("a path has at least one step")


def _check_value(path: str, operator: str, value: Any, shape: FieldShape) -> None:
    if operator in _SETS or (operator in _TREE and isinstance(value, list)):
        if not isinstance(value, list):
            raise InvalidDomain(f"{operator!r} on {path} needs a list of values, not {_show(value)}.")
        if len(value) > MAX_VALUES:
            raise InvalidDomain(f"{operator!r} on {path} has more than {MAX_VALUES} values.")
        for each in value:
            _check_scalar(path, operator, each, shape)
        return
    if operator in _PATTERN:
        if not isinstance(value, str) or len(value) > _MAX_TEXT:
            raise InvalidDomain(
                f"{operator!r} on {path} needs a text of at most {_MAX_TEXT} characters, not {_show(value)}."
            )
        if shape.type not in _TEXT | _RELATION:
            raise InvalidDomain(f"{operator!r} compares text; {path} is {shape.type}.")
        return
    unset = value is None or value is False  # not 0, which equals False
    if operator in _ORDER and (unset or shape.type in _RELATION or shape.type == "boolean"):
        raise InvalidDomain(f"{operator!r} cannot compare {path} ({shape.type}) with {_show(value)}.")
    _check_scalar(path, operator, value, shape)


def _check_scalar(path: str, operator: str, value: Any, shape: FieldShape) -> None:
    if value is None or value is False:  # "not set", for every type
        return
    if not _fits(value, shape):
        raise InvalidDomain(f"{path} is {shape.type}; {operator!r} cannot compare it with {_show(value)}.")


def _fits(value: Any, shape: FieldShape) -> bool:
    if shape.type == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if shape.type in _NUMBER:
        return isinstance(value, (int, float)) and math.isfinite(value) and abs(value) < 2**53
    if shape.type == "date":
        return isinstance(value, str) and _is_date(value)
    if shape.type == "datetime":
        return isinstance(value, str) and (_is_date(value) or _is_datetime(value))
    if shape.type in _RELATION:
        return (isinstance(value, int) and 0 < value < 2**31) or (isinstance(value, str) and len(value) <= _MAX_TEXT)
    if shape.type in _TEXT:
        return isinstance(value, str) and len(value) <= _MAX_TEXT and "\0" not in value
    return False


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return len(value) == 10


def _is_datetime(value: str) -> bool:
    try:
        _in_utc(value)
    except (ValueError, OverflowError):
        return False
    return True


def _in_utc(value: Any) -> Any:
    """A time with an offset, as results tell it, in the form Odoo compares: UTC, without."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) and not _is_date(value) else None
    if moment is None or moment.tzinfo is None:
        return value
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "…"
