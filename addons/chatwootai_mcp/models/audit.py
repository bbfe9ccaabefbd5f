"""The tenant's audit: one row for each tool call, added and never changed."""

import json

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tenancy.audit import AuditEvent


class ChatwootaiAudit(models.Model):
    _name = "chatwootai.audit"
    _description = "Audit of MCP calls"
    _order = "id desc"
    _log_access = False
    _rec_name = "tool"

    at = fields.Datetime("Time", required=True, index=True, readonly=True)
    account_id = fields.Char("Account", required=True, readonly=True)
    actor = fields.Char(
        required=True, index=True, readonly=True, help="The key, or the turn of the agents, that called."
    )
    user_id = fields.Many2one("res.users", "Ran as", ondelete="restrict", readonly=True)
    server = fields.Char(required=True, readonly=True)
    tool = fields.Char(required=True, index=True, readonly=True)
    outcome = fields.Selection(
        [("success", "Success"), ("error", "Error"), ("refused", "Refused")], required=True, index=True, readonly=True
    )
    duration_ms = fields.Integer("Duration (ms)", readonly=True, aggregator="avg")
    arguments = fields.Text(readonly=True, help="As JSON; secrets and personal data masked, long values cut.")
    record_ids = fields.Char("Records", readonly=True, help="Ids of the records the call touched.")
    error = fields.Char(readonly=True)

    @api.model
    def _record(self, events: list[AuditEvent]) -> None:
        """Add the calls. The only way in: there is no right to create rows."""
        # What was called shortly before a user was deleted is kept without it.
        users = set(self.env["res.users"].browse({event.user_id for event in events}).exists().ids)
        self.sudo().create(
            [
                {
                    "at": event.at.replace(microsecond=0),
                    "account_id": self.env.cr.dbname,
                    "actor": event.actor,
                    "user_id": event.user_id if event.user_id in users else False,
                    "server": event.server,
                    "tool": event.tool,
                    "outcome": event.outcome,
                    "duration_ms": event.duration_ms,
                    "arguments": json.dumps(event.arguments, ensure_ascii=False),
                    "record_ids": ",".join(str(record_id) for record_id in event.record_ids),
                    "error": event.error,
                }
                for event in events
            ]
        )

    def write(self, vals):
        raise UserError(self.env._("The audit only grows: its rows cannot be changed."))

    def unlink(self):
        raise UserError(self.env._("The audit only grows: its rows cannot be deleted."))

    def copy(self, default=None):
        raise UserError(self.env._("The audit only grows by calls: its rows cannot be copied."))
