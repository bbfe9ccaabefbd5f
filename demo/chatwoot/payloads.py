"""The JSON that Chatwoot's webhooks carry, key for key (pure functions over records)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from .records import (
    WHATSAPP,
    Account,
    AgentBot,
    Attachment,
    Contact,
    Conversation,
    Message,
    MessageType,
    Team,
    User,
    now,
)

Json = dict[str, Any]
WHATSAPP_WINDOW = timedelta(hours=24)


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def unix(moment: datetime | None) -> int:
    """Chatwoot writes a missing time as 0 where it calls `to_i`."""
    return int(moment.timestamp()) if moment else 0


def unix_or_null(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None


def account_brief(account: Account) -> Json:
    return {"id": account.id, "name": account.name}


def contact_push(contact: Contact) -> Json:
    return {
        "additional_attributes": contact.additional_attributes,
        "custom_attributes": contact.custom_attributes,
        "email": contact.email,
        "id": contact.id,
        "identifier": contact.identifier,
        "name": contact.name,
        "phone_number": contact.phone_number,
        "thumbnail": "",
        "blocked": contact.blocked,
        "type": "contact",
    }


def contact_webhook(account: Account, contact: Contact) -> Json:
    """The sender at the top level of a message event: it has no `type`."""
    return {
        "account": account_brief(account),
        "additional_attributes": contact.additional_attributes,
        "avatar": "",
        "custom_attributes": contact.custom_attributes,
        "email": contact.email,
        "id": contact.id,
        "identifier": contact.identifier,
        "name": contact.name,
        "phone_number": contact.phone_number,
        "thumbnail": "",
        "blocked": contact.blocked,
    }


def user_push(user: User) -> Json:
    return {
        "id": user.id,
        "name": user.name,
        "available_name": user.available_name,
        "avatar_url": "",
        "type": "user",
        "availability_status": "online",
        "thumbnail": "",
    }


def bot_push(bot: AgentBot) -> Json:
    return {"id": bot.id, "name": bot.name, "avatar_url": "", "type": "agent_bot"}


def sender_push(sender: Contact | User | AgentBot) -> Json:
    if isinstance(sender, Contact):
        return contact_push(sender)
    return user_push(sender) if isinstance(sender, User) else bot_push(sender)


def sender_webhook(account: Account, sender: Contact | User | AgentBot | None) -> Json | None:
    if sender is None:
        return None
    if isinstance(sender, Contact):
        return contact_webhook(account, sender)
    if isinstance(sender, User):
        return {"id": sender.id, "name": sender.name, "email": sender.email, "type": "user"}
    return {"id": sender.id, "name": sender.name, "type": "agent_bot"}


SENDER_TYPES = {Contact: "Contact", User: "User", AgentBot: "AgentBot"}


def attachment_json(attachment: Attachment, base_url: str) -> Json:
    redirect = f"{base_url}/rails/active_storage/blobs/redirect/{attachment.key}/{attachment.filename}"
    described: Json = {
        "id": attachment.id,
        "message_id": attachment.message_id,
        "file_type": attachment.file_type,
        "account_id": attachment.account_id,
        "extension": attachment.extension,
        "content_type": attachment.content_type,
        "data_url": redirect,
        "thumb_url": redirect.replace("/blobs/", "/representations/") if attachment.file_type == "image" else "",
        "file_size": len(attachment.content),
        "width": None,
        "height": None,
    }
    if attachment.file_type == "audio":
        described["transcribed_text"] = attachment.transcribed_text
    return described


def message_push(message: Message, base_url: str) -> Json:
    """A message inside a conversation: its type is a number, its creation a unix time."""
    conversation = message.conversation
    pushed: Json = {
        "id": message.id,
        "content": message.content,
        "account_id": message.account_id,
        "inbox_id": message.inbox_id,
        "conversation_id": conversation.display_id,
        "message_type": int(message.message_type),
        "created_at": unix(message.created_at),
        "updated_at": iso(message.updated_at),
        "private": message.private,
        "status": message.status,
        "source_id": message.source_id,
        "content_type": message.content_type,
        "content_attributes": message.content_attributes,
        "sender_type": SENDER_TYPES.get(type(message.sender)) if message.sender else None,
        "sender_id": message.sender.id if message.sender else None,
        "external_source_ids": {},
        "additional_attributes": message.additional_attributes,
        "processed_message_content": message.content,
        "sentiment": {},
        "conversation": {
            "assignee_id": conversation.assignee_id,
            "unread_count": conversation.unread_count,
            "last_activity_at": unix(conversation.last_activity_at),
            "contact_inbox": {"source_id": conversation.contact_inbox.source_id},
        },
    }
    if message.attachments:
        pushed["attachments"] = [attachment_json(a, base_url) for a in message.attachments]
    if message.sender:
        pushed["sender"] = sender_push(message.sender)
    return pushed


def can_reply(account: Account, conversation: Conversation) -> bool:
    """WhatsApp lets a business write freely for 24 hours after the customer's last message."""
    if account.inboxes[conversation.inbox_id].channel_type != WHATSAPP:
        return True
    last = conversation.last_incoming_at
    return last is not None and now() - last < WHATSAPP_WINDOW


