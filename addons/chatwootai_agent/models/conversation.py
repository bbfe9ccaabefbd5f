"""Conversations as the agents know them: how each stands in Chatwoot, who answers it, and which customer it is."""

import re
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

from odoo.addons.chatwootai_mcp.chatwoot.state_machine import PENDING, Answerer, MessageState, Silence, Standing
from odoo.addons.chatwootai_mcp.models.big_integer import BigInteger
from odoo.addons.chatwootai_mcp.models.own_transaction import try_lock

from .channel_names import channel_name

_CHANNEL = "root.chatwootai_turn"
#: Channels whose identity is a telephone number that the channel itself has verified.
_TELEPHONE_CHANNELS = ("Channel::Whatsapp", "Channel::TwilioSms", "Channel::Sms")
_FEWEST_DIGITS = 8


class Conversation(models.Model):
    _name = "chatwootai.conversation"
    _inherit = ["chatwootai.alerting"]
    _description = "Conversation"
    _order = "last_message_at desc, id desc"

    connection_id = fields.Many2one(
        "chatwootai.chatwoot.connection", "Chatwoot", required=True, readonly=True, ondelete="cascade"
    )
    display_id = fields.Integer("Number", required=True, readonly=True, aggregator=None)
    inbox_id = BigInteger("Inbox number", readonly=True)
    inbox_name = fields.Char("Inbox", readonly=True)
    channel = fields.Char(readonly=True)
    channel_name = fields.Char("Channel's name", compute="_compute_channel_name")
    channel_identity = fields.Char(readonly=True, help="Who the channel says is writing, for WhatsApp the number.")
    contact_name = fields.Char("Contact", readonly=True)
    contact_phone = fields.Char("Phone", readonly=True)
    contact_email = fields.Char("Email", readonly=True)
    subject = fields.Char(readonly=True, help="Of an email's thread.")
    partner_id = fields.Many2one("res.partner", "Customer", compute="_compute_partner_id")

    status = fields.Selection(
        [("pending", "Pending"), ("open", "Open"), ("snoozed", "Snoozed"), ("resolved", "Resolved")],
        required=True,
        default=PENDING,
        readonly=True,
    )
    person_assigned = fields.Boolean(readonly=True)
    left_assignee = BigInteger(readonly=True, default=0)  # assigned when it was last resolved or given back
    person_spoke = fields.Boolean(readonly=True)
    assignee = fields.Char(readonly=True)
    silence = fields.Selection(
        [
            (Silence.PERSON_SPOKE.value, "A person answered"),
            (Silence.PERSON_ASSIGNED.value, "A person is assigned"),
            (Silence.OPEN.value, "Opened for people"),
            (Silence.RESOLVED.value, "Resolved"),
        ],
        "Why the agents are silent",
        compute="_compute_silence",
        store=True,
    )
    answered_by = fields.Selection(
        [("agents", "Agents"), ("people", "People"), ("nobody", "Nobody: resolved")], compute="_compute_answered_by"
    )
    chatwoot_updated_at = fields.Float(readonly=True, digits=(17, 6), aggregator=None)
    read_through = BigInteger(readonly=True)  # up to this message, Chatwoot's list of messages was read
    context_floor = BigInteger(readonly=True, help="The agents remember only what was said after this message.")
    resolved_at = fields.Float(readonly=True, digits=(17, 6), aggregator=None)  # by Chatwoot's clock; 0 when unknown
    last_message_at = fields.Datetime("Last message", readonly=True)
    asked_after_at = fields.Datetime(readonly=True)  # how it stands, when nothing was said for a while
    closed_until = fields.Datetime(
        readonly=True, index="btree_not_null", help="The customer knows that nobody answers until then."
    )
    chat_ids = fields.One2many("chatwootai.message", "conversation_id", "Messages in Chatwoot", readonly=True)
    turn_ids = fields.One2many("chatwootai.turn", "conversation_id", "Turns", readonly=True)
    turn_count = fields.Integer("Number of turns", compute="_compute_turn_count")
    chatwoot_url = fields.Char("In Chatwoot", compute="_compute_chatwoot_url")

    _unique_number = models.UniqueIndex("(connection_id, display_id)", "A conversation is stored once.")

    @api.depends("status", "person_assigned", "person_spoke")
    def _compute_silence(self):
        for conversation in self:
            conversation.silence = conversation._standing().silence

    @api.depends("status", "person_assigned", "person_spoke")
    def _compute_answered_by(self):
        for conversation in self:
            conversation.answered_by = conversation._standing().answerer

    @api.depends("channel")
    @api.depends_context("lang")
    def _compute_channel_name(self):
        for conversation in self:
            conversation.channel_name = channel_name(self.env, conversation.channel)

    @api.depends("display_id", "contact_name")
    def _compute_display_name(self):
        for conversation in self:
            conversation.display_name = f"{conversation.contact_name or '?'} (#{conversation.display_id})"

    @api.depends("turn_ids")
    def _compute_turn_count(self):
        counts = dict(
            self.env["chatwootai.turn"]._read_group(
                [("conversation_id", "in", self.ids)], ["conversation_id"], ["__count"]
            )
        )
        for conversation in self:
            conversation.turn_count = counts.get(conversation, 0)

    @api.depends("connection_id", "display_id")
    def _compute_chatwoot_url(self):
        for conversation in self:
            connection = conversation.connection_id.sudo()
            account = f"{connection.base_url}/app/accounts/{connection.chatwoot_account}"
            conversation.chatwoot_url = f"{account}/conversations/{conversation.display_id}"

    @api.depends("channel", "channel_identity")
    def _compute_partner_id(self):
        for conversation in self:
            conversation.partner_id = conversation._customer_partner()

    def _customer_partner(self):
        """The partner whose number the channel has verified; none where there is none, or several."""
        Partner = self.env["res.partner"].sudo()
        digits = re.sub(r"\D", "", self.channel_identity or "")
        if self.channel not in _TELEPHONE_CHANNELS or len(digits) < _FEWEST_DIGITS:
            return Partner
        spellings = [digits]
        country_code = str(self.env.company.sudo().country_id.phone_code or "")
        if country_code and digits.startswith(country_code):
            spellings.append(digits.removeprefix(country_code))
        rows = self.env.execute_query(
            SQL(
                r"""
                SELECT id FROM res_partner
                WHERE active AND phone IS NOT NULL AND regexp_replace(phone, '\D|^0+', '', 'g') IN %s LIMIT 2
                """,
                tuple(spellings),
            )
        )
        return Partner.browse(rows[0][0]) if len(rows) == 1 else Partner

    @api.private
    def _inbox(self):
        """The settings of the inbox it is in."""
        self.ensure_one()
        seen = {"name": self.inbox_name, "channel": self.channel}
        return self.env["chatwootai.inbox"].sudo()._of(self.connection_id, self.inbox_id, **seen)

    def _standing(self):
        self.ensure_one()
        return Standing(self.status or PENDING, self.person_assigned, self.person_spoke, self.left_assignee)

    @api.private
    def take_standing(self, standing):
        """Remember how the conversation stands. What was said before it was resolved is no context for what follows."""
        self.ensure_one()
        changed = {
            name: value
            for name, value in (
                ("status", standing.status),
                ("person_assigned", standing.person_assigned),
                ("person_spoke", standing.person_spoke),
                ("left_assignee", standing.left_assignee),
            )
            if self[name] != value
        }
        if changed.get("status") == "resolved":
            newest = self.env["chatwootai.message"].search(
                [("conversation_id", "=", self.id)], order="chatwoot_id desc", limit=1
            )
            changed |= {"context_floor": newest.chatwoot_id, "resolved_at": self.chatwoot_updated_at}
        if changed:
            self.write(changed)
        if standing.answerer is Answerer.PEOPLE:
            self.waiting_messages().state = MessageState.WITH_PEOPLE

    def _is_of_now(self, message):
        """Whether a message was said since the conversation was last resolved; word of it may come late."""
        said_before = message.created_at and message.created_at.timestamp() < self.resolved_at
        return message.id > self.context_floor and not said_before

    @api.private
    def waiting_messages(self):
        """The customer's messages that nobody has answered yet, oldest first."""
        self.ensure_one()
        waiting = [("conversation_id", "=", self.id), ("state", "=", "waiting")]
        return self.env["chatwootai.message"].search(waiting, order="chatwoot_id")

    def _messages_with_people(self):
        """The customer's messages that were left to people since it was last resolved, oldest first."""
        left = [("state", "=", "with_people"), ("chatwoot_id", ">", self.context_floor)]
        return self.env["chatwootai.message"].search([("conversation_id", "=", self.id), *left], order="chatwoot_id")

    @api.private
    def queue_turn(self, within=0):
        """See to it that a job looks at what waits here: a new one, or one that exists and does within so many seconds.

        :param within: None when whatever time the job has is right
        :return: whether there was none

        The caller holds the conversation's lock. A job that has not started will take that lock before it looks, and so
        will see what the caller stored; one that has started may be past it, and does not count.
        """
        self.ensure_one()
        key = f"chatwootai.turn:{self.id}"
        queued = self.env.execute_query(
            SQL(
                "SELECT id, eta FROM queue_job WHERE identity_key = %s AND state IN ('pending', 'enqueued')"
                " ORDER BY eta NULLS FIRST LIMIT 1",
                key,
            )
        )
        if not queued:
            description = f"Answer conversation {self.display_id}"
            delayed = self.with_user(SUPERUSER_ID).with_delay(
                channel=_CHANNEL, identity_key=key, description=description
            )
            delayed._job_answer()
        elif within is not None:
            self._bring_forward(*queued[0], within)
        return not queued

    def _bring_forward(self, job_id, eta, within):
        now = fields.Datetime.now()
        if eta and eta > now + timedelta(seconds=within):
            self.env.execute_query(
                SQL("UPDATE queue_job SET eta = %s WHERE id = %s AND state = 'pending' RETURNING id", now, job_id)
            )

    @api.private
    def try_lock(self):
        """Whether this transaction is the one that answers the conversation; until it ends."""
        return try_lock(self.env, f"chatwootai.turn:{self.id}")

    def action_turns(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("chatwootai_agent.action_turn")
        return action | {"domain": [("conversation_id", "=", self.id)], "context": {"create": False}}

    def action_open_in_chatwoot(self):
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.chatwoot_url, "target": "new"}
