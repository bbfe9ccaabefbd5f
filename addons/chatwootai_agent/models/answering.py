"""The jobs that answer conversations, and the sweeper that finds what was left."""

import logging
from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.queue_job.exception import RetryableJobError

from ..turns.admission import seat
from ..turns.run import TurnRun

_logger = logging.getLogger(__name__)
_BUSY_SECONDS = 1
_LEFT_AFTER = timedelta(minutes=10)
_AT_ONCE = 200


class Conversation(models.Model):
    _inherit = "chatwootai.conversation"

    def _job_answer(self):
        """Answer what waits. One at a time for a conversation; the lock is this job's transaction's."""
        self.ensure_one()
        if not self.exists():
            return "the conversation is gone"
        if not self.try_lock():
            raise RetryableJobError("Another job answers this conversation.", _BUSY_SECONDS, ignore_retry=True)
        with seat(self) as no_seat:
            return TurnRun(self.env, self.id, no_seat).run()

    @api.model
    def _cron_sweep(self):
        """Queue again every conversation where a customer's message was left waiting: a worker killed, a job failed."""
        before = fields.Datetime.now() - _LEFT_AFTER
        left = self.env["chatwootai.message"]._read_group(
            [
                ("state", "=", "waiting"),
                ("received_at", "<", before),
                "|",
                ("conversation_id.closed_until", "=", False),
                ("conversation_id.closed_until", "<", before),
            ],
            ["conversation_id"],
            limit=_AT_ONCE,
        )
        for (conversation,) in left:
            _logger.warning("conversation %d: a message was left waiting, queued again", conversation.id)
            conversation.queue_turn(identity_key=f"chatwootai.turn:{conversation.id}")
        self.env["chatwootai.turn"].search([("state", "=", "running"), ("started_at", "<", before)]).write(
            {"state": "interrupted", "ended_at": fields.Datetime.now()}
        )
