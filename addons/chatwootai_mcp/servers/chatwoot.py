"""Tools of the chatwoot server that act in a conversation. All go through the outbox: stored, then done in order."""

from typing import Annotated, Any, Literal

from pydantic import Field

from .call import Call
from .chatwoot_connection import ChatwootAccount, ConversationId, OptionalId, asking, check_bound, connection_of
from .tool import ToolError, tool

_QUEUED = {"outbox_id": {"type": "integer"}, "state": {"type": "string"}}
_Content = Annotated[str, Field(min_length=1, max_length=20_000)]
_Label = Annotated[str, Field(pattern=r"^[\w-]+$", max_length=100)]


@tool("chatwoot", title="Send message", returns=_QUEUED)
def send_message(
    call: Call,
    conversation_id: ConversationId,
    content: _Content,
    private: Annotated[bool, Field(description="True: a note that only the company's people see")] = False,
    chatwoot_account: ChatwootAccount = None,
) -> dict[str, Any]:
    """Say something in a Chatwoot conversation, to the customer or as a private note.

    It is queued and sent once, in the order of the conversation."""
    kind = "private_note" if private else "message"
    return _enqueue(call, chatwoot_account, conversation_id, kind, {"content": content})


@tool("chatwoot", title="Add private note", returns=_QUEUED)
def add_private_note(
    call: Call,
    conversation_id: ConversationId,
    content: _Content,
    chatwoot_account: ChatwootAccount = None,
) -> dict[str, Any]:
    """Leave a note in a conversation that only the company's people see."""
    return _enqueue(call, chatwoot_account, conversation_id, "private_note", {"content": content})


@tool("chatwoot", title="Set status", idempotent=True, returns=_QUEUED)
def set_status(
    call: Call,
    conversation_id: ConversationId,
    status: Literal["open", "pending", "resolved", "snoozed"],
    chatwoot_account: ChatwootAccount = None,
) -> dict[str, Any]:
    """Set a conversation's status: open (people answer), pending (the agents answer), resolved (done) or snoozed."""
    return _enqueue(call, chatwoot_account, conversation_id, "status", {"status": status})


@tool("chatwoot", title="Hand off to a person", returns=_QUEUED)
def hand_off(
    call: Call,
    conversation_id: ConversationId,
    reason: Annotated[
        str, Field(min_length=1, max_length=4_000, description="For the people: what is asked, and why they are needed")
    ],
    message: Annotated[
        str | None, Field(max_length=4_000, description="For the customer: a person will answer")
    ] = None,
    chatwoot_account: ChatwootAccount = None,
) -> dict[str, Any]:
    """Hand a conversation to the company's people: tells the customer (if a message is given), leaves a private note
    with the reason, and opens the conversation. The agents are silent in it from then on."""
    connection = connection_of(call, chatwoot_account)
    check_bound(call, connection, conversation_id)
    entries = call.env["chatwootai.outbox"].hand_off(
        connection, conversation_id, note=reason, message=message or None, origin=call.principal.actor
    )
    call.record_ids = tuple(entries.ids)
    return {"outbox_id": entries[:1].id, "state": "queued"}


@tool("chatwoot", title="Assign", idempotent=True, returns={**_QUEUED, "assigned_to": {"type": "string"}})
def assign(
    call: Call,
    conversation_id: ConversationId,
    assignee_id: Annotated[OptionalId, Field(ge=0, description="A person's Chatwoot id; 0 for nobody")] = None,
    team_id: Annotated[OptionalId, Field(gt=0, description="A team's Chatwoot id")] = None,
    chatwoot_account: ChatwootAccount = None,
) -> dict[str, Any]:
    """Assign a conversation to a person or to a team of the company. The agents are silent beside a person."""
    if (assignee_id is None) == (team_id is None):
        raise ToolError("Give either assignee_id or team_id.")
    connection = connection_of(call, chatwoot_account)
    check_bound(call, connection, conversation_id)
    given = {"team_id": team_id} if team_id else {"assignee_id": assignee_id or None}
    name = _name_of(call, connection, assignee_id, team_id)
    return _enqueue(call, chatwoot_account, conversation_id, "assignment", given) | {"assigned_to": name}


@tool("chatwoot", title="Add labels", idempotent=True, returns=_QUEUED)
def add_labels(
    call: Call,
    conversation_id: ConversationId,
    labels: Annotated[list[_Label], Field(min_length=1, max_length=20, examples=[["vip"]])],
    chatwoot_account: ChatwootAccount = None,
) -> dict[str, Any]:
    """Add labels to a conversation; those it has stay."""
    return _enqueue(call, chatwoot_account, conversation_id, "labels", {"labels": labels})


def _enqueue(
    call: Call, chatwoot_account: int | None, conversation_id: int, kind: str, payload: dict[str, Any]
) -> dict[str, Any]:
    connection = connection_of(call, chatwoot_account)
    check_bound(call, connection, conversation_id)
    entry = call.env["chatwootai.outbox"].enqueue(connection, conversation_id, kind, payload, call.principal.actor)
    call.record_ids = tuple(entry.ids)
    return {"outbox_id": entry.id, "state": "queued"}


def _name_of(call: Call, connection: Any, assignee_id: int | None, team_id: int | None) -> str:
    """Whom the ids mean. Chatwoot takes one it does not know for nobody, and says nothing."""
    if not (assignee_id or team_id):
        return ""
    with asking(call, connection, "such person or team") as client:
        there = client.agents() if assignee_id else client.teams()
        name = there.get(assignee_id or team_id or 0)
        if name is None:
            known = ", ".join(f"{number} {name}" for number, name in list(there.items())[:20])
            raise ToolError(f"Chatwoot has no {'person' if assignee_id else 'team'} of that id; there are: {known}.")
        return name
