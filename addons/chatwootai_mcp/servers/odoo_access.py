"""What a caller reaches of Odoo, by its user's rights and the tenant's allow-list; arguments checked by both."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from odoo import models

from .call import Call
from .odoo_allow_list import AllowedModel
from .odoo_domain import FieldShape, InvalidDomain, check_domain
from .tool import ToolError

MAX_FIELDS = 60
Operation = Literal["read", "create", "write", "unlink"]
OPERATIONS: tuple[Operation, ...] = ("read", "create", "write", "unlink")
_WORD_FOR = {"create": "created", "write": "changed", "unlink": "deleted"}


def _is_an_id(value: int) -> int:
    if not 0 < value < 2**31:
        raise ValueError("this is no record's id")
    return value


# Arguments that several tools take; tools/list repeats them in each, so they are short.
ModelName = Annotated[str, Field(max_length=64)]
RecordId = Annotated[int, AfterValidator(_is_an_id)]
SearchDomain = list[Any]
FieldNames = Annotated[list[str] | None, Field(max_length=MAX_FIELDS)]
Language = Annotated[str | None, Field(max_length=16, examples=["pt_BR"])]


def allowed_model(call: Call, model: str, operation: Operation = "read") -> AllowedModel:
    """The model's entry on the allow-list.

    :raises ToolError: the list does not open the model, or not for this
    """
    allowed = _listed(call, model)
    if allowed is None:
        raise ToolError(
            f"The model {model!r} does not exist or is not on this account's list of allowed models (see list_models)."
        )
    if not getattr(allowed, operation):
        raise ToolError(
            f"This account's list of allowed models does not let records of {model} be {_WORD_FOR[operation]}."
        )
    return allowed


def operations_on(call: Call, allowed: AllowedModel) -> list[Operation]:
    """What both the list and the user's rights let the caller do."""
    records = call.env[allowed.name]
    return [
        operation
        for operation in OPERATIONS
        if getattr(allowed, operation)
        and records.has_access(operation)
        and (operation == "read" or call.principal.write)
    ]


def records_of(call: Call, model: str, lang: str | None = None) -> models.BaseModel:
    """The model with nothing in it, as the caller's user, in the language asked for."""
    call.env.companies.sudo()._recall_place()
    if lang is None:
        return call.env[model]
    installed = [code for code, _name in call.env["res.lang"].get_installed()]
    if lang not in installed:
        raise ToolError(f"The language {lang!r} is not installed; there are: {', '.join(installed)}.")
    return call.env[model].with_context(lang=lang)


def one_record(records: models.BaseModel, record_id: int) -> models.BaseModel:
    """The record, archived or not.

    :raises ToolError: it does not exist, or the user may not see it: a caller cannot tell which
    """
    found = records.with_context(active_test=False).search([("id", "=", record_id)], limit=1)
    if not found:
        raise ToolError(f"There is no record {record_id} of {records._name} that the user of this key may see.")
    return found.with_env(records.env)


def checked_domain(call: Call, model: str, domain: Any) -> list[Any]:
    try:
        return check_domain(domain, model, lambda name, field: _shape(call, name, field))
    except InvalidDomain as error:
        raise ToolError(str(error)) from None


def readable_names(records: models.BaseModel, allowed: AllowedModel) -> list[str]:
    return [name for name in sorted(allowed.fields) if records._has_field_access(records._fields[name], "read")]


def chosen_fields(records: models.BaseModel, allowed: AllowedModel, names: Iterable[str] | None) -> list[str]:
    """The fields asked for or, where none are named, the list's default ones."""
    if names is None:
        return [name for name in readable_names(records, allowed) if name in allowed.default_fields]
    chosen = list(dict.fromkeys(names))
    for name in chosen:
        if not (name in allowed.fields and records._has_field_access(records._fields[name], "read")):
            raise unknown_field(records, name, readable_names(records, allowed))
    return chosen


def unknown_field(records: models.BaseModel, name: str, known: Iterable[str]) -> ToolError:
    return ToolError(f"{records._name} has no field {name!r} that is open here; there are: {', '.join(known)}.")


def _listed(call: Call, model: str) -> AllowedModel | None:
    allowed = call.env["chatwootai.allowed.model"].sudo()._allowed(model)
    return allowed if allowed is not None and allowed.read else None


def _shape(call: Call, model: str, name: str) -> FieldShape | None:
    """What a domain may know of a field: None for a model or a field outside the allow-list."""
    allowed = _listed(call, model)
    if allowed is None:
        return None
    records = call.env[model]
    field = records._fields.get(name)
    if field is None or name not in allowed.fields or not records._has_field_access(field, "read"):
        return None
    return FieldShape(field.type, field.comodel_name, bool(field._description_searchable))
