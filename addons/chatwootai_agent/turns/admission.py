"""Whether a turn may be run at all: the tenant's limits, and how often it was begun before."""

from odoo import fields

from odoo.addons.chatwootai_mcp.control import get_control
from odoo.addons.chatwootai_mcp.tenancy.quota import over

_ATTEMPTS = 8  # turns that may begin on a message, whatever ended them: workers may be killed again and again


def refusal(env, bundle):
    """Why this turn may not be run, as a sentence for the people who take over; None when it may."""
    if bundle.attempt > _ATTEMPTS:
        return env._("it was begun %s times and never ended", bundle.attempt - 1)
    limit = get_control().limits(env.cr.dbname).turns_per_day
    if limit is None:
        return None
    midnight = fields.Datetime.now().replace(hour=0, minute=0, second=0)
    today = env["chatwootai.turn"].search_count(
        [("started_at", ">=", midnight), ("state", "in", ("done", "handed_over", "silenced"))]
    )
    return env._("the limit of %s turns a day is reached", limit) if over(limit, today) else None
