"""What a turn says: the reply or the hand-off, put into the outbox in the turn's own transaction."""

from odoo.addons.chatwootai_mcp.chatwoot.outbox import Kind
from odoo.addons.chatwootai_mcp.chatwoot.state_machine import TurnState
from odoo.addons.chatwootai_mcp.models.outbox import MAX_CONTENT

from ..models.hand_off_rule import FAILURE
from .handing_over import hand_over

_MANAGERS = "chatwootai_agent.group_agent_manager"


def say(turn, messages, bundle, reply):
    if told := reply.hand_off:
        hand_over(turn, bundle, reply.intent, told.reason, message=told.message, team_number=told.team_id)
        turn.end(TurnState.HANDED_OVER, messages)
        return
    conversation = turn.conversation_id
    turn.env["chatwootai.outbox"].enqueue(
        conversation.connection_id,
        conversation.display_id,
        Kind.MESSAGE,
        {"content": reply.text[:MAX_CONTENT]},
        turn.origin,
        guarded=True,
        floor=bundle.first_id,
    )
    turn.end(TurnState.DONE, messages)


def call_a_person(turn, bundle, said):
    env = turn.env
    hand_over(turn, bundle, FAILURE, env._("they could not answer (%s)", said))
    turn.conversation_id.alert(_MANAGERS, env._("The agents could not answer"), said, kind="failed_turn")
