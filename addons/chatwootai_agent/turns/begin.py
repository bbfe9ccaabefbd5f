"""The beginning of a turn: what waits is claimed, unless it is too early or people have the conversation."""

from datetime import timedelta

from odoo import fields

from odoo.addons.chatwootai_mcp.chatwoot.state_machine import MessageState, Silence, TurnState
from odoo.addons.chatwootai_mcp.models.company_language import in_company_language
from odoo.addons.chatwootai_mcp.models.own_transaction import lock

from ..models.inbox import LONGEST_PAUSE
from ..models.intake import note_conversation
from .admission import refusal
from .bundle import bundle_of
from .closed import agents_answer, stand_aside

_READING_SECONDS = 3.0  # until it is asked again whether files were read; whoever reads them says so too


def resolved_but_waiting(env, conversation_id):
    """(connection, display id) where a customer's message waits in a resolved conversation."""
    conversation = env["chatwootai.conversation"].browse(conversation_id).exists()
    if conversation and conversation.silence == Silence.RESOLVED and conversation.waiting_messages():
        return conversation.connection_id.id, conversation.display_id
    return None


def note_conversation_again(env, conversation_id, seen):
    note_conversation(lock(env["chatwootai.conversation"].browse(conversation_id)), seen)


def begin(env, conversation_id, no_seat=None):
    """(bundle, why it may not be answered) of a new turn; seconds to wait; None when there is nothing to answer.

    :param no_seat: why the turn has no place among those at once, and may not be answered for that
    """
    conversation = lock(env["chatwootai.conversation"].browse(conversation_id))
    messages = conversation.waiting_messages() if conversation else None
    if not messages:
        return None
    if conversation.silence or _hand_off_is_under_way(conversation):
        messages.state = MessageState.WITH_PEOPLE
        return None
    inbox = conversation._inbox()
    if early := _seconds_too_early(inbox, messages):
        return early
    if messages.being_read():
        return _READING_SECONDS
    if not agents_answer(inbox):
        return stand_aside(conversation, inbox, messages)
    conversation.turn_ids.filtered(lambda turn: turn.state == TurnState.RUNNING).interrupt()
    turn = env["chatwootai.turn"].create({"conversation_id": conversation.id})
    for message in messages:
        message.write({"turn_id": turn.id, "attempts": message.attempts + 1})
    bundle = bundle_of(turn, messages)
    turn.question = bundle.text
    return bundle, refusal(in_company_language(env), bundle, no_seat)


def _hand_off_is_under_way(conversation):
    """The agents have handed it over, and Chatwoot was not told yet."""
    waiting = conversation.env["chatwootai.outbox"].search(
        [
            ("connection_id", "=", conversation.connection_id.id),
            ("conversation_display_id", "=", conversation.display_id),
            ("kind", "=", "status"),
            ("state", "in", ("queued", "sending")),
        ]
    )
    return any(entry.payload["status"] == "open" for entry in waiting)


def _seconds_too_early(inbox, messages):
    """The pause counts from the newest message; whoever writes on and on is not kept waiting for it for ever."""
    received = messages.mapped("received_at")
    pause = inbox.pause_seconds
    due = min(max(received) + timedelta(seconds=pause), min(received) + timedelta(seconds=max(pause, LONGEST_PAUSE)))
    return max(0.0, (due - fields.Datetime.now()).total_seconds())
