"""MCP-Odoo: totals of records in groups, computed in the database."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from odoo import models

from .call import Call
from .odoo_access import ModelName, SearchDomain, allowed_model, checked_domain, readable_names, unknown_field
from .odoo_values import labelled, money, selection_labels
from .result_page import page
from .tool import ToolError, tool

_PERIODS = ("day", "week", "month", "quarter", "year")
_NUMBERS = ("integer", "float", "monetary")
_MOMENTS = ("date", "datetime")
_FUNCTIONS = {
    "sum": _NUMBERS,
    "avg": _NUMBERS,
    "min": (*_NUMBERS, *_MOMENTS),
    "max": (*_NUMBERS, *_MOMENTS),
    "count_distinct": (*_NUMBERS, *_MOMENTS, "char", "selection", "many2one", "boolean"),
}
_GROUPED_TYPES = ("char", "selection", "many2one", "boolean", "integer", "many2many", *_MOMENTS)


@tool(
    "odoo",
    title="Group records",
    read_only=True,
    returns={
        "groups": {"type": "array"},
        "count": {"type": "integer"},
        "truncated": {"type": "boolean"},
    },
)
def group_records(
    call: Call,
    model: ModelName,
    group_by: Annotated[
        list[str],
        Field(
            max_length=3,
            description="Dates with :day, :week, :month, :quarter or :year",
            examples=[["state", "date_order:month"]],
        ),
    ],
    aggregates: Annotated[
        list[str],
        Field(max_length=8, description="sum, avg, min, max, count_distinct", examples=[["amount_total:sum"]]),
    ] = [],  # noqa: B006 - a schema's default, never changed
    domain: SearchDomain = [],  # noqa: B006
    limit: Annotated[int, Field(ge=1, le=200)] = 50,
    offset: Annotated[int, Field(ge=0)] = 0,
    largest_first: Annotated[bool, Field(description="By the first aggregate, or by count")] = False,
) -> dict[str, Any]:
    """Totals instead of records: how many, sums, averages; in all ([]) or per group. Periods by their first day."""
    allowed = allowed_model(call, model)
    records = call.env[model]
    known = readable_names(records, allowed)
    keys = [_key(records, known, spec) for spec in dict.fromkeys(group_by)]
    totals = [_total(records, known, spec) for spec in dict.fromkeys(aggregates)]
    rows = records._read_group(
        checked_domain(call, model, domain),
        groupby=[key.spec for key in keys],
        aggregates=["__count", *(total.spec for total in totals), *_currencies(totals)],
        limit=limit + 1,
        offset=offset,
        order=_order(keys, totals) if largest_first else None,
    )
    return page("groups", [_told(records, keys, totals, row) for row in rows], limit=limit)


@dataclass(frozen=True)
class _Spec:
    spec: str  # as Odoo takes it and the result names it
    field: Any
    function: str = ""
    currency_field: str | None = None  # stored: the currencies of a group come with its total
    company_currency: bool = False


def _key(records: models.BaseModel, known: list[str], spec: str) -> _Spec:
    name, _, period = spec.partition(":")
    field = _field(records, known, name)
    if field.type not in _GROUPED_TYPES or not field._description_groupable(records.env):
        raise ToolError(f"Records cannot be grouped by {name} ({field.type}): choose a stored field.")
    if field.type in _MOMENTS:
        if period and period not in _PERIODS:
            raise ToolError(f"{spec!r}: a period is one of {', '.join(_PERIODS)}.")
        return _Spec(f"{name}:{period or 'month'}", field)
    if period:
        raise ToolError(f"{spec!r}: only dates are grouped by period; {name} is {field.type}.")
    return _Spec(name, field)


def _total(records: models.BaseModel, known: list[str], spec: str) -> _Spec:
    name, _, function = spec.partition(":")
    field = _field(records, known, name)
    if function not in _FUNCTIONS:
        raise ToolError(f"{spec!r}: write field:function, with one of {', '.join(_FUNCTIONS)}.")
    if field.type not in _FUNCTIONS[function] or not (field.store and field.column_type):
        raise ToolError(f"{spec!r}: {function} is not possible for {name}, which is {_nature(field)}.")
    if field.type != "monetary" or function == "count_distinct":
        return _Spec(spec, field, function)
    currency = records._fields[field.get_currency_field(records)]
    stored = bool(currency.store and currency.column_type)
    of_company = str(currency.related or "").startswith("company_id.")
    return _Spec(spec, field, function, currency.name if stored else None, of_company)


def _field(records: models.BaseModel, known: list[str], name: str) -> Any:
    if name not in known:
        raise unknown_field(records, name, known)
    return records._fields[name]


def _nature(field: Any) -> str:
    return field.type if field.store else f"{field.type}, computed and not stored"


def _currencies(totals: list[_Spec]) -> list[str]:
    return [f"{total.currency_field}:array_agg_distinct" for total in totals if total.currency_field]


def _order(keys: list[_Spec], totals: list[_Spec]) -> str:
    return ", ".join([f"{totals[0].spec if totals else '__count'} desc", *(key.spec for key in keys)])


def _told(records: models.BaseModel, keys: list[_Spec], totals: list[_Spec], row: tuple[Any, ...]) -> dict[str, Any]:
    values = iter(row)
    told = {key.spec: _key_value(records, key.field, next(values)) for key in keys}
    told["record_count"] = next(values)
    amounts = [next(values) for _total in totals]
    for total, amount in zip(totals, amounts, strict=True):
        currencies = next(values) if total.currency_field else ()
        told[total.spec] = _amount(records, total, amount, currencies)
    return told


def _key_value(records: models.BaseModel, field: Any, value: Any) -> Any:
    if isinstance(value, models.BaseModel):
        # As search_records: the name of what a visible record points to is told, its fields are not.
        return {"id": value.id, "name": value.sudo().display_name} if value else None
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if field.type == "selection":
        return labelled(value, selection_labels(records, field))
    return None if value is False and field.type != "boolean" else value


def _amount(records: models.BaseModel, total: _Spec, amount: Any, currencies: Any) -> Any:
    if isinstance(amount, datetime | date):
        return amount.isoformat()
    if total.field.type != "monetary" or total.function == "count_distinct" or amount is None:
        return amount
    Currency = records.env["res.currency"]
    found = Currency.browse([each for each in currencies or () if each])
    if total.company_currency:
        found = records.env.company.currency_id
    if len(found) > 1:
        names = ", ".join(found.mapped("name"))
        raise ToolError(f"{total.spec} would mix currencies ({names}): group by {total.currency_field} as well.")
    return money(amount, found)
