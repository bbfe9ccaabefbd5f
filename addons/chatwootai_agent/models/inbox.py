"""The inboxes of a Chatwoot account, and how the agents answer in each."""

from datetime import UTC
from zoneinfo import ZoneInfo

from odoo import api, fields, models

from odoo.addons.chatwootai_mcp.models.big_integer import BigInteger
from odoo.addons.chatwootai_mcp.models.own_transaction import lock

from ..crews.opening_hours import is_open, next_opening
from ..turns.pause import LONGEST_PAUSE
from .channel_names import channel_name

_ON_WHO_ANSWERS = frozenset({"answering", "hours", "when_closed"})


class Inbox(models.Model):
    _name = "chatwootai.inbox"
    _inherit = ["chatwootai.audited"]
    _description = "Chatwoot inbox"
    _order = "connection_id, name, id"

    connection_id = fields.Many2one(
        "chatwootai.chatwoot.connection", "Chatwoot", required=True, readonly=True, ondelete="cascade"
    )
    inbox_id = BigInteger("Number", required=True, readonly=True)
    name = fields.Char(readonly=True)
    channel = fields.Char(readonly=True)
    channel_name = fields.Char("Channel's name", compute="_compute_channel_name")
    conversation_count = fields.Integer(
        "Conversations", compute="_compute_conversation_count", groups="chatwootai_agent.group_agent_user"
    )

    pause_seconds = fields.Integer(
        "Pause before answering",
        required=True,
        default=4,
        help="Seconds to wait after a message for another one: what a customer writes in one go is answered together.",
    )
    answering = fields.Selection(
        [
            ("always", "Always"),
            ("in_hours", "In business hours only"),
            ("never", "Never: people answer here"),
        ],
        "Agents answer",
        required=True,
        default="always",
    )
    hours = fields.Selection(
        [("company", "The company's opening hours"), ("chatwoot", "The inbox's hours in Chatwoot")],
        "Business hours",
        required=True,
        default="company",
        help="Where none are set, somebody is taken to be there at any time.",
    )
    hours_text = fields.Char("Now", compute="_compute_hours_text")
    when_closed = fields.Selection(
        [("wait", "The agents answer when it opens"), ("people", "It is opened for people to find")],
        "Messages outside them",
        required=True,
        default="wait",
    )
    away_message = fields.Text(
        help="What a customer reads who writes outside business hours, once until it opens. Empty: a general sentence."
        " Where Chatwoot sends its own out-of-office message, this one is not sent."
    )
    greeting = fields.Text(help="How the agents open a conversation here. Empty: as the company's profile says.")
    farewell = fields.Text(help="How the agents end a conversation here. Empty: as the company's profile says.")
    ask_rating = fields.Selection(
        [
            ("profile", "As the company's profile says"),
            ("no", "Do not ask"),
            ("message", "In words"),
            ("survey", "By Chatwoot's survey"),
        ],
        "Rating",
        required=True,
        default="profile",
        help="Asked once, after the farewell. Where Chatwoot asks at the end of a conversation, only Chatwoot does.",
    )
    rating_message = fields.Text("Rating request", help="Empty: as the company's profile says, or a general sentence.")
    resolve_after_farewell = fields.Boolean(
        "Resolve after the farewell", help="The conversation is resolved once the customer has said goodbye."
    )
    template_name = fields.Char(
        help="Of WhatsApp: the approved template that is sent when the customer's last message is older than a day."
        " Empty: people are told instead."
    )
    template_language = fields.Char(help="As WhatsApp writes it, for instance pt_BR.")
    template_params = fields.Text("Template values", help="What stands for {{1}}, {{2}} … in it: one line each.")

    # What Chatwoot says of it, as last fetched.
    timezone = fields.Char(readonly=True)
    keeps_hours = fields.Boolean("Keeps hours in Chatwoot", readonly=True)
    chatwoot_hours = fields.Json(readonly=True)
    out_of_office_message = fields.Text("Chatwoot's out-of-office message", readonly=True)
    asks_for_rating = fields.Boolean("Chatwoot asks for a rating", readonly=True)
    fetched_at = fields.Datetime("Last fetched", readonly=True)

    _once = models.UniqueIndex("(connection_id, inbox_id)", "An inbox is stored once.")
    _sensible_pause = models.Constraint(
        f"CHECK(pause_seconds BETWEEN 0 AND {LONGEST_PAUSE})", "The pause is between 0 and 20 seconds."
    )

    def write(self, vals):
        written = super().write(vals)
        if not _ON_WHO_ANSWERS.isdisjoint(vals):
            for inbox in self:
                inbox._look_again()
        return written

    def _look_again(self):
        """What waits for it to open waits for other hours now, or for none."""
        closed = [*self._of_conversations(), ("closed_until", ">", fields.Datetime.now())]
        for conversation in self.env["chatwootai.conversation"].sudo().search(closed):
            conversation.queue_turn()

    @api.depends("name", "inbox_id")
    def _compute_display_name(self):
        for inbox in self:
            inbox.display_name = inbox.name or self.env._("Inbox %s", inbox.inbox_id)

    @api.depends("channel")
    @api.depends_context("lang")
    def _compute_channel_name(self):
        for inbox in self:
            inbox.channel_name = channel_name(self.env, inbox.channel)

    def _compute_conversation_count(self):
        counts = {
            (connection.id, number): count
            for connection, number, count in self.env["chatwootai.conversation"]._read_group(
                [("connection_id", "in", self.connection_id.ids), ("inbox_id", "in", self.mapped("inbox_id"))],
                ["connection_id", "inbox_id"],
                ["__count"],
            )
        }
        for inbox in self:
            inbox.conversation_count = counts.get((inbox.connection_id.id, inbox.inbox_id), 0)

    def _of_conversations(self):
        return [("connection_id", "=", self.connection_id.id), ("inbox_id", "=", self.inbox_id)]

    def action_conversations(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("chatwootai_agent.action_conversation")
        return action | {"domain": self._of_conversations()}

    @api.private
    def template_values(self):
        """The template's values as Chatwoot takes them: by their number."""
        self.ensure_one()
        lines = (self.template_params or "").splitlines()
        return {str(number): line.strip() for number, line in enumerate(lines, 1)}

    # -- business hours

    @api.depends("hours", "keeps_hours", "chatwoot_hours", "timezone")
    def _compute_hours_text(self):
        for inbox in self:
            if not inbox._opening_hours():
                inbox.hours_text = self.env._("No hours are set")
            elif inbox._is_open():
                inbox.hours_text = self.env._("Open now")
            else:
                inbox.hours_text = self.env._("Closed now")

    def _opening_hours(self):
        """Of the company or of the inbox in Chatwoot, as the tenant chose; empty where none are set."""
        self.ensure_one()
        if self.hours == "chatwoot":
            return self.chatwoot_hours if self.keeps_hours else []
        return self.env["company.services.profile"].sudo()._of_company()._opening_hours()

    def _zone(self):
        profile = self.env["company.services.profile"].sudo()._of_company()
        return ZoneInfo((self.timezone if self.hours == "chatwoot" else profile.tz) or "UTC")

    def _is_open(self, now=None):
        """Whether people are there. Without any hours they are."""
        hours = self._opening_hours()
        return not hours or is_open(hours, self._local(now))

    def _opens_at(self, now=None):
        """When people are there again, in the hours' own time zone; None when they are there, or nobody knows."""
        if self._is_open(now):
            return None
        return next_opening(self._opening_hours(), self._local(now))

    def _local(self, now):
        moment = now or fields.Datetime.now()
        return moment.replace(tzinfo=UTC).astimezone(self._zone())

    def _chatwoot_says_it_is_closed(self, now=None):
        """Whether Chatwoot itself tells a customer who writes now that nobody is there."""
        if not (self.keeps_hours and self.out_of_office_message):
            return False
        moment = (now or fields.Datetime.now()).replace(tzinfo=UTC)
        return not is_open(self.chatwoot_hours or [], moment.astimezone(ZoneInfo(self.timezone or "UTC")))

    # -- made when first seen, or fetched

    @api.model
    def _of(self, connection, number, **seen):
        """The row of an inbox; made on the spot when it is new. Without a number: the defaults, and no row."""
        if not number:
            return self.new({"connection_id": connection.id})
        known = [("connection_id", "=", connection.id), ("inbox_id", "=", number)]
        if found := self.search(known, order="id"):
            return found
        lock(connection)  # two first messages at once: one waits here for the other's row
        if found := self.search(known, order="id"):
            return found
        made = self.create({"connection_id": connection.id, "inbox_id": number, **seen})
        connection._queue_fetch_inboxes()
        return made

    @api.model
    def _take(self, connection, inboxes):
        """Bring the rows up to what Chatwoot says; settings stay."""
        lock(connection)  # the first message of an inbox may be making its row at this moment
        rows = {row.inbox_id: row for row in self.search([("connection_id", "=", connection.id)])}
        for inbox in inboxes:
            values = {
                "name": inbox.name,
                "channel": inbox.channel,
                "timezone": _known_zone(inbox.timezone),
                "keeps_hours": inbox.keeps_hours,
                "chatwoot_hours": list(inbox.hours),
                "out_of_office_message": inbox.out_of_office_message,
                "asks_for_rating": inbox.asks_for_rating,
                "fetched_at": fields.Datetime.now(),
            }
            if row := rows.get(inbox.id):
                row.write(values)
            else:
                self.create({"connection_id": connection.id, "inbox_id": inbox.id, **values})


def _known_zone(name):
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        return "UTC"
