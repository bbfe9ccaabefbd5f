"""Secrets with which Chatwoot signs its webhooks; the agent bot and the account's webhook have one each."""

from odoo import fields, models

from .secret_field import Secret


class WebhookSecret(models.Model):
    _name = "chatwootai.webhook.secret"
    _inherit = ["chatwootai.audited"]
    _description = "Webhook secret"
    _order = "id"

    connection_id = fields.Many2one("chatwootai.chatwoot.connection", required=True, index=True, ondelete="cascade")
    name = fields.Char(required=True, help="Where in Chatwoot it comes from, for instance: agent bot")
    secret = Secret(required=True)
