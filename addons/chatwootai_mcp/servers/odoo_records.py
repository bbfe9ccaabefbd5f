"""MCP-Odoo: the tenant's records, read under the caller's Odoo rights and the tenant's allow-list."""

import json
from typing import Annotated, Any

from pydantic import Field

from odoo import models

from .call import Call
from .odoo_access import (
    FieldNames,
    Language,
    ModelName,
    RecordId,
    SearchDomain,
    allowed_model,
    checked_domain,
    chosen_fields,
    one_record,
    records_of,
)
from .odoo_allow_list import AllowedModel
from .odoo_values import readable
from .result_page import MAX_BYTES, page
from .tool import ToolError, tool

_ORDER_SUFFIXES = ("asc", "desc")
_TOO_LARGE = "A single record is larger than one result may be; name fewer fields."


@tool(
    "odoo",
    title="Search records",
    read_only=True,
    returns={
        "records": {"type": "array"},
        "count": {"type": "integer"},
        "truncated": {"type": "boolean"},
        "total": {"type": "integer"},
    },
)
def search_records(
    call: Call,
    model: Annotated[ModelName, Field(examples=["res.partner"])],
    domain: Annotated[SearchDomain, Field(examples=[[["is_company", "=", True]]])] = [],  # noqa: B006 - never changed
    fields: FieldNames = None,
    limit: Annotated[int | None, Field(ge=1, le=200)] = 20,
    offset: Annotated[int, Field(ge=0, le=10**6)] = 0,
    order: Annotated[str | None, Field(max_length=200, examples=["name asc, id desc"])] = None,
    with_total: Annotated[bool, Field(description="Count all that match, too")] = False,
    lang: Language = None,
) -> dict[str, Any]:
    """Search records of an Odoo model by an Odoo domain; returns the fields named, or the short, telling ones.

    Many2one: {id, name}; selection: {value, label}; money: {amount, currency}; to-many: {ids, count}; times in UTC;
    null: not set. `truncated`: there are more, go on with offset. describe_model tells the fields.
    """
    allowed = allowed_model(call, model)
    records = records_of(call, model, lang)
    checked = checked_domain(call, model, domain)
    names = chosen_fields(records, allowed, fields)
    limit = limit or 20
    found = records.search_fetch(checked, names, limit=limit + 1, offset=offset, order=_order(records, allowed, order))
    result = page("records", readable(found, names, fetched=True), limit=limit)
    if found and not result["records"]:
        raise ToolError(_TOO_LARGE)
    if with_total:
        result["total"] = records.search_count(checked)
    call.record_ids = tuple(row["id"] for row in result["records"])
    return result


@tool("odoo", title="Read a record", read_only=True, returns={"record": {"type": "object"}})
def read_record(
    call: Call, model: ModelName, id: RecordId, fields: FieldNames = None, lang: Language = None
) -> dict[str, Any]:
    """Read one record by its id, archived ones too. Values are as in search_records."""
    allowed = allowed_model(call, model)
    records = records_of(call, model, lang)
    names = chosen_fields(records, allowed, fields)
    record = readable(one_record(records, id), names)[0]
    if len(json.dumps(record, ensure_ascii=False)) > MAX_BYTES:
        raise ToolError(_TOO_LARGE)
    call.record_ids = (id,)
    return {"record": record}


@tool("odoo", title="Count records", read_only=True, returns={"count": {"type": "integer"}})
def count_records(
    call: Call,
    model: ModelName,
    domain: SearchDomain = [],  # noqa: B006 - a schema's default, never changed
) -> dict[str, Any]:
    """Count the records that match a domain (see search_records), without reading them."""
    allowed_model(call, model)
    return {"count": call.env[model].search_count(checked_domain(call, model, domain))}


def _order(records: models.BaseModel, allowed: AllowedModel, order: str | None) -> str | None:
    """The order as Odoo takes it, over stored fields of the allow-list."""
    if order is None:
        return None
    terms = []
    for term in order.split(","):
        name, _, direction = term.strip().partition(" ")
        direction = direction.strip().lower() or "asc"
        field = records._fields.get(name) if name in allowed.fields else None
        if (
            field is None
            or direction not in _ORDER_SUFFIXES
            or not records._has_field_access(field, "read")
            or not field._description_sortable(records.env)
        ):
            raise ToolError(f"Cannot order by {term.strip()!r}: use stored fields of {records._name} with asc or desc.")
        terms.append(f"{name} {direction}")
    return ", ".join(terms)
