"""The customer behind a telephone number, an e-mail address or a name."""

from typing import Annotated, Any

from pydantic import Field

from odoo import models
from odoo.fields import Domain
from odoo.tools import email_normalize

from .call import Call
from .odoo_access import allowed_model, readable_names
from .odoo_values import readable
from .phone_number import digit_pattern, same_number
from .result_page import page
from .tool import ToolError, tool

_SHOWN = ("name", "is_company", "parent_id", "email", "phone", "city")
_CANDIDATES = 200


@tool(
    "odoo",
    title="Find a customer",
    read_only=True,
    requires_access=("res.partner", "read"),
    returns={"customers": {"type": "array"}},
)
def find_customer(
    call: Call,
    phone: Annotated[
        str | None, Field(max_length=32, description="Written in any way", examples=["+55 11 98765-4321"])
    ] = None,
    email: Annotated[str | None, Field(max_length=254)] = None,
    name: Annotated[str | None, Field(max_length=100, description="Or a part of it")] = None,
    limit: Annotated[int, Field(ge=1, le=20)] = 5,
) -> dict[str, Any]:
    """Find who a telephone number, e-mail address or name belongs to. What is given must all match."""
    allowed = allowed_model(call, "res.partner")
    conditions = [
        condition
        for condition in (phone and _by_phone(phone), email and _by_email(email), name and _by_name(name))
        if condition
    ]
    if not conditions:
        raise ToolError("Give a phone, an email or a name to find the customer by.")
    found = call.env["res.partner"].search(Domain.AND(conditions), limit=_CANDIDATES if phone else limit + 1)
    if phone:
        country = str(call.env.company.country_id.phone_code or "")
        found = found.filtered(lambda partner: same_number(phone, partner.phone or "", country))[: limit + 1]
    shown = [field for field in _SHOWN if field in readable_names(found, allowed)]
    result = page("customers", readable(found, shown), limit=limit)
    call.record_ids = tuple(row["id"] for row in result["customers"])
    return result


def customer(call: Call, partner_id: int) -> models.BaseModel:
    """The customer of a tool that takes one.

    :raises ToolError: there is none of that id
    """
    allowed_model(call, "res.partner")
    found = call.env["res.partner"].search([("id", "=", partner_id)], limit=1)
    if not found:
        raise ToolError(f"There is no customer with the id {partner_id}; find_customer tells the ids.")
    return found


def _by_phone(phone: str) -> Domain:
    pattern = digit_pattern(phone)
    if pattern is None:
        raise ToolError("A phone number has 8 to 15 digits; give the whole number.")
    return Domain("phone", "=like", pattern)


def _by_email(email: str) -> Domain:
    normalized = email_normalize(email)
    if not normalized:
        raise ToolError(f"{email!r} is not an e-mail address.")
    return Domain("email_normalized", "=", normalized)


def _by_name(name: str) -> Domain:
    words = name.split()
    if not words:
        raise ToolError("The name is empty.")
    return Domain.AND(Domain("complete_name", "ilike", _literal(word)) for word in words[:8])


def _literal(word: str) -> str:
    """The word with LIKE's own signs taken as they are."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
