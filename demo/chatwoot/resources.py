"""The JSON that Chatwoot's REST API answers with (pure functions over records)."""

from __future__ import annotations

from typing import Any

from .payloads import (
    attachment_json,
    can_reply,
    iso,
    message_push,
    sender_push,
    team_json,
    unix,
    unix_or_null,
)
from .records import Account, AgentBot, Contact, ContactInbox, Conversation, Inbox, Message, MessageType, User, Webhook

Json = dict[str, Any]


def message_json(message: Message, base_url: str, echo_id: str | None = None) -> Json:
    """echo_id is given back to the caller and kept nowhere."""
    shown: Json = {
        "id": message.id,
        "content": message.content,
        "inbox_id": message.inbox_id,
        "conversation_id": message.conversation.display_id,
        "message_type": int(message.message_type),
        "content_type": message.content_type,
        "status": message.status,
        "content_attributes": message.content_attributes,
        "created_at": unix(message.created_at),
        "private": message.private,
        "source_id": message.source_id,
    }
    if echo_id:
        shown["echo_id"] = echo_id
    if message.sender:
        shown["sender"] = sender_push(message.sender)
    if message.attachments:
        shown["attachments"] = [attachment_json(a, base_url) for a in message.attachments]
    return shown


def agent_json(user: User) -> Json:
    return {
        "id": user.id,
        "account_id": user.account_id,
        "availability_status": "online",
        "auto_offline": True,
        "confirmed": True,
        "email": user.email,
        "available_name": user.available_name,
        "name": user.name,
        "role": user.role.value,
        "thumbnail": "",
        "custom_role_id": None,
    }


def bot_json(bot: AgentBot, *, secrets: bool = False) -> Json:
    shown: Json = {
        "id": bot.id,
        "name": bot.name,
        "description": bot.description,
        "thumbnail": "",
        "outgoing_url": bot.outgoing_url,
        "bot_type": "webhook",
        "bot_config": {},
        "account_id": bot.account_id,
        "system_bot": False,
    }
    return shown | {"access_token": bot.token, "secret": bot.secret} if secrets else shown


def webhook_json(webhook: Webhook) -> Json:
    return {
        "id": webhook.id,
        "name": webhook.name,
        "url": webhook.url,
        "account_id": webhook.account_id,
        "subscriptions": webhook.subscriptions,
        "secret": webhook.secret,
    }


def contact_json(account: Account, contact: Contact, *, inboxes: bool = True) -> Json:
    shown: Json = {
        "additional_attributes": contact.additional_attributes,
        "availability_status": "offline",
        "email": contact.email,
        "id": contact.id,
        "name": contact.name,
        "phone_number": contact.phone_number,
        "blocked": contact.blocked,
        "identifier": contact.identifier,
        "thumbnail": "",
        "custom_attributes": contact.custom_attributes,
        "created_at": unix(contact.created_at),
    }
    if contact.last_activity_at:
        shown["last_activity_at"] = unix(contact.last_activity_at)
    if inboxes:
        links = [link for link in account.contact_inboxes if link.contact_id == contact.id]
        shown["contact_inboxes"] = [contact_inbox_json(account, link) for link in links]
    return shown


def contact_inbox_json(account: Account, link: ContactInbox) -> Json:
    inbox = account.inboxes[link.inbox_id]
    return {
        "source_id": link.source_id,
        "inbox": {
            "id": inbox.id,
            "avatar_url": "",
            "channel_id": inbox.id,
            "name": inbox.name,
            "channel_type": inbox.channel_type,
            "provider": "whatsapp_cloud" if inbox.phone_number else None,
        },
    }


def inbox_json(inbox: Inbox) -> Json:
    return {
        "id": inbox.id,
        "avatar_url": "",
        "channel_id": inbox.id,
        "name": inbox.name,
        "channel_type": inbox.channel_type,
        "greeting_enabled": inbox.greeting_enabled,
        "greeting_message": inbox.greeting_message,
        "working_hours_enabled": inbox.working_hours_enabled,
        "enable_email_collect": True,
        "csat_survey_enabled": False,
        "enable_auto_assignment": True,
        "auto_assignment_config": {},
        "out_of_office_message": inbox.out_of_office_message,
        "working_hours": [
            {
                "day_of_week": day.day_of_week,
                "closed_all_day": day.closed_all_day,
                "open_hour": day.open_hour,
                "open_minutes": day.open_minutes,
                "close_hour": day.close_hour,
                "close_minutes": day.close_minutes,
                "open_all_day": day.open_all_day,
            }
            for day in inbox.working_hours
        ],
        "timezone": inbox.timezone,
        "callback_webhook_url": None,
        "allow_messages_after_resolved": True,
        "lock_to_single_conversation": True,
        "sender_name_type": "friendly",
        "business_name": None,
        "phone_number": inbox.phone_number,
        "provider": "whatsapp_cloud" if inbox.phone_number else None,
    }


