"""Takes the read-back before a retry away, for the tenant ``forgetful`` alone: so the tests are seen to notice.

Loaded server-wide; it patches the running process, and needs no installation in a database.
"""

from odoo.addons.chatwootai_mcp.models.outbox_delivery import Delivery

_remember = Delivery._stands_already


def _stands_already(self, client, entry):
    return False if self._env.cr.dbname == "forgetful" else _remember(self, client, entry)


Delivery._stands_already = _stands_already
