"""The trace of a turn: what it said, each step that led to it, and what it cost."""

from odoo import fields

from odoo.addons.chatwootai_mcp.tenancy.masking import mask

from ..crews.goodbye import CLOSING
from ..crews.intent import PERSON, SPECIALISTS

_INTENTS = frozenset((*SPECIALISTS, PERSON, CLOSING))


def note_result(turn, reply, steps, ms):
    hand_off = reply.hand_off
    turn.write(
        {
            "intent": reply.intent in _INTENTS and reply.intent,
            "reply": reply.text,
            "hand_off_cause": hand_off and hand_off.cause,
            "hand_off_reason": hand_off and hand_off.reason,
        }
        | costs(reply.usage, ms)
    )
    note_steps(turn, reply.steps or steps)


def costs(usage, ms):
    costs = {"ended_at": fields.Datetime.now(), "total_ms": ms}
    if usage is not None:
        costs |= {
            "llm_calls": usage.llm_calls,
            "tool_calls": usage.tool_calls,
            "tokens_in": usage.prompt_tokens,
            "tokens_out": usage.completion_tokens,
        }
    return costs


def note_steps(turn, steps):
    turn.env["chatwootai.turn.step"].create(
        [
            {
                "turn_id": turn.id,
                "sequence": number,
                "kind": step.kind,
                "name": step.name,
                "arguments": mask(step.arguments),
                "result": step.result,
                "ok": step.ok,
                "ms": step.ms,
                "tokens": step.tokens,
            }
            for number, step in enumerate(steps, 1)
        ]
    )