def team_json(team: Team | None) -> Json | None:
    if team is None:
        return None
    return {
        "id": team.id,
        "name": team.name,
        "description": None,
        "allow_auto_assign": True,
        "account_id": team.account_id,
        "is_member": True,
    }


def conversation_meta(account: Account, conversation: Conversation) -> Json:
    assignee: Json | None = None
    assignee_type = None
    if conversation.assignee_agent_bot_id in account.bots:
        assignee, assignee_type = bot_push(account.bots[conversation.assignee_agent_bot_id]), "AgentBot"
    elif conversation.assignee_id in account.users:
        assignee, assignee_type = user_push(account.users[conversation.assignee_id]), "User"
    return {
        "sender": contact_push(account.contacts[conversation.contact_id]),
        "assignee": assignee,
        "assignee_type": assignee_type,
        "team": team_json(account.teams.get(conversation.team_id)) if conversation.team_id else None,
        "hmac_verified": False,
    }


def conversation_webhook(account: Account, conversation: Conversation, base_url: str) -> Json:
    """A conversation as webhooks carry it: nested in message events, at the top level of its own."""
    link = conversation.contact_inbox
    last = conversation.last(public=True)
    return {
        "additional_attributes": conversation.additional_attributes,
        "can_reply": can_reply(account, conversation),
        "channel": account.inboxes[conversation.inbox_id].channel_type,
        "contact_inbox": {
            "id": link.id,
            "contact_id": link.contact_id,
            "inbox_id": link.inbox_id,
            "source_id": link.source_id,
            "created_at": iso(link.created_at),
            "updated_at": iso(link.created_at),
            "hmac_verified": False,
            "pubsub_token": link.pubsub_token,
        },
        "id": conversation.display_id,
        "inbox_id": conversation.inbox_id,
        "messages": [message_push(last, base_url)] if last else [],
        "labels": conversation.labels,
        "meta": conversation_meta(account, conversation),
        "status": conversation.status,
        "custom_attributes": conversation.custom_attributes,
        "snoozed_until": conversation.snoozed_until,
        "unread_count": conversation.unread_count,
        "first_reply_created_at": iso(conversation.first_reply_created_at)
        if conversation.first_reply_created_at
        else None,
        "priority": conversation.priority,
        "waiting_since": unix(conversation.waiting_since),
        "agent_last_seen_at": unix(conversation.agent_last_seen_at),
        "contact_last_seen_at": 0,
        "last_activity_at": unix(conversation.last_activity_at),
        "timestamp": unix(conversation.last_activity_at),
        "created_at": unix(conversation.created_at),
        "updated_at": conversation.updated_at.timestamp(),
        "account": account_brief(account),
    }


def changed_attributes(changes: Json) -> list[Json]:
    """From {attribute: (before, after)}."""
    return [{name: {"previous_value": a, "current_value": b}} for name, (a, b) in changes.items()]


EVENT_MESSAGE_TYPES = {
    MessageType.INCOMING: "incoming",
    MessageType.OUTGOING: "outgoing",
    MessageType.TEMPLATE: "template",
}


def message_event(event: str, account: Account, message: Message, base_url: str) -> Json:
    """message_created / message_updated: a flat envelope, its type in words, its creation an ISO text."""
    inbox = account.inboxes[message.inbox_id]
    envelope: Json = {
        "account": account_brief(account),
        "additional_attributes": message.additional_attributes,
        "content_attributes": message.content_attributes,
        "content_type": message.content_type,
        "content": message.content,
        "conversation": conversation_webhook(account, message.conversation, base_url),
        "created_at": iso(message.created_at),
        "id": message.id,
        "inbox": {"id": inbox.id, "name": inbox.name},
        "message_type": EVENT_MESSAGE_TYPES[message.message_type],
        "private": message.private,
        "sender": sender_webhook(account, message.sender),
        "source_id": message.source_id,
    }
    if message.attachments:
        envelope["attachments"] = [attachment_json(a, base_url) for a in message.attachments]
    return envelope | {"event": event}


def conversation_event(
    event: str, account: Account, conversation: Conversation, base_url: str, changes: Json | None = None
) -> Json:
    """Conversation events stand at the top level; only conversation_updated says what changed."""
    envelope = conversation_webhook(account, conversation, base_url) | {"event": event}
    if event == "conversation_updated":
        envelope["changed_attributes"] = changed_attributes(changes or {})
    elif event == "conversation_status_changed":
        envelope["changed_attributes"] = None
    return envelope


def typing_event(
    event: str, account: Account, conversation: Conversation, who: User | AgentBot, is_private: bool, base_url: str
) -> Json:
    return {
        "event": event,
        "user": sender_webhook(account, who),
        "conversation": conversation_webhook(account, conversation, base_url),
        "is_private": is_private,
    }


def contact_event(event: str, account: Account, contact: Contact, changes: Json | None = None) -> Json:
    envelope = contact_webhook(account, contact) | {"event": event}
    if event == "contact_updated":
        envelope["changed_attributes"] = changed_attributes(changes or {})
    return envelope
