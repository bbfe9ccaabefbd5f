"""Asks how conversations stand in which nothing was said for a while.

Chatwoot tells once that a conversation was resolved or given back. Where that word is lost, the agents would be silent
for ever in one that people had, and take what was said before for context in another. What turns out to be resolved is
theirs from the customer's next message on, with a fresh context.

What is still pending after a person spoke in it is on nobody's list in Chatwoot. Whether the customer's last message
began anew what was resolved, or was left by that person, Chatwoot does not tell: it is opened, and people answer it.
"""

from datetime import timedelta

from odoo import fields
from odoo.tools import SQL

from odoo.addons.chatwootai_mcp.chatwoot.outbox import Kind
from odoo.addons.chatwootai_mcp.chatwoot.state_machine import PENDING, Answerer
from odoo.addons.chatwootai_mcp.models.company_language import in_company_language
from odoo.addons.chatwootai_mcp.models.own_transaction import lock

from ..crews.goodbye import is_goodbye
from .begin import hand_off_is_under_way
from .giving_back import take_up
from .handing_over import enqueue, routing
from .intake import note_conversation, take_list

QUIET = timedelta(minutes=30)
_FARTHEST = timedelta(days=30)
_AT_ONCE = 50


def to_ask_after(env, connection_id):
    """(row, display id, read through) of those to ask after now: each time after twice as long a silence."""
    now = fields.Datetime.now()
    return env.execute_query(
        SQL(
            """
            SELECT id, display_id, coalesce(read_through, 0) FROM chatwootai_conversation
            WHERE connection_id = %(connection)s AND silence IS DISTINCT FROM 'resolved'
                AND last_message_at BETWEEN %(farthest)s AND %(quiet)s
                AND (asked_after_at IS NULL OR asked_after_at < last_message_at
                    OR %(now)s - last_message_at >= 2 * (asked_after_at - last_message_at))
            ORDER BY asked_after_at NULLS FIRST, last_message_at LIMIT %(at_once)s
            """,
            connection=connection_id,
            farthest=now - _FARTHEST,
            quiet=now - QUIET,
            now=now,
            at_once=_AT_ONCE,
        )
    )


def note_answer(env, conversation_id, seen=None, messages=()):
    """How one stands that was asked after; nothing of one that is gone. Whether customers had waited in it."""
    conversation = lock(env["chatwootai.conversation"].browse(conversation_id))
    if not conversation:
        return False
    conversation.asked_after_at = fields.Datetime.now()
    if seen is None:
        return False
    note_conversation(conversation, seen)
    take_list(conversation, messages)
    if take_up(conversation, found=True):
        return True
    left = _left_to_nobody(conversation)
    if left:
        _open(conversation, left)
    return bool(left)


def _left_to_nobody(conversation):
    """The customer's last message, where it is for people who do not see it; none where it is not."""
    # What Chatwoot said by itself, or another bot, is no answer of the people's.
    said = [("conversation_id", "=", conversation.id), ("author", "in", ["customer", "agents", "person"])]
    messages = conversation.env["chatwootai.message"]
    last = messages.search(said, order="chatwoot_id desc, picked desc", limit=1)
    # A choice has the number of what offered it, however late it was tapped.
    last = messages.search([*said, ("picked", "=", True), ("id", ">", last.id)], order="id desc", limit=1) or last
    for_people = conversation.status == PENDING and conversation._standing().answerer is Answerer.PEOPLE
    if not for_people or last.author != "customer" or last.received_at > fields.Datetime.now() - QUIET:
        return last.browse()
    if is_goodbye(last.readable_text()) or hand_off_is_under_way(conversation):
        return last.browse()
    return last


def _open(conversation, message):
    env = in_company_language(conversation.env)
    note = env._(
        "The customer's last message was not answered by anybody: a person had answered here before, so that the agents"
        " are silent, and a pending conversation is on nobody's list. It is opened now."
    )
    things = [(Kind.PRIVATE_NOTE, {"content": note}), *routing(conversation, conversation._inbox(), None)]
    enqueue(conversation, things, f"conversation:{conversation.id}", message.chatwoot_id)
