"""MCP-Odoo: records created, changed and deleted, one at a time, with what changed in the result.

The allow-list opens the operation, the Odoo user must have the right, and each value must fit its field before Odoo
sees any. The whole call is one transaction: what fails has changed nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import psycopg2
from pydantic import Field

from odoo import models
from odoo.fields import Command

from .call import Call
from .odoo_access import ModelName, RecordId, allowed_model, chosen_fields, one_record, readable_names, unknown_field
from .odoo_allow_list import AllowedModel
from .odoo_input import InputShape, InvalidValue, closed_because, parse_value
from .odoo_values import readable, selection_labels
from .tool import ToolError, tool

_MAX_VALUES = 100
Values = Annotated[
    dict[str, Any],
    Field(
        min_length=1,
        max_length=_MAX_VALUES,
        description="By field. Many2one: id; many2many: all ids; null empties",
        examples=[{"name": "Ana", "country_id": 31}],
    ),
]
_RECORD = {"type": "object"}


@tool("odoo", title="Create a record", returns={"id": {"type": "integer"}, "record": _RECORD})
def create_record(call: Call, model: ModelName, values: Values) -> dict[str, Any]:
    """Create one record; returns its id and what was stored. describe_model tells fields and options."""
    allowed = allowed_model(call, model, "create")
    records = call.env[model]
    records.check_access("create")
    parsed = _parsed(records, allowed, values)
    _check_nothing_required_is_missing(records, parsed)
    with _constraints_in_words(records):
        created = records.create(parsed)
        created.flush_recordset()
    call.record_ids = (created.id,)
    return {"id": created.id, "record": readable(created, _told_names(records, allowed, parsed))[0]}


@tool(
    "odoo",
    title="Change a record",
    destructive=True,
    idempotent=True,
    returns={"id": {"type": "integer"}, "changed": _RECORD},
)
def update_record(call: Call, model: ModelName, id: RecordId, values: Values) -> dict[str, Any]:
    """Change fields of one record; returns for each field that changed its value before and after."""
    allowed = allowed_model(call, model, "write")
    record = one_record(call.env[model], id)
    record.check_access("write")
    parsed = _parsed(record, allowed, values)
    told = [name for name in parsed if name in readable_names(record, allowed)]
    before = readable(record, told)[0]
    with _constraints_in_words(record):
        record.write(parsed)
        record.flush_recordset()
    record.invalidate_recordset(told, flush=False)
    after = readable(record, told)[0]
    call.record_ids = (id,)
    changed = {name: {"before": before[name], "after": after[name]} for name in told if before[name] != after[name]}
    return {"id": id, "changed": changed}


@tool(
    "odoo",
    title="Delete a record",
    destructive=True,
    idempotent=True,
    returns={"id": {"type": "integer"}, "deleted": _RECORD},
)
def delete_record(call: Call, model: ModelName, id: RecordId) -> dict[str, Any]:
    """Delete one record for good; returns what it held. Often archiving is better: update_record with active false."""
    allowed = allowed_model(call, model, "unlink")
    record = one_record(call.env[model], id)
    record.check_access("unlink")
    deleted = readable(record, chosen_fields(record, allowed, None))[0]
    with _constraints_in_words(record):
        record.unlink()
        call.env.flush_all()
    call.record_ids = (id,)
    return {"id": id, "deleted": deleted}


def _parsed(records: models.BaseModel, allowed: AllowedModel, values: dict[str, Any]) -> dict[str, Any]:
    """The values as Odoo takes them; the first that does not fit its field is an error that names it."""
    parsed = {}
    for name, value in values.items():
        field = records._fields.get(name)
        if field is None or name not in allowed.fields or not records._has_field_access(field, "read"):
            raise unknown_field(records, name, readable_names(records, allowed))
        reason = closed_because(records, field)
        if reason:
            raise ToolError(f"{name} of {records._name} cannot be set: {reason}.")
        try:
            parsed[name] = parse_value(_input_shape(records, field), value)
        except InvalidValue as error:
            raise ToolError(str(error)) from None
        if field.type in ("many2one", "many2many") and parsed[name]:
            _check_they_exist(records, field, parsed[name])
        if field.type == "many2many":
            parsed[name] = [Command.set(parsed[name])]
    return parsed


def _input_shape(records: models.BaseModel, field: Any) -> InputShape:
    return InputShape(
        name=field.name,
        type=field.type,
        required=bool(field.required),
        options=tuple(selection_labels(records, field)) if field.type == "selection" else (),
        size=getattr(field, "size", None),
        comodel=field.comodel_name,
    )


def _check_they_exist(records: models.BaseModel, field: Any, ids: int | list[int]) -> None:
    wanted = {ids} if isinstance(ids, int) else set(ids)
    comodel = records.env[field.comodel_name].with_context(active_test=False)
    missing = sorted(wanted - set(comodel.search([("id", "in", list(wanted))]).ids))
    if missing:
        raise ToolError(
            f"{field.name}: there is no record {missing[0]} of {field.comodel_name} that the user of this key may see."
        )


def _check_nothing_required_is_missing(records: models.BaseModel, values: dict[str, Any]) -> None:
    parents = set(records._inherits.values())  # made along with the record
    wanted = [
        field.name
        for field in records._fields.values()
        if field.required and field.store and not field.compute and not field.related and field.name not in values
    ]
    filled = records.default_get(wanted)
    missing = [
        name for name in wanted if name not in parents and not _is_filled(records._fields[name], filled.get(name))
    ]
    if missing:
        named = ", ".join(f"{name} ({records._fields[name]._description_string(records.env)})" for name in missing)
        raise ToolError(f"{records._name} needs {named} too.")


def _is_filled(field: Any, default: Any) -> bool:
    return bool(default) or field.type in ("boolean", "integer", "float", "monetary")


def _told_names(records: models.BaseModel, allowed: AllowedModel, values: dict[str, Any]) -> list[str]:
    known = readable_names(records, allowed)
    return [name for name in known if name in values or name == "display_name"]


@contextmanager
def _constraints_in_words(records: models.BaseModel) -> Iterator[None]:
    """A database constraint that speaks, in Odoo's own words, and nothing half done."""
    try:
        with records.env.cr.savepoint():
            yield
    except psycopg2.IntegrityError as error:
        model = records
        for name, table_owner in records.env.registry.items():
            if table_owner._table == error.diag.table_name:
                model = records.env[name]
                break
        raise ToolError(" ".join(model._sql_error_to_message(error).split())) from None
