"""Messages that Chatwoot took and the channel refused later, and replies that did not reach the customer at all."""

from datetime import timedelta

from odoo import api, models

from odoo.addons.queue_job.exception import RetryableJobError

from ..chatwoot.outbox import Kind, State
from .alert import MANAGERS
from .company_language import in_company_language
from .outbox import CHANNEL

_AGAIN_SECONDS = 3
_MAX_ERROR = 500
_ONE_ANSWER = timedelta(hours=1)


class Outbox(models.Model):
    _inherit = "chatwootai.outbox"

    @api.private
    def refused_by_channel(self, connection, conversation_display_id, message_id, error):
        """Chatwoot says of a message that its channel refused it. Queues what follows if it may be one of ours."""
        ours = [
            ("connection_id", "=", connection.id),
            ("conversation_display_id", "=", conversation_display_id),
            "|",
            ("state", "=", State.SENDING),  # the refusal may be quicker than the answer to the sending
            "&",
            ("chatwoot_message_id", "=", message_id),
            ("state", "=", State.SENT),
        ]
        if self.sudo().search_count(ours, limit=1):
            self.sudo().with_delay(
                channel=CHANNEL,
                identity_key=f"chatwootai.outbox.refused:{connection.id}:{message_id}",
                description=f"Refused by the channel: message {message_id}",
            )._job_refused_by_channel(connection.id, conversation_display_id, message_id, error[:_MAX_ERROR])

    @api.model
    def _job_refused_by_channel(self, connection_id, display_id, message_id, error):
        in_conversation = [("connection_id", "=", connection_id), ("conversation_display_id", "=", display_id)]
        entry = self.search([*in_conversation, ("chatwoot_message_id", "=", message_id)])
        if not entry:
            if self.search_count([*in_conversation, ("state", "=", State.SENDING)], limit=1):
                raise RetryableJobError("It is not known yet whose message it is.", _AGAIN_SECONDS, ignore_retry=True)
            return "not ours"
        if entry.state != State.SENT:
            return "known already"
        entry._note_refusal(error)
        return "refused"

    def _note_refusal(self, error):
        """Once for all parts of an answer: the first that is refused calls a person."""
        self.ensure_one()
        self = self.with_env(in_company_language(self.env))
        told_already = self.origin and self.search_count(
            [
                *self._same_answer(),
                ("state", "=", State.REFUSED),
                ("sent_again_id", "=", False),
                ("sent_at", ">=", self.sent_at - _ONE_ANSWER),
            ],
            limit=1,
        )
        self.write({"state": State.REFUSED, "last_error": self.env._("Refused by the channel: %s", error)})
        if told_already:
            return
        self.alert(
            MANAGERS, self.env._("The channel refused what the agents sent"), self.last_error, kind="delivery_failed"
        )
        if self.guarded:
            self.put_before_people(self.content)

    @api.private
    def put_before_people(self, reply):
        """Call a person for a reply that did not reach the customer."""
        note = self.env._(
            "This reply could not be delivered (%(reason)s). Please answer the customer:\n\n%(reply)s",
            reason=self.last_error,
            reply=reply,
        )
        self.hand_off(self.connection_id, self.conversation_display_id, note=note, origin=self.origin, floor=self.floor)

    @api.private
    def said_together(self):
        """This entry and what waits of the same answer: said as a whole, or not any more."""
        self.ensure_one()
        if not self.origin:
            return self
        return self | self.search([*self._same_answer(), ("state", "in", (State.QUEUED, State.SENDING))], order="id")

    @api.private
    def assignments_to_come(self):
        """Whom a hand-off would give the conversation to."""
        self.ensure_one()
        if not self.origin:
            return self.browse()
        return self.search(
            [
                ("connection_id", "=", self.connection_id.id),
                ("conversation_display_id", "=", self.conversation_display_id),
                ("origin", "=", self.origin),
                ("kind", "=", Kind.ASSIGNMENT),
                ("state", "=", State.QUEUED),
            ]
        )

    def _same_answer(self):
        return [
            ("connection_id", "=", self.connection_id.id),
            ("conversation_display_id", "=", self.conversation_display_id),
            ("origin", "=", self.origin),
            ("guarded", "=", True),
        ]

    @api.private
    def reopening_template(self, inbox_id):
        """The message that may be sent when the channel takes no other, as a payload; None where there is none."""
        return None
