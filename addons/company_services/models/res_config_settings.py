"""Where snapshots are sent. The token goes in and is never shown again."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..snapshot.verdict import is_web_address
from .configuration_webhook import TOKEN_PARAMETER


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    company_services_webhook_url = fields.Char(
        string="Webhook address", config_parameter="company_services.webhook_url"
    )
    company_services_webhook_token = fields.Char(
        "Webhook token",
        compute="_compute_company_services_webhook_token",
        inverse="_inverse_company_services_webhook_token",
    )
    company_services_has_token = fields.Boolean(compute="_compute_company_services_has_token")

    @api.depends_context("uid")
    def _compute_company_services_has_token(self):
        self.company_services_has_token = bool(self.env["ir.config_parameter"].sudo().get_param(TOKEN_PARAMETER))

    def _compute_company_services_webhook_token(self):
        """The form never gets the stored one."""
        self.company_services_webhook_token = False

    def _inverse_company_services_webhook_token(self):
        """Kept at once, so that it stands in no row of the settings; empty means unchanged."""
        if token := (self.company_services_webhook_token or "").strip():
            self.env["company.services.webhook"]._keep_token(token)

    def set_values(self):
        url = (self.company_services_webhook_url or "").strip()
        if url and not is_web_address(url):
            raise ValidationError(
                self.env._(
                    "“%s” is not a webhook address. It starts with http:// or https:// and holds no password.", url
                )
            )
        self.company_services_webhook_url = url
        return super().set_values()

    def action_company_services_forget_token(self):
        self.env["ir.config_parameter"].set_param(TOKEN_PARAMETER, False)
        return {"type": "ir.actions.client", "tag": "reload"}
