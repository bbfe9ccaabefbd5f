"""The configuration webhook's token is stored encrypted, as every secret here: company_services has no key for it."""

import logging

from odoo import api, models

from odoo.addons.chatwootai_mcp.models.secret_field import PURPOSE
from odoo.addons.chatwootai_mcp.settings import get_keyring
from odoo.addons.chatwootai_mcp.tenancy.keyring import Undecipherable
from odoo.addons.company_services.models.configuration_webhook import TOKEN_PARAMETER

_logger = logging.getLogger(__name__)
_CIPHERTEXT = "gAAAAA"  # how each begins, and no token of ours but by a chance of none


class ConfigurationWebhook(models.AbstractModel):
    _inherit = "company.services.webhook"

    def init(self):
        """At installation and at each upgrade: what was stored in clear before is encrypted."""
        stored = self.env["ir.config_parameter"].get_param(TOKEN_PARAMETER)
        if stored and not stored.startswith(_CIPHERTEXT):
            self._keep_token(stored)

    @api.model
    def _sealed(self, token):
        return get_keyring().encrypt(PURPOSE, token)

    @api.model
    def _unsealed(self, stored):
        try:
            return get_keyring().decrypt(PURPOSE, stored)
        except Undecipherable:
            _logger.warning(
                "the configuration webhook's token can't be read with the server's secret_key: enter it anew"
            )
            return ""
