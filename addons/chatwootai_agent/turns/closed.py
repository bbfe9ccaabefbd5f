"""Where the agents do not answer: outside business hours, or in an inbox that is the people's.

Outside hours a customer is told so once until it opens (Chatwoot's own out-of-office message, where there is one, says
it instead). Then, as the tenant chose, the messages wait for the agents until it opens, or are opened for people.
"""

from datetime import UTC

from odoo import fields

from odoo.addons.chatwootai_mcp.chatwoot.outbox import Kind
from odoo.addons.chatwootai_mcp.chatwoot.state_machine import MessageState
from odoo.addons.chatwootai_mcp.models.company_language import in_company_language
from odoo.addons.chatwootai_mcp.models.outbox import MAX_CONTENT

from .handing_over import CLOSED, enqueue, routing, spoken_moment

_OFTEN_ENOUGH = 3600.0  # seconds: hours may be changed while it is closed, by a calendar or in Chatwoot


def agents_answer(inbox):
    """Whether the agents answer in the inbox at this moment."""
    return inbox.answering == "always" or (inbox.answering == "in_hours" and inbox._is_open())


def people_answer(inbox):
    """Whether what waits would be left to people at this moment."""
    return not agents_answer(inbox) and (inbox.answering == "never" or _people_when_closed(inbox))


def _people_when_closed(inbox):
    return inbox.when_closed == "people" or inbox._opens_at() is None


def stand_aside(conversation, inbox, messages):
    """Do what is done while the agents do not answer. The seconds until they may, or None when people answer."""
    if inbox.answering == "never":
        _leave_to_people(conversation, inbox, messages)
        return None
    env = in_company_language(conversation.env)
    opens_at = inbox._opens_at()
    floor = min(messages.mapped("chatwoot_id"))
    if not (_was_told(conversation) or inbox._chatwoot_says_it_is_closed()):
        _enqueue(conversation, [(Kind.MESSAGE, {"content": _away_message(env, inbox, opens_at)})], floor)
    conversation.closed_until = opens_at and opens_at.astimezone(UTC).replace(tzinfo=None)
    if _people_when_closed(inbox):
        asked = "\n".join(filter(None, (message.readable_text() for message in messages)))
        note = env._("This came outside business hours, when the agents do not answer.\n\nAsked:\n%s", asked)
        _leave_to_people(conversation, inbox, messages, note[:MAX_CONTENT])
        return None
    return min(_OFTEN_ENOUGH, max(1.0, (conversation.closed_until - fields.Datetime.now()).total_seconds()))


def _leave_to_people(conversation, inbox, messages, note=None):
    """Open it, so that people see it: a pending conversation is on nobody's list."""
    notes = [(Kind.PRIVATE_NOTE, {"content": note})] if note else []
    routes = routing(conversation, inbox, CLOSED if note else None)
    _enqueue(conversation, [*notes, *routes], min(messages.mapped("chatwoot_id")))
    messages.state = MessageState.WITH_PEOPLE


def _was_told(conversation):
    """Whether the customer, who may have begun another conversation since, was told already that it is closed."""
    same_customer = [("id", "=", conversation.id)]
    if conversation.channel_identity:
        same_customer = [
            ("connection_id", "=", conversation.connection_id.id),
            ("inbox_id", "=", conversation.inbox_id),
            ("channel_identity", "=", conversation.channel_identity),
        ]
    closed_still = ("closed_until", ">", fields.Datetime.now())
    return bool(conversation.search_count([*same_customer, closed_still], limit=1))


def _away_message(env, inbox, opens_at):
    if inbox.away_message:
        return inbox.away_message
    if opens_at is None:
        return env._("Thank you for your message. We are closed now and will answer as soon as we can.")
    moment = spoken_moment(env, opens_at)
    return env._("Thank you for your message. We are closed now and will answer %(moment)s.", moment=moment)


def _enqueue(conversation, things, floor):
    enqueue(conversation, things, f"conversation:{conversation.id}", floor)
