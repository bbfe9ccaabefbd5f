"""Field values as a model understands them: ids with names, text for html, ISO dates, null for what is not set."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from odoo import models
from odoo.tools import html2plaintext


def readable(records: models.BaseModel, names: Iterable[str]) -> list[dict[str, Any]]:
    """The records' fields; ``id`` always first. Runs with the records' own user and rights."""
    names = [name for name in names if name != "id"]
    fields = {name: records._fields[name] for name in names}
    rows = records.read(names)
    return [{"id": row["id"], **{name: _value(records, fields[name], row[name]) for name in names}} for row in rows]


def _value(records: models.BaseModel, field: Any, value: Any) -> Any:
    if field.type == "many2one":
        return {"id": value[0], "name": value[1]} if value else None
    if field.type == "boolean":
        return value
    if value is False or value is None:
        return [] if field.type in ("one2many", "many2many") else None
    if field.type == "html":
        return html2plaintext(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value
