"""Turns: one answer of the agents to what a customer's messages asked, with all that led to it."""

from odoo import api, fields, models

from odoo.addons.chatwootai_mcp.chatwoot.state_machine import MESSAGE_AFTER, TURN, MessageState, TurnState

from .. import warm_up
from .intents import INTENTS_OF_TURNS

ORIGIN = "turn:"


class Turn(models.Model):
    _name = "chatwootai.turn"
    _description = "Turn of the agents"
    _order = "id desc"

    conversation_id = fields.Many2one(
        "chatwootai.conversation", required=True, readonly=True, index=True, ondelete="cascade"
    )
    channel = fields.Char(related="conversation_id.channel", store=True)
    state = fields.Selection(
        [
            ("running", "Thinking"),
            ("done", "Replied"),
            ("handed_over", "Handed over"),
            ("silenced", "Silent: a person took over"),
            ("superseded", "Reconsidered"),
            ("retried", "Failed, tried again"),
            ("interrupted", "Interrupted"),
            ("failed", "Failed"),
        ],
        required=True,
        default="running",
        readonly=True,
        index=True,
    )
    question = fields.Text(readonly=True)
    intent = fields.Selection(INTENTS_OF_TURNS, readonly=True)
    reply = fields.Text(readonly=True)
    hand_off_cause = fields.Char(readonly=True)
    hand_off_reason = fields.Text(readonly=True)
    error = fields.Text(readonly=True)
    started_at = fields.Datetime("Started", required=True, readonly=True, default=fields.Datetime.now, index=True)
    ended_at = fields.Datetime("Ended", readonly=True)
    total_ms = fields.Integer("Time (ms)", readonly=True, aggregator="avg")
    llm_calls = fields.Integer("Calls of the model", readonly=True)
    tool_calls = fields.Integer("Calls of tools", readonly=True)
    tokens_in = fields.Integer("Tokens read", readonly=True)
    tokens_out = fields.Integer("Tokens written", readonly=True)
    step_ids = fields.One2many("chatwootai.turn.step", "turn_id", "Steps", readonly=True)
    message_ids = fields.One2many("chatwootai.message", "turn_id", "Messages answered", readonly=True)
    outbox_ids = fields.One2many("chatwootai.outbox", compute="_compute_outbox_ids", string="Sent to Chatwoot")

    @api.model_create_multi
    def create(self, vals_list):
        turns = super().create(vals_list)
        for turn in turns:
            TURN.check(None, turn.state)
        return turns

    def write(self, vals):
        for turn in self if "state" in vals else ():
            TURN.check(turn.state, vals["state"])
        return super().write(vals)

    @api.private
    def end(self, state, messages):
        """The turn's end, and with it that of its messages."""
        self.state = state
        if state in MESSAGE_AFTER:
            messages.state = MESSAGE_AFTER[state]

    @api.private
    def interrupt(self):
        """Their process ended: what they had claimed still waits, for another turn."""
        self.write({"state": TurnState.INTERRUPTED, "ended_at": fields.Datetime.now()})

    @api.private
    def not_said(self, state):
        """Their reply was in the outbox, and was not sent: a person took over before, or Chatwoot refused it."""
        for turn in self.filtered(lambda turn: turn.state == TurnState.DONE):
            turn.end(state, turn.message_ids.filtered(lambda message: message.state == MessageState.ANSWERED))

    @property
    def origin(self):
        """How the turn is named in the outbox and the audit."""
        self.ensure_one()
        return f"{ORIGIN}{self.id}"

    def _compute_outbox_ids(self):
        entries = self.env["chatwootai.outbox"].sudo().search([("origin", "in", [turn.origin for turn in self])])
        for turn in self:
            turn.outbox_ids = entries.filtered(lambda entry, turn=turn: entry.origin == turn.origin)

    def _register_hook(self):
        super()._register_hook()
        warm_up.begin()

    @api.depends("conversation_id")
    def _compute_display_name(self):
        for turn in self:
            turn.display_name = self.env._(
                "Turn %(number)s: %(conversation)s", number=turn.id, conversation=turn.conversation_id.display_name
            )

    def action_conversation(self):
        self.ensure_one()
        return self.conversation_id.get_formview_action()
