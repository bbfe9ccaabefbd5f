"""Tools of the chatwoot server that read a conversation, from Chatwoot itself and with a user's token."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from ..chatwoot.client import ChatwootClient
from ..chatwoot.payload import Attachment, Contact, Conversation, Message
from .call import Call
from .chatwoot_connection import ChatwootAccount, ConversationId, asking, check_bound, connection_of
from .result_page import page
from .tool import ToolError, tool

_MAX_CONTENT = 4_000


def _known_size(number: int | None) -> int | None:
    if number is not None and number >= 2**63:
        raise ValueError("Input should be less than 9223372036854775808")
    return number


_MessageId = Annotated[int | None, Field(gt=0), AfterValidator(_known_size)]


@tool("chatwoot", title="Get conversation", read_only=True, returns={"conversation": {"type": "object"}})
def get_conversation(
    call: Call, conversation_id: ConversationId, chatwoot_account: ChatwootAccount = None
) -> dict[str, Any]:
    """Read how a Chatwoot conversation stands: status, customer, who it is assigned to, labels, channel, and whether
    the channel still takes a reply (WhatsApp: 24 hours)."""
    connection = connection_of(call, chatwoot_account)
    check_bound(call, connection, conversation_id)
    with asking(call, connection, f"conversation {conversation_id}") as client:
        return {"conversation": _conversation(client.conversation(conversation_id))}


@tool(
    "chatwoot",
    title="List messages",
    read_only=True,
    returns={
        "messages": {"type": "array", "items": {"type": "object"}},
        "count": {"type": "integer"},
        "truncated": {"type": "boolean"},
    },
)
def list_messages(
    call: Call,
    conversation_id: ConversationId,
    before: Annotated[_MessageId, Field(description="Only older than this message id")] = None,
    after: Annotated[_MessageId, Field(description="Only newer than this message id, the oldest of them first")] = None,
    limit: Annotated[int, Field(ge=1, le=50)] = 20,
    chatwoot_account: ChatwootAccount = None,
) -> dict[str, Any]:
    """Read messages of a conversation, oldest first: the newest ones, or those around a message. `private` marks the
    notes that the customer does not see; `author` is customer, person (of the company), bot or automation."""
    if before and after and before <= after:
        raise ToolError("before must be a newer message than after.")
    connection = connection_of(call, chatwoot_account)
    check_bound(call, connection, conversation_id)
    with asking(call, connection, f"conversation {conversation_id}") as client:
        # One more than asked for tells whether there are more.
        if after:
            found = _newer(client, conversation_id, after, before, limit + 1)
        else:
            found = client.messages_before(conversation_id, before, limit + 1)
    if call.principal.conversation_id is not None:  # what the people noted is not for a crew that talks to the customer
        found = [message for message in found if not message.private]
    rows = [_message(message) for message in found]
    if after:
        return page("messages", rows, limit=limit)
    newest = page("messages", rows[::-1], limit=limit)
    return newest | {"messages": newest["messages"][::-1]}


def _newer(client: ChatwootClient, conversation_id: int, after: int, before: int | None, limit: int) -> list[Message]:
    found = client.messages(conversation_id, after=after, before=before)
    return sorted((message for message in found if message.id > after), key=lambda message: message.id)[:limit]


def _conversation(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.display_id,
        "status": conversation.status,
        "channel": conversation.channel,
        "inbox_id": conversation.inbox_id,
        "contact": contact_values(conversation.contact),
        "assignee": conversation.assignee or None,
        "assignee_is_person": conversation.assignee_is_person,
        "team_id": conversation.team_id,
        "can_reply": conversation.can_reply,
        "labels": list(conversation.labels),
    }


def contact_values(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.id,
        "name": contact.name,
        "phone_number": contact.phone_number,
        "email": contact.email,
        "identifier": contact.identifier,
    }


def _message(message: Message) -> dict[str, Any]:
    content = message.content
    values: dict[str, Any] = {
        "id": message.id,
        "author": message.author.value,
        "sender": message.sender_name,
        "direction": message.direction.value,
        "private": message.private,
        "content": content if len(content) <= _MAX_CONTENT else f"{content[:_MAX_CONTENT]}…",
        "created_at": message.created_at.isoformat() if message.created_at else None,
    }
    if message.attachments:
        values["attachments"] = [_attachment(attachment) for attachment in message.attachments]
    if message.deleted:
        values["deleted"] = True
    if message.external_error:
        values["not_delivered"] = message.external_error[:500]
    return values


def _attachment(attachment: Attachment) -> dict[str, Any]:
    return {
        "file_type": attachment.file_type,
        "content_type": attachment.content_type,
        "url": attachment.data_url,
        "transcribed_text": attachment.transcribed_text[:_MAX_CONTENT],
    }
