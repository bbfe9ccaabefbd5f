"""The end of a turn: its answer is said, withheld, or thrown away; or its failure is noted, and a person called."""

from odoo.addons.chatwootai_mcp.chatwoot.state_machine import (
    MessageState,
    TurnState,
    end_of_failure,
    end_of_thinking,
)
from odoo.addons.chatwootai_mcp.models.company_language import in_company_language
from odoo.addons.chatwootai_mcp.models.own_transaction import lock

from .intake import note_conversation, take_list
from .saying import call_a_person, say
from .trace import costs, note_result, note_steps

_TRIES = 3  # of the crew before a person is called
_FIRST_RETRY = 5  # seconds; then three times as long each time


def conclude(env, bundle, reply, steps, ms, seen, listed):
    """The turn's end, all of it in this transaction."""
    turn = env["chatwootai.turn"].browse(bundle.turn_id)
    conversation = lock(turn.conversation_id)
    note_result(turn, reply, steps, ms)
    if seen is not None:
        note_conversation(conversation, seen)
        take_list(conversation, listed)
    messages = _claimed(env, bundle, turn)
    if turn.state != TurnState.RUNNING:
        return "another process has taken it for dead: it says nothing"
    end = end_of_thinking(
        conversation._standing(),
        all_claimed=len(messages) == len(bundle.row_ids),
        more_waits=bool(conversation.waiting_messages() - messages),
        attempt=bundle.attempt,
    )
    if end is None:
        say(turn, messages, bundle, reply)
    else:
        turn.end(end, messages)
    return turn.state


def _claimed(env, bundle, turn):
    """The turn's messages that still wait for it."""
    messages = env["chatwootai.message"].browse(bundle.row_ids)
    return messages.filtered(lambda message: message.turn_id == turn and message.state == MessageState.WAITING)


def note_failure(env, bundle, said, retryable, steps, usage, ms):
    """Note a turn that failed; the seconds until the next try, or 0 when a person was called."""
    env = in_company_language(env)
    turn = env["chatwootai.turn"].browse(bundle.turn_id)
    conversation = lock(turn.conversation_id)
    messages = _claimed(env, bundle, turn)
    turn.write({"error": said} | costs(usage, ms))
    note_steps(turn, steps)
    if turn.state != TurnState.RUNNING:
        return 0
    if not messages:
        turn.end(TurnState.SILENCED if conversation.silence else TurnState.SUPERSEDED, messages)
        return 0
    failed_before = env["chatwootai.turn"].search_count(
        [
            ("conversation_id", "=", bundle.conversation_id),
            ("state", "=", TurnState.RETRIED),
            ("started_at", ">=", min(messages.mapped("received_at"))),
        ]
    )
    end = end_of_failure(retryable=retryable, failures=failed_before + 1, tries=_TRIES)
    if end is TurnState.RETRIED:
        turn.end(end, messages)
        return _FIRST_RETRY * 3**failed_before
    call_a_person(turn, bundle, said)
    turn.end(end, messages)
    return 0
