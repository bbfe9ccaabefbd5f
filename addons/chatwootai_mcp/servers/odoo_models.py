"""MCP-Odoo: which models and fields there are for this caller."""

from typing import Any

from odoo import models

from .call import Call
from .odoo_access import (
    FieldNames,
    ModelName,
    allowed_model,
    operations_on,
    readable_names,
    unknown_field,
)
from .odoo_input import closed_because
from .odoo_values import selection_labels
from .result_page import page
from .tool import tool

_MAX_OPTIONS = 100
_MAX_MODELS = 500


@tool(
    "odoo",
    title="List models",
    read_only=True,
    returns={"models": {"type": "array"}, "truncated": {"type": "boolean"}},
)
def list_models(call: Call) -> dict[str, Any]:
    """List the Odoo models that may be used here, and which of read, create, write, unlink."""
    listed = call.env["chatwootai.allowed.model"].sudo().search([], order="model")
    rows = []
    for entry in listed:
        allowed = listed._allowed(entry.model)
        operations = operations_on(call, allowed) if allowed is not None and allowed.read else []
        if "read" in operations:
            rows.append({"model": entry.model, "name": entry.model_id.name, "operations": operations})
    return page("models", rows, limit=_MAX_MODELS)


@tool(
    "odoo",
    title="Describe a model",
    read_only=True,
    returns={
        "name": {"type": "string"},
        "operations": {"type": "array"},
        "fields": {"type": "array"},
        "truncated": {"type": "boolean"},
    },
)
def describe_model(call: Call, model: ModelName, fields: FieldNames = None) -> dict[str, Any]:
    """The fields of a model: type, label, related model, options of a selection, what is required or read-only.

    Fields asked for by name come with their help texts.
    """
    allowed = allowed_model(call, model)
    records = call.env[model]
    records.check_access("read")
    known = readable_names(records, allowed)
    for name in fields or ():
        if name not in known:
            raise unknown_field(records, name, known)
    chosen = list(dict.fromkeys(fields)) if fields else known
    rows = [_described(records, name, with_help=bool(fields)) for name in chosen]
    return {
        "name": call.env["ir.model"].sudo()._get(model).name,
        "operations": operations_on(call, allowed),
        **page("fields", rows, limit=len(rows)),
    }


def _described(records: models.BaseModel, name: str, *, with_help: bool) -> dict[str, Any]:
    """What is true of a field; what is not is left out."""
    field = records._fields[name]
    told: dict[str, Any] = {"name": name, "type": field.type, "label": field._description_string(records.env)}
    if field.comodel_name:
        told["relation"] = field.comodel_name
    if field.type == "selection":
        options = list(selection_labels(records, field).items())
        told["options"] = [{"value": value, "label": label} for value, label in options[:_MAX_OPTIONS]]
    if field.required:
        told["required"] = True
    if closed_because(records, field):
        told["readonly"] = True
    if not field._description_searchable:
        told["searchable"] = False
    if with_help and (help_text := field._description_help(records.env)):
        told["help"] = help_text
    return told
