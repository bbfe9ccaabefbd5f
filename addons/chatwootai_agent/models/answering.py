"""The jobs that answer conversations, and the sweeper that finds what was left."""

import logging
from datetime import timedelta
from functools import partial

from odoo import SUPERUSER_ID, api, fields, models

from odoo.addons.chatwootai_mcp.chatwoot.state_machine import MessageState, TurnState
from odoo.addons.chatwootai_mcp.models.own_transaction import in_own_transaction, lock
from odoo.addons.chatwootai_mcp.models.parameters import whole_number
from odoo.addons.queue_job.exception import RetryableJobError

from ..turns.admission import seat
from ..turns.run import TurnRun
from ..turns.sweep import LATE, Sweep, tell_of_late

_logger = logging.getLogger(__name__)
_SWEEP_CHANNEL = "root.chatwootai_sweep"
_BUSY_SECONDS = 5  # the job that is busy looks again itself when it is through
_LEFT_AFTER = "chatwootai_agent.left_after_seconds"  # a job that waits for its time is not put a second one beside
_LEFT_AFTER_SECONDS = 120
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
        # After the commit, which lets the lock go: what came while the crew thought need not wait for its job's time.
        self.env.cr.postcommit.add(partial(in_own_transaction, self.env, _queue_what_waits, self.id))
        with seat(self) as no_seat:
            return TurnRun(self.env, self.id, no_seat).run()

    @api.model
    def _cron_sweep(self):
        """Find what was left: a worker killed, a job failed, a webhook that never came."""
        before = fields.Datetime.now() - timedelta(seconds=self._left_after_seconds())
        left = self.env["chatwootai.message"]._read_group(
            [
                ("state", "=", MessageState.WAITING),
                ("received_at", "<", before),
                "|",
                ("conversation_id.closed_until", "=", False),
                ("conversation_id.closed_until", "<", before),
            ],
            ["conversation_id"],
            limit=_AT_ONCE,
        )
        for (conversation,) in left:
            in_own_transaction(self.env, _queue_what_was_left, conversation.id)
        running = self.env["chatwootai.turn"].search(
            [("state", "=", TurnState.RUNNING), ("started_at", "<", before)], limit=_AT_ONCE
        )
        for turn in running:
            in_own_transaction(self.env, _interrupt_if_dead, turn.id)
        self.env["chatwootai.chatwoot.connection"].search([])._queue_sweep()

    @api.model
    def _left_after_seconds(self):
        return whole_number(self.env, _LEFT_AFTER, _LEFT_AFTER_SECONDS)


class ChatwootConnection(models.Model):
    _inherit = "chatwootai.chatwoot.connection"

    swept_at = fields.Datetime("Swept", readonly=True, copy=False)  # all that moved before was read

    def _queue_sweep(self):
        for connection in self.with_user(SUPERUSER_ID):
            connection.with_delay(
                channel=_SWEEP_CHANNEL,
                identity_key=f"chatwootai.sweep:{connection.id}",
                description=f"Look for lost messages: {connection.name}",
            )._job_sweep()

    def _job_sweep(self):
        self.ensure_one()
        return Sweep(self.env, self.id).run()


def _queue_what_waits(env, conversation_id):
    conversation = env["chatwootai.conversation"].browse(conversation_id)
    if conversation.waiting_messages() and (conversation := lock(conversation)):
        conversation.queue_turn()


def _queue_what_was_left(env, conversation_id):
    """A job for messages that have none (one that waits for its time is right), and word of a long wait."""
    conversation = lock(env["chatwootai.conversation"].browse(conversation_id))
    messages = conversation.waiting_messages() if conversation else conversation.chat_ids
    if not messages or not conversation.queue_turn(within=None):
        return
    _logger.warning("conversation %d: %d messages were left without a job", conversation.id, len(messages))
    if min(messages.mapped("received_at")) < fields.Datetime.now() - LATE:
        tell_of_late(conversation.connection_id)


def _interrupt_if_dead(env, turn_id):
    """No process has the conversation's lock: the one that ran the turn has ended."""
    turn = env["chatwootai.turn"].browse(turn_id)
    if turn.conversation_id.try_lock() and lock(turn).state == TurnState.RUNNING:
        turn.interrupt()
