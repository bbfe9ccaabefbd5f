"""One Chatwoot account, one tenant: a connection claims its pair of address and account in the control database.

Without this, a second tenant could connect the same account by hand, and both would answer the same customers. The
operator's map (bin/tenant create) comes first; what tenants claim here is held for them, and never routes the webhook
that all tenants of a Chatwoot share.
"""

import logging
from functools import partial

from odoo import api, models
from odoo.exceptions import ValidationError

from ..control import Unreachable, get_control
from .alert import MANAGERS
from .company_language import in_company_language

_logger = logging.getLogger(__name__)


class AnothersAccount(ValidationError):
    """The account of Chatwoot is another tenant's."""


class ChatwootConnection(models.Model):
    _inherit = "chatwootai.chatwoot.connection"

    @api.model_create_multi
    def create(self, vals_list):
        connections = super().create(vals_list)
        connections._claim()
        return connections

    def write(self, vals):
        left = self._pairs() if vals.keys() & {"base_url", "chatwoot_account"} else set()
        written = super().write(vals)
        if left or vals.get("active"):
            self._claim()
            self._give_up(left - self._pairs())
        return written

    def unlink(self):
        left = self._pairs()
        deleted = super().unlink()
        self._give_up(left)
        return deleted

    @api.model
    def _claim_what_is_there(self):
        """At each update of the addon: connections that were made when nobody kept account, or in a database that came
        from elsewhere. One whose account is another company's is archived: both would answer its customers."""
        for connection in self.search([]):
            try:
                connection._claim()
            except AnothersAccount as refusal:
                connection._archive_as_anothers(str(refusal))
            except ValidationError as error:
                _logger.warning("connection %d: not claimed now, but at the next update: %s", connection.id, error)

    def _archive_as_anothers(self, said):
        self.write({"active": False, "test_state": "failed", "test_result": said})
        env = in_company_language(self.env)
        summary = env._("A Chatwoot connection was archived: its account is another company's")
        self.with_env(env).alert(MANAGERS, summary, said, kind="cross_tenant")

    def _pairs(self):
        return {(connection.base_url, connection.chatwoot_account) for connection in self}

    def _claim(self):
        """
        :raises AnothersAccount: a pair is another tenant's
        :raises ValidationError: whose it is can't be asked
        """
        account_id = self.env.cr.dbname
        for pair in self._pairs():
            try:
                owner, is_new = get_control().claim(account_id, *pair)
            except Unreachable:
                if self._has_control():
                    raise ValidationError(
                        self.env._("Whether this Chatwoot account is free can't be looked up now: try again soon.")
                    ) from None
                continue
            if owner not in (None, account_id):
                raise AnothersAccount(
                    self.env._(
                        "Account %(number)s of %(address)s is connected to another company of this server already."
                        " If it is yours, ask the operator.",
                        number=pair[1],
                        address=pair[0],
                    )
                )
            if is_new:
                self.env.cr.postrollback.add(partial(get_control().give_up, account_id, *pair))

    def _give_up(self, pairs):
        """Free what no connection stands for any longer, once that is certain."""
        for pair in pairs:
            self.env.cr.postcommit.add(partial(get_control().give_up, self.env.cr.dbname, *pair))

    @api.model
    def _has_control(self):
        """Whether there is an operator's database: the addon may be installed into a plain Odoo by hand."""
        self.env.cr.execute("SELECT 1 FROM pg_database WHERE datname = %s", [get_control().database])
        return bool(self.env.cr.rowcount)
