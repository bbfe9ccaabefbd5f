"""What a turn says: the reply or the hand-off, put into the outbox in the turn's own transaction."""

from odoo.addons.chatwootai_mcp.models.company_language import in_company_language
from odoo.addons.chatwootai_mcp.models.outbox import MAX_CONTENT

_MANAGERS = "chatwootai_agent.group_agent_manager"


def say(turn, messages, bundle, reply):
    conversation, outbox = turn.conversation_id, turn.env["chatwootai.outbox"]
    where = (conversation.connection_id, conversation.display_id)
    if reply.hand_off:
        outbox.hand_off(
            *where,
            message=reply.hand_off.message[:MAX_CONTENT],
            note=_note(in_company_language(turn.env), bundle, reply.hand_off.reason),
            team_id=reply.hand_off.team_id,
            origin=turn.origin,
            floor=bundle.first_id,
        )
        turn.state, messages.state = "handed_over", "handed_over"
    else:
        outbox.enqueue(
            *where,
            "message",
            {"content": reply.text[:MAX_CONTENT]},
            turn.origin,
            guarded=True,
            floor=bundle.first_id,
        )
        turn.state, messages.state = "done", "answered"


def call_a_person(turn, messages, bundle, said):
    env, conversation = turn.env, turn.conversation_id
    messages.state = "handed_over"
    env["chatwootai.outbox"].hand_off(
        conversation.connection_id,
        conversation.display_id,
        message=env.company.sudo().chatwootai_hand_off_message or None,
        note=_note(env, bundle, env._("they could not answer (%s)", said)),
        team_id=env.company.sudo().chatwootai_hand_off_team or None,
        origin=turn.origin,
        floor=bundle.first_id,
    )
    conversation.alert(_MANAGERS, env._("The agents could not answer"), said, kind="failed_turn")


def _note(env, bundle, reason):
    asked = bundle.text or env._("(no text)")
    return env._(
        "The agents hand this conversation over: %(reason)s.\n\nAsked:\n%(asked)s", reason=reason, asked=asked
    )[:MAX_CONTENT]
