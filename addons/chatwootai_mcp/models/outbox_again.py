"""Sends again, when a manager says so, what Chatwoot or the channel refused.

What Chatwoot refused was not done, and goes back into the queue. What the channel refused stands in Chatwoot as a
message: it stays what it is, known as the agents', and is sent as an entry of its own.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..chatwoot.outbox import State
from .alert import MANAGERS


class Outbox(models.Model):
    _inherit = "chatwootai.outbox"

    sent_again_id = fields.Many2one("chatwootai.outbox", "Sent again as", readonly=True, copy=False)

    def action_send_again(self):
        """Put entries that failed, or were refused by the channel, back into the queue."""
        if not self.env.user.has_group(MANAGERS):
            raise AccessError(self.env._("Only an MCP administrator may send again."))
        entries = self.sudo().filtered(lambda entry: entry._not_said() and not entry.sent_again_id)
        if not entries:
            raise UserError(
                self.env._(
                    "Only what failed, or was refused by the channel, can be sent again, and once. What waits is sent"
                    " by itself; what was withheld is for people to say."
                )
            )
        for entry in entries:
            entry._check_agents_may_speak()
            entry._send_again()
        entries.alerts_over()

    def _not_said(self):
        return self.state in (State.FAILED, State.REFUSED)

    def _check_agents_may_speak(self):
        """It would only be withheld again.

        :raises UserError: saying what to do first
        """
        if self.guarded and self._standing_of(self.connection_id, self.conversation_display_id).silence:
            raise UserError(
                self.env._(
                    "Conversation %s is not the agents' now: people have it, or it is resolved. Answer it in Chatwoot,"
                    " or set it to pending there and send again then.",
                    self.conversation_display_id,
                )
            )

    def _send_again(self):
        # What people said since it was refused was said to the customer already: it is no reason to be silent now.
        floor = self._newest_message(self.connection_id, self.conversation_display_id)
        if self.state == State.FAILED:
            again = {"state": State.QUEUED, "failures": 0, "next_attempt_at": False, "last_error": False}
            self.write(again | {"floor": max(floor, self.floor)})
            self._queue_deliveries()
            return
        self.sent_again_id = self.enqueue(
            self.connection_id,
            self.conversation_display_id,
            self.kind,
            self.payload,
            self.origin or "",
            guarded=self.guarded,
            floor=max(floor, self.floor),
        )

    @api.model
    def _newest_message(self, connection, conversation_display_id):
        """The newest message of the conversation that is known."""
        known = self.search(
            [
                ("connection_id", "=", connection.id),
                ("conversation_display_id", "=", conversation_display_id),
                ("chatwoot_message_id", "!=", False),
            ],
            order="chatwoot_message_id desc",
            limit=1,
        )
        return known.chatwoot_message_id or 0
