"""Tools of the chatwoot server over contacts: find one, and correct what is known of it."""

import json
from typing import Annotated, Any

from pydantic import Field

from ..chatwoot.payload import ContactDetails
from .call import Call
from .chatwoot_connection import ChatwootAccount, Id, asking, connection_of
from .chatwoot_reading import contact_values
from .result_page import page
from .tool import ToolError, tool

_PAGE = 15  # Chatwoot's own
_MAX_ATTRIBUTES = 10_000  # characters of JSON
_Attribute = str | int | float | bool | None


@tool(
    "chatwoot",
    title="Find contact",
    read_only=True,
    returns={
        "contacts": {"type": "array", "items": {"type": "object"}},
        "count": {"type": "integer"},
        "total": {"type": "integer"},
        "truncated": {"type": "boolean"},
    },
)
def find_contact(
    call: Call,
    query: Annotated[
        str, Field(min_length=2, max_length=200, pattern=r"\S", description="Part of name, e-mail, phone or identifier")
    ],
    result_page: Annotated[int, Field(ge=1, le=100, description="15 contacts each")] = 1,
    chatwoot_account: ChatwootAccount = None,
) -> dict[str, Any]:
    """Find contacts (customers) in Chatwoot."""
    _refuse_crews(call)
    with asking(call, connection_of(call, chatwoot_account), "such contacts") as client:
        found, total = client.find_contacts(query.strip(), result_page)
    result = page("contacts", [_contact(contact) for contact in found], limit=_PAGE)
    more = total > (result_page - 1) * _PAGE + result["count"]
    return result | {"total": total, "truncated": result["truncated"] or more}


@tool("chatwoot", title="Update contact", idempotent=True, returns={"contact": {"type": "object"}})
def update_contact(
    call: Call,
    contact_id: Annotated[Id, Field(description="From find_contact or get_conversation")],
    name: Annotated[str | None, Field(min_length=1, max_length=200)] = None,
    email: Annotated[str | None, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] = None,
    phone_number: Annotated[str | None, Field(pattern=r"^\+[1-9][0-9]{6,14}$", description="As +5511987654321")] = None,
    custom_attributes: Annotated[
        dict[str, _Attribute] | None, Field(max_length=20, description="Set; others stay as they are")
    ] = None,
    chatwoot_account: ChatwootAccount = None,
) -> dict[str, Any]:
    """Change what Chatwoot knows of a contact: only what is given. Returns the contact as it is then."""
    _refuse_crews(call)
    given = {"name": name, "email": email, "phone_number": phone_number, "custom_attributes": custom_attributes}
    changes = {field: value for field, value in given.items() if value is not None}
    if not changes:
        raise ToolError("Nothing to change: give name, email, phone_number or custom_attributes.")
    if len(json.dumps(custom_attributes)) > _MAX_ATTRIBUTES:
        raise ToolError(f"custom_attributes may have {_MAX_ATTRIBUTES} characters in all.")
    with asking(call, connection_of(call, chatwoot_account), f"contact {contact_id}") as client:
        contact = client.update_contact(contact_id, changes)
    return {"contact": _contact(contact)}


def _refuse_crews(call: Call) -> None:
    """Who answers a customer sees no other customer, and corrects none."""
    if call.principal.conversation_id is not None:
        raise ToolError("You may act only in the conversation you are answering.")


def _contact(details: ContactDetails) -> dict[str, Any]:
    return {
        **contact_values(details.contact),
        "blocked": details.blocked,
        "custom_attributes": details.custom_attributes,
    }
