"""Hands a conversation over to people: the customer is told once, the people why, and it goes where the rules say.

All of it is one entry after another in the outbox, stored in the caller's transaction. The order: the customer's
message (withheld when a person is there already), the note, priority, team and person (withheld with it when somebody
is assigned; before it is opened, so that Chatwoot assigns nobody else), the opening, and last the labels, whose failure
then delays nothing.
"""

from datetime import timedelta

from babel.dates import format_skeleton, get_day_names

from odoo import fields
from odoo.tools.misc import babel_locale_parse, get_lang

from odoo.addons.chatwootai_mcp.chatwoot.outbox import Kind
from odoo.addons.chatwootai_mcp.models.company_language import in_company_language
from odoo.addons.chatwootai_mcp.models.outbox import MAX_CONTENT

from ..crews.wording import wording_of
from .summary import summary

#: Causes that are no intent of the customer's.
FAILURE, CLOSED = "failure", "closed"


def hand_over(turn, bundle, intent, reason, *, message=None, team_number=None):
    """The agents' hand-off of a turn: told to the customer, explained to the people, and opened."""
    conversation = turn.conversation_id
    env = in_company_language(turn.env)
    inbox = conversation._inbox()
    told = [message or usual_message(env), _when_people_are_there(env, inbox)]
    things = [
        (Kind.MESSAGE, {"content": "\n".join(filter(None, told))[:MAX_CONTENT]}),
        (Kind.PRIVATE_NOTE, {"content": summary(env, bundle, reason, turn.step_ids)[:MAX_CONTENT]}),
        *routing(conversation, inbox, intent, team_number),
    ]
    enqueue(conversation, things, turn.origin, bundle.first_id)


def routing(conversation, inbox, intent, team_number=None):
    """What puts the conversation before the right people: the first rule that fits, and the opening."""
    rule = conversation.env["chatwootai.hand.off.rule"]._for(conversation.connection_id, inbox, intent)
    team_number = rule.team_id.number or team_number
    labels = rule._labels()
    if rule.priority:
        yield Kind.PRIORITY, {"priority": rule.priority}
    if team_number:
        yield Kind.ASSIGNMENT, {"team_id": team_number}
    if rule.agent_id:
        yield Kind.ASSIGNMENT, {"assignee_id": rule.agent_id.number}
    yield Kind.STATUS, {"status": "open", "when": "pending"}
    if labels:
        yield Kind.LABELS, {"labels": labels}


def usual_message(env):
    """What the customer reads when the crew has no words for it: the tenant's sentence, or a general one."""
    company = env.company.sudo()
    return company.chatwootai_hand_off_message or wording_of(env.lang or "").hand_off


def _when_people_are_there(env, inbox):
    """When people are there again, where they are not now and Chatwoot does not say so itself."""
    opens_at = inbox._opens_at()
    if opens_at is None or inbox._chatwoot_says_it_is_closed():
        return ""
    return env._("Our team is back %(moment)s.", moment=spoken_moment(env, opens_at))


def spoken_moment(env, moment):
    """A moment soon, as one says it: today at 14:00, tomorrow at 09:00, on Monday, July 6 at 09:00."""
    time = f"{moment:%H:%M}"
    today = fields.Datetime.context_timestamp(
        env["res.users"].with_context(tz=moment.tzinfo.key), fields.Datetime.now()
    )
    if moment.date() == today.date():
        return env._("today at %(time)s", time=time)
    if moment.date() == today.date() + timedelta(days=1):
        return env._("tomorrow at %(time)s", time=time)
    locale = babel_locale_parse(get_lang(env).code)
    day = f"{get_day_names(locale=locale)[moment.weekday()]}, {format_skeleton('MMMMd', moment.date(), locale=locale)}"
    return env._("on %(day)s at %(time)s", day=day, time=time)


def enqueue(conversation, things, origin, floor):
    """Store these in the outbox, in this order; what is said to the customer only while the agents answer.

    :param floor: the newest message known
    """
    conversation.env["chatwootai.outbox"].enqueue_all(
        conversation.connection_id, conversation.display_id, things, origin, guarded=True, floor=floor
    )
