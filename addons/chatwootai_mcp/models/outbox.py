"""The outbox: everything said to Chatwoot is stored first, then sent once, in the order of its conversation."""

import logging
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.queue_job.exception import RetryableJobError

from ..chatwoot.outbox import Kind, State, without_liquid
from ..chatwoot.state_machine import Standing
from .big_integer import BigInteger
from .outbox_delivery import Delivery
from .own_transaction import try_lock

_logger = logging.getLogger(__name__)
CHANNEL = "root.chatwootai_outbox"
_BUSY_SECONDS = 1
_STRANDED_AFTER = timedelta(minutes=2)
MAX_CONTENT = 20_000


class Outbox(models.Model):
    _name = "chatwootai.outbox"
    _inherit = ["chatwootai.alerting"]
    _description = "Outbox entry"
    _order = "id desc"
    _rec_name = "summary"

    connection_id = fields.Many2one("chatwootai.chatwoot.connection", required=True, readonly=True, ondelete="cascade")
    conversation_display_id = fields.Integer("Conversation", required=True, readonly=True, aggregator=None)
    kind = fields.Selection(
        [
            ("message", "Message"),
            ("private_note", "Private note"),
            ("status", "Status"),
            ("labels", "Labels"),
            ("priority", "Priority"),
            ("assignment", "Assignment"),
        ],
        required=True,
        readonly=True,
    )
    payload = fields.Json(required=True, readonly=True)
    guarded = fields.Boolean(
        "Only while agents answer", readonly=True, help="Withheld when a person has taken over the conversation."
    )
    floor = BigInteger(readonly=True)  # the newest message known when it was stored
    origin = fields.Char(readonly=True, index=True, help="What asked for it, for instance turn:12")
    state = fields.Selection(
        [
            ("queued", "Waiting"),
            ("sending", "Sending"),
            ("sent", "Sent"),
            ("withheld", "Withheld"),
            ("failed", "Failed"),
            ("refused", "Refused by the channel"),
        ],
        required=True,
        default="queued",
        readonly=True,
    )
    attempts = fields.Integer(readonly=True, aggregator=None)
    failures = fields.Integer(readonly=True, aggregator=None)  # in a row; the pauses grow by them
    next_attempt_at = fields.Datetime("Next attempt", readonly=True)
    sending_since = fields.Datetime(readonly=True)
    sent_at = fields.Datetime("Sent on", readonly=True)
    chatwoot_message_id = BigInteger("Message in Chatwoot", readonly=True)
    last_error = fields.Char(readonly=True)

    _waiting = models.Index("(connection_id, conversation_display_id, id) WHERE state IN ('queued', 'sending')")
    _conversation = models.Index("(connection_id, conversation_display_id, chatwoot_message_id)")

    @api.private
    def enqueue(self, connection, conversation_display_id, kind, payload, origin="", *, guarded=False, floor=0):
        """Store one thing to do in a conversation; it is done after the caller's transaction has committed.

        :param guarded: withhold it when a person has taken the conversation over by then
        :param floor: the newest message of the conversation that is known; what this becomes is newer
        """
        return self.enqueue_all(
            connection, conversation_display_id, [(kind, payload)], origin, guarded=guarded, floor=floor
        )

    @api.private
    def enqueue_all(self, connection, conversation_display_id, things, origin="", *, guarded=False, floor=0):
        """Store several (kind, payload), done in this order. Guarded are answers and ends: the rest is for people."""
        entries = (
            self.sudo()
            .with_context(tracking_disable=True)
            .create(
                [
                    {
                        "connection_id": connection.id,
                        "conversation_display_id": conversation_display_id,
                        "kind": kind,
                        "payload": self._checked(kind, payload),
                        "origin": origin,
                        "guarded": guarded and (kind == Kind.MESSAGE or payload.get("status") == "resolved"),
                        "floor": floor,
                    }
                    for kind, payload in things
                ]
            )
        )
        self._queue_delivery(connection.id, conversation_display_id)
        return entries

    @api.private
    def hand_off(
        self, connection, conversation_display_id, *, note, message=None, team_id=None, labels=(), origin="", floor=0
    ):
        """Hand a conversation to people: tell the customer, tell the people why, and open it."""
        things = [
            (Kind.MESSAGE, {"content": message}) if message else None,
            (Kind.PRIVATE_NOTE, {"content": note}),
            (Kind.LABELS, {"labels": list(labels)}) if labels else None,
            (Kind.ASSIGNMENT, {"team_id": team_id}) if team_id else None,
            (Kind.STATUS, {"status": "open", "when": "pending"}),
        ]
        return self.enqueue_all(
            connection,
            conversation_display_id,
            [thing for thing in things if thing],
            origin,
            guarded=True,
            floor=floor,
        )

    @api.model
    def _checked(self, kind, payload):
        content = payload.get("content")
        if kind not in (Kind.MESSAGE, Kind.PRIVATE_NOTE):
            return payload
        if not (content and content.strip()) and not payload.get("attachment_ids"):
            raise UserError(self.env._("A message needs words."))
        if content and len(content) > MAX_CONTENT:
            raise UserError(self.env._("A message has at most %s characters.", MAX_CONTENT))
        return payload | {"content": without_liquid(content or "")}

    @api.private
    def message_ids_of(self, connection, conversation_display_id):
        """Ids of the messages the agents sent in a conversation, and the words now being sent whose id is not known."""
        self.flush_model(["chatwoot_message_id", "state", "payload", "kind"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT chatwoot_message_id, state, payload->>'content' FROM chatwootai_outbox
                WHERE connection_id = %s AND conversation_display_id = %s AND kind IN ('message', 'private_note')
                  AND (chatwoot_message_id IS NOT NULL OR state = 'sending')
                """,
                connection.id,
                conversation_display_id,
            )
        )
        ids = {message_id for message_id, _state, _content in rows if message_id}
        sending = {
            (content or "").strip() for message_id, state, content in rows if state == State.SENDING and not message_id
        }
        return ids, sending

    @api.model
    def _standing_of(self, connection, conversation_display_id):
        """How the conversation stood when it was last heard of; for whoever keeps that to say."""
        return Standing()

    def _note_people(self, said, seen):
        """People have the conversation, as Chatwoot says now; for whoever keeps how it stands."""

    @api.private
    def resume(self, connections):
        """Try at once what waits for these connections."""
        waiting = self.search([("connection_id", "in", connections.ids), ("state", "in", ("queued", "sending"))])
        waiting.write({"next_attempt_at": False})
        connections.sudo().write({"resting_until": False, "failed_in_a_row": 0})
        # Not one job more each time: those that wait for their time are due now.
        waiting._queue_deliveries(identity=True)
        self.env.execute_query(
            SQL(
                """
                UPDATE queue_job SET eta = NULL
                WHERE channel = %s AND state = 'pending' AND eta IS NOT NULL RETURNING id
                """,
                CHANNEL,
            )
        )

    def _queue_deliveries(self, identity=False):
        for connection_id, display_id in {(entry.connection_id.id, entry.conversation_display_id) for entry in self}:
            key = f"chatwootai.outbox:{connection_id}:{display_id}" if identity else None
            self._queue_delivery(connection_id, display_id, identity_key=key)

    @api.model
    def _queue_delivery(self, connection_id, display_id, identity_key=None):
        """A job each time: one that exists already may be past seeing what was stored just now."""
        delayed = (
            self.env["chatwootai.outbox"]
            .with_user(SUPERUSER_ID)
            .with_delay(
                channel=CHANNEL,
                identity_key=identity_key,
                description=f"Deliver to Chatwoot: conversation {display_id}",
            )
        )
        delayed._job_deliver(connection_id, display_id)

    @api.model
    def _job_deliver(self, connection_id, display_id):
        """Deliver what waits in one conversation. The job's own cursor holds its lock and nothing else."""
        if not try_lock(self.env, f"chatwootai.outbox:{connection_id}:{display_id}"):
            raise RetryableJobError("Another job delivers to this conversation.", _BUSY_SECONDS, ignore_retry=True)
        return Delivery(self.env, connection_id, display_id).run()

    @api.model
    def _cron_resume(self):
        """Find entries whose job is gone (a killed worker, a failed job) and queue one for each conversation."""
        before = fields.Datetime.now() - _STRANDED_AFTER
        stranded = self.search(
            [
                ("state", "in", ("queued", "sending")),
                ("write_date", "<", before),
                "|",
                ("next_attempt_at", "=", False),
                ("next_attempt_at", "<", before),
            ],
            limit=1000,
        )
        if stranded:
            _logger.warning("outbox: %d entries without a job, queued again", len(stranded))
            stranded._queue_deliveries(identity=True)
