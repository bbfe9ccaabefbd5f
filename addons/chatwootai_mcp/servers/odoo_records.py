"""MCP-Odoo: the tenant's records, under the caller's Odoo rights and the tenant's allow-list."""

from typing import Annotated, Any

from pydantic import Field

from odoo import models

from .call import Call
from .odoo_domain import FieldShape, InvalidDomain, check_domain
from .odoo_values import readable
from .result_page import page
from .tool import ToolError, tool

_MAX_FIELDS = 60
_ORDER_SUFFIXES = ("asc", "desc")


@tool(
    "odoo",
    title="Search records",
    read_only=True,
    returns={
        "records": {"type": "array", "items": {"type": "object"}},
        "count": {"type": "integer"},
        "truncated": {"type": "boolean"},
    },
)
def search_records(
    call: Call,
    model: Annotated[str, Field(max_length=64, description="Technical name, such as res.partner")],
    domain: Annotated[
        list[Any],
        Field(description='Odoo search domain, such as [["is_company", "=", true]]; empty for all records'),
    ] = [],  # noqa: B006 - a schema's default, never changed
    fields: Annotated[
        list[str] | None, Field(max_length=_MAX_FIELDS, description="Names of the fields to return")
    ] = None,
    limit: Annotated[int | None, Field(ge=1, le=200, description="How many records at most")] = 20,
    offset: Annotated[int, Field(ge=0, le=1_000_000, description="How many records to pass over")] = 0,
    order: Annotated[str | None, Field(max_length=200, description="Such as 'name asc, id desc'")] = None,
) -> dict[str, Any]:
    """Search the records of an Odoo model and return the fields asked for.

    Many2one values come with id and name, dates in ISO form (UTC), what is not set as null. `truncated` says that there
    are more: ask again with offset.
    """
    records = _model(call, model)
    allowed = _allowed(call, model)
    try:
        checked = check_domain(domain, model, lambda name, field: _shape(call, name, field))
    except InvalidDomain as error:
        raise ToolError(str(error)) from None
    names = _field_names(records, allowed, fields)
    limit = limit or 20
    found = records.search(checked, limit=limit + 1, offset=offset, order=_order(records, allowed, order))
    result = page("records", readable(found, names), limit=limit)
    call.record_ids = tuple(row["id"] for row in result["records"])
    return result


def _allowed(call: Call, model: str) -> Any:
    allowed = call.env["chatwootai.allowed.model"].sudo()._allowed(model)
    if allowed is None or not allowed.read:
        raise ToolError(f"The model {model!r} does not exist or is not on this account's list of allowed models.")
    return allowed


def _model(call: Call, model: str) -> models.BaseModel:
    _allowed(call, model)
    return call.env[model]


def _shape(call: Call, model: str, name: str) -> FieldShape | None:
    """What a domain may know of a field: None for a model or a field outside the allow-list."""
    allowed = call.env["chatwootai.allowed.model"].sudo()._allowed(model)
    if allowed is None or not allowed.read:
        return None
    records = call.env[model]
    field = records._fields.get(name)
    if field is None or name not in allowed.fields or not records._has_field_access(field, "read"):
        return None
    return FieldShape(field.type, field.comodel_name, bool(field._description_searchable))


def _field_names(records: models.BaseModel, allowed: Any, names: list[str] | None) -> list[str]:
    readable_names = [
        name for name in sorted(allowed.fields) if records._has_field_access(records._fields[name], "read")
    ]
    if names is None:
        return [name for name in readable_names if name in allowed.default_fields]
    unknown = [name for name in names if name not in readable_names]
    if unknown:
        raise ToolError(
            f"{records._name} has no field {unknown[0]!r} that can be read here;"
            f" there are: {', '.join(readable_names)}."
        )
    return list(dict.fromkeys(names))


def _order(records: models.BaseModel, allowed: Any, order: str | None) -> str | None:
    """The order as Odoo takes it, over stored fields of the allow-list."""
    if order is None:
        return None
    terms = []
    for term in order.split(","):
        name, _, direction = term.strip().partition(" ")
        direction = direction.strip().lower() or "asc"
        field = records._fields.get(name) if name in allowed.fields else None
        if field is None or not field.store or direction not in _ORDER_SUFFIXES:
            raise ToolError(f"Cannot order by {term.strip()!r}: use stored fields of {records._name} with asc or desc.")
        terms.append(f"{name} {direction}")
    return ", ".join(terms)
