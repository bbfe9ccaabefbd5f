"""Whether a turn may be run at all: a place among those at once, the tenant's limits, and how often it was begun."""

from contextlib import contextmanager
from datetime import timedelta

from odoo import fields

from odoo.addons.chatwootai_mcp.control import get_control
from odoo.addons.chatwootai_mcp.models.company_language import in_company_language
from odoo.addons.chatwootai_mcp.servers.quota_gate import place
from odoo.addons.chatwootai_mcp.servers.stores_of_process import get_stores
from odoo.addons.chatwootai_mcp.servers.usage_meter import meter
from odoo.addons.queue_job.exception import RetryableJobError

_ATTEMPTS = 8  # turns that may begin on a message, whatever ended them: workers may be killed again and again
_PLACE_RETRY = 2  # seconds until a place is asked for again
_PATIENCE = timedelta(minutes=3)  # how long a customer waits for a place before people are asked
_BESIDE_THINKING = 60  # seconds a turn may take for everything around its budget
QUOTA = "quota"  # why people were asked, in the turn's `hand_off_cause`


@contextmanager
def seat(conversation):
    """A place among the tenant's turns at once, over all processes; yields why there is none, for a customer who has
    waited long enough for one.

    :raises RetryableJobError: all are taken
    """
    env = conversation.env
    account_id = env.cr.dbname
    limit = get_control().limits(account_id).concurrent
    seconds = env.company.sudo().chatwootai_turn_seconds + _BESIDE_THINKING
    with place(get_stores().cache, account_id, "turns", limit, seconds) as free:
        if free:
            yield None
            return
        meter.add(account_id, reached="concurrent")
        received = conversation.waiting_messages().mapped("received_at")
        if not received or fields.Datetime.now() - min(received) < _PATIENCE:
            raise RetryableJobError("The account's other answers come first.", _PLACE_RETRY, ignore_retry=True)
        yield in_company_language(env)._(
            "%s other answers were being thought of at once, which is the account's limit", limit
        )


def refusal(env, bundle, no_seat=None):
    """Why this turn may not be run, as a sentence for the people who take over; None when it may."""
    if bundle.attempt > _ATTEMPTS:
        return env._("it was begun %s times and never ended", bundle.attempt - 1)
    reason = no_seat or limit_reached(env)
    if reason:
        env["chatwootai.turn"].browse(bundle.turn_id).hand_off_cause = QUOTA
    return reason


def limit_reached(env):
    """Which of the tenant's limits on what its models may do is reached, as a sentence; None when none is."""
    limits = env["chatwootai.limit"]
    reached = None
    for kind, used in env["chatwootai.usage"]._spent().items():
        if limits._watch(kind, used) and reached is None:
            reached = kind
    if reached is None:
        return None
    return env._(
        "the account's limit is reached: %(limit)s; it begins anew on %(when)s (UTC)",
        limit=limits._label(reached),
        when=limits._resets_at(reached),
    )
