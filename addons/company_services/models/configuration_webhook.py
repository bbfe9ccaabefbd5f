"""The token by which the company's configuration is posted: kept as it may be kept, read by the sync alone."""

from odoo import api, models

TOKEN_PARAMETER = "company_services.webhook_token"


class ConfigurationWebhook(models.AbstractModel):
    _name = "company.services.webhook"
    _description = "Configuration webhook"

    @api.model
    def _token(self) -> str:
        """The token in clear, or nothing. For the sync: never return it to a client, log it or keep it in a record."""
        stored = self.env["ir.config_parameter"].sudo().get_param(TOKEN_PARAMETER)
        return self._unsealed(stored) if stored else ""

    @api.model
    def _keep_token(self, token: str | bool) -> None:
        """Keep it in the place of the one before; nothing ends that one."""
        self.env["ir.config_parameter"].set_param(TOKEN_PARAMETER, self._sealed(token) if token else False)

    @api.model
    def _sealed(self, token: str) -> str:
        """The token as it is stored: an addon that has a key of the server's encrypts it."""
        return token

    @api.model
    def _unsealed(self, stored: str) -> str:
        return stored.strip()
