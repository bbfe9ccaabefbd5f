"""The end of a turn: its answer is said, withheld, or thrown away; or its failure is noted, and a person called."""

from odoo import fields

from odoo.addons.chatwootai_mcp.chatwoot.ownership import person_spoke
from odoo.addons.chatwootai_mcp.chatwoot.payload import Author
from odoo.addons.chatwootai_mcp.models.company_language import in_company_language
from odoo.addons.chatwootai_mcp.models.own_transaction import lock

from ..models.intake import note_conversation, take_message
from .saying import call_a_person, say
from .trace import costs, note_result, note_steps

_FAILURES = 3  # tries of the crew before a person is called
_RECONSIDERED = 3  # a customer who writes on and on is answered all the same
_FIRST_RETRY = 5  # seconds; then three times as long each time


def conclude(env, bundle, reply, steps, ms, seen, said_since):
    """The turn's end, all of it in this transaction."""
    turn = env["chatwootai.turn"].browse(bundle.turn_id)
    conversation = lock(turn.conversation_id)
    messages = env["chatwootai.message"].browse(bundle.row_ids)
    note_result(turn, reply, steps, ms)
    _take_what_was_said(conversation, seen, said_since)
    claimed = messages.filtered(lambda message: message.turn_id == turn and message.state == "waiting")
    if conversation.silence:
        turn.state = "silenced"
        claimed.state = "with_people"
        return "silent: a person took over"
    if claimed != messages:
        turn.state = "superseded"
        if claimed:  # the customer took a part of it back: the rest is answered by itself
            conversation.queue_turn()
        return "superseded: these messages are another turn's, or gone"
    if conversation.waiting_messages() - messages and bundle.attempt <= _RECONSIDERED:
        # The newer message's own job answers them together.
        turn.state = "superseded"
        return "superseded: the customer wrote on"
    say(turn, messages, bundle, reply)
    return turn.state


def _take_what_was_said(conversation, seen, said_since):
    """Bring the rows up to what Chatwoot says now, messages whose webhook never came among them."""
    if seen is not None:
        note_conversation(conversation, seen)
    own_ids, sending = conversation.env["chatwootai.outbox"].message_ids_of(
        conversation.connection_id, conversation.display_id
    )
    for message in said_since:
        if message.author is Author.CUSTOMER and not message.private:
            take_message(conversation, message)
    if person_spoke(said_since, own_ids, sending):
        conversation.take_standing(conversation._standing().heard(Author.PERSON))


def note_failure(env, bundle, said, retryable, steps, usage, ms):
    """Note a turn that failed; the seconds until the next try, or 0 when a person was called."""
    env = in_company_language(env)
    turn = env["chatwootai.turn"].browse(bundle.turn_id)
    lock(turn.conversation_id)
    messages = (
        env["chatwootai.message"]
        .browse(bundle.row_ids)
        .filtered(lambda message: message.turn_id == turn and message.state == "waiting")
    )
    failed_before = env["chatwootai.turn"].search_count(
        [
            ("conversation_id", "=", bundle.conversation_id),
            ("state", "=", "retried"),
            ("started_at", ">=", min(messages.mapped("received_at"), default=fields.Datetime.now())),
        ]
    )
    again = retryable and failed_before + 1 < _FAILURES
    turn.write({"error": said, "state": "retried" if again else "failed"} | costs(usage, ms))
    note_steps(turn, steps)
    if again:
        return _FIRST_RETRY * 3**failed_before
    if messages:
        call_a_person(turn, messages, bundle, said)
    return 0
