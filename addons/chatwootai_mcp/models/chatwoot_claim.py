"""One Chatwoot account, one tenant: a connection claims its pair of address and account in the control database.

Without this, a second tenant could connect the same account by hand, and both would answer the same customers. The
operator's map (bin/tenant create) comes first; what tenants claim here is held for them, and never routes the webhook
that all tenants of a Chatwoot share.
"""

from functools import partial

from odoo import api, models
from odoo.exceptions import ValidationError

from ..control import Unreachable, get_control


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
        if left:
            self._claim()
            self._give_up(left - self._pairs())
        return written

    def unlink(self):
        left = self._pairs()
        deleted = super().unlink()
        self._give_up(left)
        return deleted

    def _pairs(self):
        return {(connection.base_url, connection.chatwoot_account) for connection in self}

    def _claim(self):
        """
        :raises ValidationError: a pair is another tenant's, or whose it is can't be asked
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
                raise ValidationError(
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
