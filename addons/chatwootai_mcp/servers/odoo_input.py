"""Values from outside on their way into a field: taken as the field's type has them, or refused with the reason.

Odoo casts what it gets (a text "no" becomes a true boolean, a number a name). Here nothing is guessed.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from .odoo_allow_list import is_system_model

MAX_TEXT = 100_000
MAX_IDS = 500
_MAX_ID = 2**31 - 1
# The one system model a record may point to: the person in charge of it.
_PEOPLE = "res.users"
_KEPT_BY_ODOO = frozenset({"id", "display_name", "create_uid", "create_date", "write_uid", "write_date", "parent_path"})


class InvalidValue(ValueError):
    """The field cannot hold the value; the message says what it can hold."""


@dataclass(frozen=True)
class InputShape:
    """What must be known of a field to write it."""

    name: str
    type: str
    required: bool = False
    options: tuple[Any, ...] = ()
    size: int | None = None
    comodel: str | None = None


def closed_because(records: Any, field: Any) -> str | None:
    """Why no caller may set this field of the model's, or None when it may be set."""
    if field.name in _KEPT_BY_ODOO:
        return "Odoo keeps it itself"
    if field.readonly:
        return "it is read-only or computed"
    if field.related and not field.inherited:
        return f"it belongs to another record ({field.related})"
    if field.type == "one2many":
        return f"create, change or delete records of {field.comodel_name} instead"
    if field.type not in _PARSERS:
        return f"a {field.type} field cannot be set here"
    if field.comodel_name and field.comodel_name != _PEOPLE and is_system_model(field.comodel_name):
        return f"it points to {field.comodel_name}, which is internal to Odoo"
    if field.type == "html" and not field.sanitize:
        return "its HTML would be shown as it comes"
    if not records._has_field_access(field, "write"):
        return "the user of this key has no right to it"
    return None


def parse_value(shape: InputShape, value: Any) -> Any:
    """The value as Odoo's ``create`` and ``write`` take it; null empties the field. Of a many2many, the list of ids.

    :raises InvalidValue:
    """
    if value is None:
        if shape.required:
            raise InvalidValue(f"{shape.name} is required and cannot be emptied.")
        if shape.type == "boolean":
            raise InvalidValue(f"{shape.name} is true or false, not null.")
        return [] if shape.type == "many2many" else False
    parse, expected = _PARSERS[shape.type]
    parsed = parse(shape, value)
    if parsed is _WRONG:
        shown = repr(value)
        shown = shown if len(shown) <= 60 else shown[:60] + "…"
        raise InvalidValue(f"{shape.name} needs {expected(shape)}, not {shown}.")
    return parsed


_WRONG = object()


def _boolean(_shape: InputShape, value: Any) -> Any:
    return value if isinstance(value, bool) else _WRONG


def _integer(_shape: InputShape, value: Any) -> Any:
    return value if _is_integer(value) and -_MAX_ID <= value <= _MAX_ID else _WRONG


def _number(_shape: InputShape, value: Any) -> Any:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return _WRONG
    return value if math.isfinite(value) and abs(value) < 2**53 else _WRONG


def _text(shape: InputShape, value: Any) -> Any:
    if not isinstance(value, str) or len(value) > (shape.size or MAX_TEXT) or not _is_storable(value):
        return _WRONG
    return _WRONG if shape.required and not value.strip() else value


def _date(_shape: InputShape, value: Any) -> Any:
    if not isinstance(value, str) or len(value) != 10:
        return _WRONG
    try:
        return date.fromisoformat(value)
    except ValueError:
        return _WRONG


def _datetime(_shape: InputShape, value: Any) -> Any:
    if not isinstance(value, str) or len(value) > 40:
        return _WRONG
    try:
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return _WRONG


def _selection(shape: InputShape, value: Any) -> Any:
    return value if isinstance(value, str | int) and value in shape.options else _WRONG


def _many2one(_shape: InputShape, value: Any) -> Any:
    return value if _is_id(value) else _WRONG


def _many2many(_shape: InputShape, value: Any) -> Any:
    if not isinstance(value, list) or len(value) > MAX_IDS or not all(map(_is_id, value)):
        return _WRONG
    return list(dict.fromkeys(value))


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_id(value: Any) -> bool:
    return _is_integer(value) and 0 < value <= _MAX_ID


def _is_storable(text: str) -> bool:
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


def _options(shape: InputShape) -> str:
    return "one of " + ", ".join(map(repr, shape.options[:50]))


def _text_rule(shape: InputShape) -> str:
    return f"a text of at most {shape.size or MAX_TEXT} characters"


_PARSERS: dict[str, tuple[Callable[[InputShape, Any], Any], Callable[[InputShape], str]]] = {
    "boolean": (_boolean, lambda _shape: "true or false"),
    "integer": (_integer, lambda _shape: "a whole number"),
    "float": (_number, lambda _shape: "a number"),
    "monetary": (_number, lambda _shape: "a number (the amount alone)"),
    "char": (_text, _text_rule),
    "text": (_text, _text_rule),
    "html": (_text, _text_rule),
    "date": (_date, lambda _shape: "a date such as 2026-01-31"),
    "datetime": (_datetime, lambda _shape: "a time such as 2026-01-31T14:00:00Z"),
    "selection": (_selection, _options),
    "many2one": (_many2one, lambda shape: f"the id of a record of {shape.comodel}"),
    "many2many": (_many2many, lambda shape: f"the whole list of ids of {shape.comodel}"),
}
