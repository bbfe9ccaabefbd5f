"""The steps of connecting or disconnecting a Chatwoot account, and what became of each: what people watch."""

from odoo import fields, models

from ..connecting.steps import DONE, FAILED, NOTICE, RUNNING, WAITING


class ConnectStep(models.Model):
    _name = "chatwootai.connect.step"
    _description = "Step of connecting to Chatwoot"
    _order = "connection_id, id"

    connection_id = fields.Many2one("chatwootai.chatwoot.connection", required=True, readonly=True, ondelete="cascade")
    name = fields.Selection(
        [
            ("token", "Administrator's access token"),
            ("inboxes", "Inboxes, teams and people"),
            ("address", "Webhook address"),
            ("bot", "Agent bot"),
            ("webhook", "Account webhook"),
            ("bot_of_inboxes", "Bot in the inboxes"),
            ("event", "Test event"),
            ("forget", "Secrets here"),
        ],
        "Step",
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [
            (WAITING, "Waiting"),
            (RUNNING, "Under way"),
            (DONE, "Done"),
            (NOTICE, "Done: please read"),
            (FAILED, "Failed"),
        ],
        required=True,
        default=WAITING,
        readonly=True,
    )
    result = fields.Text(readonly=True)
