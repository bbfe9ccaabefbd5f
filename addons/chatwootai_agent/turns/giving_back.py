"""What the agents answer when people give a conversation back: what the customer wrote last, if nobody answered it."""

from odoo import fields

from odoo.addons.chatwootai_mcp.chatwoot.payload import Author
from odoo.addons.chatwootai_mcp.chatwoot.state_machine import Answerer, MessageState

from ..crews.goodbye import is_goodbye
from .closed import people_answer


def take_up(conversation, *, found=False):
    """Have what is left to nobody answered; the messages. The conversation is locked, and the agents have it.

    :param found: no webhook told of the giving back: it may have been hours ago
    """
    messages = _left_to_nobody(conversation)
    if messages:
        # To the agents it comes now: that it waited for people is no reason to hurry, and none to hand it over.
        messages.write({"state": MessageState.WAITING, "received_at": fields.Datetime.now(), "found": found})
        for message in messages.filtered("attachments"):
            message.queue_reading()
        conversation.queue_turn()
    return messages


def _left_to_nobody(conversation):
    """The customer's messages that people had, and after which no person and no bot said anything."""
    with_people = conversation._messages_with_people()
    if not with_people or conversation._standing().answerer is not Answerer.AGENTS:
        return with_people.browse()
    last_word = with_people.search(
        [("conversation_id", "=", conversation.id), ("author", "in", [Author.PERSON, Author.BOT])],
        order="chatwoot_id desc",
        limit=1,
    )
    left = with_people.filtered(lambda message: _came_after(message, last_word) and not _was_told(message))
    if is_goodbye("\n".join(message.readable_text() for message in left)) or people_answer(conversation._inbox()):
        return left.browse()
    return left


def _came_after(message, last_word):
    """A choice that was tapped has the number of what offered it: there the order in which they came decides."""
    if message.picked:
        return message.id > last_word.id
    return message.chatwoot_id > last_word.chatwoot_id


def _was_told(message):
    """Whether some of the agents' answer to it was said before a person took over."""
    return any(entry.kind == "message" and entry.chatwoot_message_id for entry in message.turn_id.outbox_ids)
