"""A prospect's wish, put before the sales team."""

from typing import Annotated, Any

from pydantic import Field

from odoo.tools import email_normalize, plaintext2html

from .call import Call
from .odoo_access import RecordId, allowed_model
from .odoo_customers import customer
from .tool import ToolError, tool


@tool(
    "odoo",
    title="Create a lead",
    requires_module="crm",
    requires_access=("crm.lead", "create"),
    returns={"id": {"type": "integer"}, "name": {"type": "string"}},
)
def create_lead(
    call: Call,
    subject: Annotated[str, Field(min_length=3, max_length=200, description="What is wanted, in a few words")],
    details: Annotated[str | None, Field(max_length=5000)] = None,
    partner_id: Annotated[RecordId | None, Field(description="A known customer")] = None,
    contact_name: Annotated[str | None, Field(max_length=100)] = None,
    phone: Annotated[str | None, Field(max_length=32)] = None,
    email: Annotated[str | None, Field(max_length=254)] = None,
) -> dict[str, Any]:
    """Tell the sales team of somebody who wants to buy: a known customer, or a new contact with phone or email."""
    allowed_model(call, "crm.lead")
    if not (partner_id or phone or email):
        raise ToolError("Give the customer's partner_id, or a phone or email to reach the person.")
    if email and not email_normalize(email):
        raise ToolError(f"{email!r} is not an e-mail address.")
    if not subject.strip():
        raise ToolError("The subject is empty.")
    values: dict[str, Any] = {"name": subject.strip()}
    if partner_id:
        values["partner_id"] = customer(call, partner_id).id
    contact = {"contact_name": contact_name, "phone": phone, "email_from": email}
    values.update({field: value.strip() for field, value in contact.items() if value and value.strip()})
    if details:
        values["description"] = plaintext2html(details)
    if call.env.user == call.env.ref("chatwootai_mcp.user_agent", raise_if_not_found=False):
        values["user_id"] = False  # nobody reads the agent's list: the team takes it up
    lead = call.env["crm.lead"].create(values)
    call.record_ids = (lead.id,)
    return {"id": lead.id, "name": lead.name}