def conversation_json(account: Account, conversation: Conversation, base_url: str) -> Json:
    last = conversation.last()
    spoken = [m for m in conversation.messages if m.message_type is not MessageType.ACTIVITY]
    inbox = account.inboxes[conversation.inbox_id]
    meta: Json = {
        "sender": contact_json(account, account.contacts[conversation.contact_id], inboxes=False),
        "channel": inbox.channel_type,
        "hmac_verified": False,
    }
    if conversation.assignee_agent_bot_id in account.bots:
        meta |= {"assignee": bot_json(account.bots[conversation.assignee_agent_bot_id]), "assignee_type": "AgentBot"}
    elif conversation.assignee_id in account.users:
        meta |= {"assignee": agent_json(account.users[conversation.assignee_id]), "assignee_type": "User"}
    if conversation.team_id in account.teams:
        meta["team"] = team_json(account.teams[conversation.team_id])
    return {
        "meta": meta,
        "id": conversation.display_id,
        "messages": [message_push(last, base_url)] if last else [],
        "account_id": conversation.account_id,
        "uuid": conversation.uuid,
        "additional_attributes": conversation.additional_attributes,
        "agent_last_seen_at": unix(conversation.agent_last_seen_at),
        "assignee_last_seen_at": 0,
        "can_reply": can_reply(account, conversation),
        "contact_last_seen_at": 0,
        "custom_attributes": conversation.custom_attributes,
        "inbox_id": conversation.inbox_id,
        "labels": conversation.labels,
        "muted": False,
        "snoozed_until": conversation.snoozed_until,
        "status": conversation.status,
        "created_at": unix(conversation.created_at),
        "updated_at": conversation.updated_at.timestamp(),
        "timestamp": unix(conversation.last_activity_at),
        "first_reply_created_at": unix(conversation.first_reply_created_at),
        "unread_count": conversation.unread_count,
        "last_non_activity_message": message_push(spoken[-1], base_url) if spoken else None,
        "last_activity_at": unix(conversation.last_activity_at),
        "priority": conversation.priority,
        "waiting_since": unix(conversation.waiting_since),
        "sla_policy_id": None,
    }


def messages_meta(account: Account, conversation: Conversation) -> Json:
    meta: Json = {
        "labels": conversation.labels,
        "additional_attributes": conversation.additional_attributes,
        "contact": contact_json(account, account.contacts[conversation.contact_id], inboxes=False),
        "agent_last_seen_at": iso(conversation.agent_last_seen_at) if conversation.agent_last_seen_at else None,
        "assignee_last_seen_at": None,
    }
    if conversation.assignee_id in account.users:
        meta["assignee"] = agent_json(account.users[conversation.assignee_id])
    return meta


def profile_json(account: Account, user: User) -> Json:
    return {
        "id": user.id,
        "access_token": user.token,
        "account_id": account.id,
        "available_name": user.available_name,
        "avatar_url": "",
        "confirmed": True,
        "display_name": None,
        "message_signature": None,
        "email": user.email,
        "inviter_id": None,
        "name": user.name,
        "provider": "email",
        "role": user.role.value,
        "ui_settings": {},
        "uid": user.email,
        "type": None,
        "custom_attributes": {},
        "accounts": [
            {
                "id": account.id,
                "name": account.name,
                "status": "active",
                "active_at": None,
                "role": user.role.value,
                "permissions": [user.role.value],
                "availability": "online",
                "availability_status": "online",
                "auto_offline": True,
                "custom_role_id": None,
                "custom_role": None,
            }
        ],
    }


def account_json(account: Account) -> Json:
    return {
        "id": account.id,
        "name": account.name,
        "locale": account.locale,
        "status": "active",
        "created_at": iso(account.created_at),
        "features": {},
        "custom_attributes": {},
        "settings": {},
    }


def page_view(account: Account, conversation: Conversation, base_url: str) -> Json:
    """A conversation for the stand-in's own page and control API: everything, notes and activity too."""
    contact = account.contacts[conversation.contact_id]
    assignee = account.users.get(conversation.assignee_id) if conversation.assignee_id else None
    return {
        "account_id": account.id,
        "id": conversation.display_id,
        "inbox_id": conversation.inbox_id,
        "contact": {"id": contact.id, "name": contact.name, "phone": contact.phone_number},
        "status": conversation.status,
        "assignee": assignee.name if assignee else None,
        "labels": conversation.labels,
        "priority": conversation.priority,
        "typing": conversation.typing,
        "last_activity_at": unix_or_null(conversation.last_activity_at),
        "messages": [_page_message(message, base_url) for message in conversation.messages[-300:]],
    }


def _page_message(message: Message, base_url: str) -> Json:
    if message.message_type is MessageType.ACTIVITY:
        author = "system"
    elif isinstance(message.sender, Contact):
        author = "customer"
    elif isinstance(message.sender, AgentBot):
        author = "bot"
    else:
        author = "person"
    return {
        "id": message.id,
        "author": author,
        "name": message.sender.name if message.sender else None,
        "content": message.content,
        "private": message.private,
        "status": message.status,
        "at": message.created_at.timestamp(),
        "attachments": [
            {"file_type": a.file_type, "name": a.filename, "url": attachment_json(a, base_url)["data_url"]}
            for a in message.attachments
        ],
    }
