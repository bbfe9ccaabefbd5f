"""Field values as a model understands them.

Ids with names, money with its currency, a selection's value with its label, text for html, ISO dates, null for what is
not set. Files never leave: of a binary field only the size is told.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any

from odoo import models
from odoo.tools import html2plaintext

MAX_TEXT = 20_000
MAX_IDS = 100

_Shape = Callable[[models.BaseModel, Any], Any]


def readable(records: models.BaseModel, names: Iterable[str], *, fetched: bool = False) -> list[dict[str, Any]]:
    """The records' fields; ``id`` always first. Runs with the records' own user and rights.

    :param fetched: the records come from this user's own ``search_fetch`` of these fields, which has checked the rights
    """
    names = [name for name in names if name != "id"]
    shapes = {name: shape_of(records, records._fields[name]) for name in names}
    sized = records.with_context(bin_size=True)
    rows = sized._read_format(names) if fetched else sized.read(names)
    by_id = {record.id: record for record in records}
    return [{"id": row["id"], **{name: shapes[name](by_id[row["id"]], row[name]) for name in names}} for row in rows]


def shape_of(records: models.BaseModel, field: Any) -> _Shape:
    """How values of this field are told, as a function of the record and the value that ``read`` gives."""
    if field.type == "selection":
        labels = selection_labels(records, field)
        return lambda _record, value: labelled(value, labels)
    if field.type == "monetary":
        currency_field = field.get_currency_field(records)
        # The currency of an amount one may see is no secret, whatever field it is kept in.
        return lambda record, value: money(value, record.sudo()[currency_field])
    return _BY_TYPE.get(field.type, _plain)


def selection_labels(records: models.BaseModel, field: Any) -> dict[Any, str]:
    return dict(field._description_selection(records.env) or ())


def labelled(value: Any, labels: dict[Any, str]) -> dict[str, Any] | None:
    return None if value is False or value is None else {"value": value, "label": labels.get(value, value)}


def money(amount: float, currency: models.BaseModel) -> dict[str, Any]:
    return {"amount": currency.round(amount) if currency else amount, "currency": currency.name or None}


def text(value: str) -> str:
    return value if len(value) <= MAX_TEXT else f"{value[:MAX_TEXT]}… (cut after {MAX_TEXT} characters)"


def _plain(_record: models.BaseModel, value: Any) -> Any:
    if value is False or value is None:
        return None
    return text(value) if isinstance(value, str) else value


def _moment(_record: models.BaseModel, value: datetime | date | bool) -> str | None:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else None


_BY_TYPE: dict[str, _Shape] = {
    "boolean": lambda _record, value: bool(value),
    "integer": lambda _record, value: value,
    "float": lambda _record, value: value,
    "many2one": lambda _record, value: {"id": value[0], "name": value[1]} if value else None,
    "one2many": lambda _record, value: {"ids": value[:MAX_IDS], "count": len(value)},
    "many2many": lambda _record, value: {"ids": value[:MAX_IDS], "count": len(value)},
    "html": lambda _record, value: text(html2plaintext(value)) if value else None,
    "date": _moment,
    "datetime": _moment,
    "binary": lambda _record, value: {"size": str(value)} if value else None,
    "image": lambda _record, value: {"size": str(value)} if value else None,
}
