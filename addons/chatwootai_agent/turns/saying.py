"""What a turn says: the reply or the hand-off, put into the outbox in the turn's own transaction."""

import mimetypes

from odoo.addons.chatwootai_mcp.chatwoot.outbox import Kind
from odoo.addons.chatwootai_mcp.chatwoot.state_machine import TurnState
from odoo.addons.chatwootai_mcp.models.outbox import MAX_CONTENT

from ..crews.goodbye import CLOSING
from ..crews.part import Part
from .admission import QUOTA
from .closing import after_farewell
from .handing_over import FAILURE, enqueue, hand_over

_MANAGERS = "chatwootai_agent.group_agent_manager"


def say(turn, messages, bundle, reply):
    if told := reply.hand_off:
        hand_over(turn, bundle, reply.intent, told.reason, message=told.message, team_number=told.team_id)
        turn.end(TurnState.HANDED_OVER, messages)
        return
    conversation = turn.conversation_id
    things = [(Kind.MESSAGE, payload) for payload in _payloads(turn.env, reply)]
    if reply.intent == CLOSING:
        things += after_farewell(conversation, messages)
    enqueue(conversation, things, turn.origin, bundle.first_id)
    turn.end(TurnState.DONE, messages)


def call_a_person(turn, bundle, said):
    env = turn.env
    hand_over(turn, bundle, FAILURE, env._("they could not answer (%s)", said))
    if turn.hand_off_cause != QUOTA:  # a limit has its own alert: one, not one for each conversation
        turn.conversation_id.alert(_MANAGERS, env._("The agents could not answer"), said, kind="failed_turn")


def _payloads(env, reply):
    """The messages the reply is sent as, each of them an entry of the outbox."""
    for part in reply.parts or (Part(reply.text),):
        payload = {"content": part.text[:MAX_CONTENT]}
        if part.content_type != "text":
            payload["content_type"] = part.content_type
        if part.items:
            payload["content_attributes"] = {"items": list(part.items)}
        if part.files:
            files = [kept for file in part.files if (kept := _kept(env, file))]
            if not files:
                continue  # archived or emptied while the crew thought: its bare name would be no answer
            payload |= {"attachment_ids": [attachment.id for attachment, _name in files]}
            payload |= {"file_names": [name for _attachment, name in files]}
        yield payload


def _kept(env, file):
    """The attachment that holds a file the crew looked up, and what it is called; nothing where it is gone."""
    if file.kind == "product":
        template = env["product.product"].browse(file.record_id).exists().product_tmpl_id
        attachment = _attachment(env, template, "image_1920")
        name = f"{file.name}{mimetypes.guess_extension(attachment.mimetype or '') or ''}"
    else:
        document = env["company.services.document"].sudo().browse(file.record_id).exists()
        attachment = _attachment(env, document, "file")
        name = document.filename or file.name
    return (attachment, name) if attachment else None


def _attachment(env, record, field):
    kept = [("res_model", "=", record._name), ("res_field", "=", field), ("res_id", "in", record.ids)]
    return env["ir.attachment"].sudo().search(kept, limit=1)
