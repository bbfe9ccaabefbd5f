"""The beginning of a turn: what waits is claimed, unless it is too early or people have the conversation."""

from dataclasses import dataclass
from datetime import timedelta

from odoo import fields

from odoo.addons.chatwootai_mcp.chatwoot.state_machine import MessageState, Silence, TurnState
from odoo.addons.chatwootai_mcp.models.company_language import in_company_language
from odoo.addons.chatwootai_mcp.models.own_transaction import lock
from odoo.addons.chatwootai_mcp.models.parameters import whole_number

from .admission import refusal
from .bundle import bundle_of
from .closed import agents_answer, stand_aside
from .intake import note_conversation
from .pause import LONGEST_PAUSE

_READING_SECONDS = 3.0  # until it is asked again whether files were read; whoever reads them says so too
_TOO_LATE = "chatwootai_agent.too_late_hours"
_TOO_LATE_HOURS = 6


@dataclass(frozen=True)
class TooEarly:
    """Look again after so many seconds."""

    seconds: float
    connection_id: int
    display_id: int
    why: str
    show_typing: bool = False


def resolved_but_waiting(env, conversation_id):
    """(connection, display id) where a customer's message waits in a resolved conversation."""
    conversation = env["chatwootai.conversation"].browse(conversation_id).exists()
    if conversation and conversation.silence == Silence.RESOLVED and conversation.waiting_messages():
        return conversation.connection_id.id, conversation.display_id
    return None


def note_conversation_again(env, conversation_id, seen):
    note_conversation(lock(env["chatwootai.conversation"].browse(conversation_id)), seen)


def begin(env, conversation_id, no_seat=None):
    """(bundle, why it may not be answered) of a new turn; or TooEarly; None when there is nothing to answer.

    :param no_seat: why the turn has no place among those at once, and may not be answered for that
    """
    conversation = lock(env["chatwootai.conversation"].browse(conversation_id))
    messages = conversation.waiting_messages() if conversation else None
    if not messages:
        return None
    if conversation.silence or hand_off_is_under_way(conversation):
        messages.state = MessageState.WITH_PEOPLE
        return None
    inbox = conversation._inbox()
    where = (conversation.connection_id.id, conversation.display_id)
    if seconds := _seconds_too_early(inbox, messages):
        return TooEarly(seconds, *where, "The customer may still be writing.", show_typing=True)
    if messages.being_read():
        return TooEarly(_READING_SECONDS, *where, "What the customer attached is being read.", show_typing=True)
    if not agents_answer(inbox):
        seconds = stand_aside(conversation, inbox, messages)
        return seconds and TooEarly(seconds, *where, "The agents do not answer at this hour.")
    conversation.turn_ids.filtered(lambda turn: turn.state == TurnState.RUNNING).interrupt()
    turn = env["chatwootai.turn"].create({"conversation_id": conversation.id})
    for message in messages:
        message.write({"turn_id": turn.id, "attempts": message.attempts + 1})
    bundle = bundle_of(turn, messages)
    turn.question = bundle.text
    env = in_company_language(env)
    return bundle, _came_too_late(env, messages) or refusal(env, bundle, no_seat)


def _came_too_late(env, messages):
    """Why messages that were found long after they were written are for people; None when they are not.

    One that a webhook told of is answered however late it came: Chatwoot is asked before who has answered since.
    """
    hours = whole_number(env, _TOO_LATE, _TOO_LATE_HOURS)
    times = [(message.written_at, message.received_at) for message in messages if message.found and message.written_at]
    if not any(received - written > timedelta(hours=hours) for written, received in times):
        return None
    written = fields.Datetime.to_string(min(written for written, _received in times))
    return env._("it was written at %s (UTC), and reached the agents only hours later", written)


def hand_off_is_under_way(conversation):
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
