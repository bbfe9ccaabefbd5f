"""Tools of the chatwoot server: speak in a conversation, and hand one to people. Both go through the outbox."""

from typing import Annotated

from pydantic import Field

from .call import Call
from .tool import ToolError, tool

_QUEUED = {
    "outbox_id": {"type": "integer"},
    "state": {"type": "string", "enum": ["queued"]},
}

ConversationId = Annotated[int, Field(gt=0, lt=2**31, description="Number of the conversation, as Chatwoot shows it")]
ChatwootAccount = Annotated[
    int | None, Field(gt=0, lt=2**31, description="Chatwoot account, needed only where several are connected")
]


@tool("chatwoot", title="Send message", returns=_QUEUED)
def send_message(
    call: Call,
    conversation_id: ConversationId,
    content: Annotated[str, Field(min_length=1, max_length=20_000, description="What is said")],
    private: Annotated[bool, Field(description="True: a note that only the company's people see")] = False,
    chatwoot_account: ChatwootAccount = None,
) -> dict:
    """Say something in a Chatwoot conversation, to the customer or as a private note.

    It is queued and sent once, in the order of the conversation."""
    connection = _connection(call, chatwoot_account)
    _check_bound(call, connection, conversation_id)
    entry = call.env["chatwootai.outbox"].enqueue(
        connection,
        conversation_id,
        "private_note" if private else "message",
        {"content": content},
        call.principal.actor,
    )
    call.record_ids = tuple(entry.ids)
    return {"outbox_id": entry.id, "state": "queued"}


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
) -> dict:
    """Hand a Chatwoot conversation to the company's people: tells the customer (if a message is given), leaves a
    private note with the reason, and opens the conversation. The agents are silent in it from then on."""
    connection = _connection(call, chatwoot_account)
    _check_bound(call, connection, conversation_id)
    entries = call.env["chatwootai.outbox"].hand_off(
        connection, conversation_id, note=reason, message=message or None, origin=call.principal.actor
    )
    call.record_ids = tuple(entries.ids)
    return {"outbox_id": entries[:1].id, "state": "queued"}


def _connection(call: Call, chatwoot_account: int | None):
    # The user may not read connections, which hold tokens; that it may write to Chatwoot, its key says.
    connections = call.env["chatwootai.chatwoot.connection"].sudo().search([])
    if chatwoot_account is not None:
        connections = connections.filtered(lambda connection: connection.chatwoot_account == chatwoot_account)
    if not connections:
        raise ToolError("This company has no such Chatwoot account connected.")
    if len(connections) > 1:
        numbers = ", ".join(str(connection.chatwoot_account) for connection in connections)
        raise ToolError(f"Several Chatwoot accounts are connected; say which by chatwoot_account: {numbers}.")
    return connections


def _check_bound(call: Call, connection, conversation_id: int) -> None:
    """A crew that answers a customer speaks in that customer's conversation only, whatever the model asks."""
    bound = call.principal.conversation_id
    if bound is None:
        return
    conversation = call.env["chatwootai.conversation"].sudo().browse(bound)
    if conversation.connection_id != connection or conversation.display_id != conversation_id:
        raise ToolError("You may act only in the conversation you are answering.")
