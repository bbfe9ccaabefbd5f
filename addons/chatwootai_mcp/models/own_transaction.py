"""A transaction of one's own beside the caller's: what is written in it stands, whatever becomes of the caller.

A job's cursor stays open for the whole run and may not be committed; what must be known before a request leaves, or
must survive a failure, is written here. It sees what others committed meanwhile, which the job's snapshot does not.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from odoo import SUPERUSER_ID, api
from odoo.service.model import retrying


def in_own_transaction(env: api.Environment, work: Callable[..., Any], *arguments: Any) -> Any:
    """``work(own environment, *arguments)``, committed; as superuser, again after a serialization failure."""
    with env.registry.cursor() as cr:
        own = api.Environment(cr, SUPERUSER_ID, {})
        return retrying(partial(work, own, *arguments), own)
