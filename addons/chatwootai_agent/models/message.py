"""Messages of a conversation, each stored once however often it is delivered."""

from odoo import api, fields, models

from odoo.addons.chatwootai_mcp.chatwoot.state_machine import MESSAGE
from odoo.addons.chatwootai_mcp.models.big_integer import BigInteger

from ..crews.channel import EMAIL
from ..crews.email_text import written_text
from ..crews.received import in_words


class Message(models.Model):
    _name = "chatwootai.message"
    _description = "Message"
    _order = "chatwoot_id, picked, id"

    conversation_id = fields.Many2one("chatwootai.conversation", required=True, readonly=True, ondelete="cascade")
    chatwoot_id = BigInteger("Number in Chatwoot", required=True, readonly=True)
    author = fields.Selection(
        [
            ("customer", "Customer"),
            ("agents", "Agents"),
            ("person", "Person"),
            ("bot", "Another bot"),
            ("automation", "Automation"),
        ],
        required=True,
        readonly=True,
    )
    sender_name = fields.Char(readonly=True)
    content = fields.Text(readonly=True)
    attachments = fields.Json(readonly=True)
    written_at = fields.Datetime(readonly=True)
    received_at = fields.Datetime(required=True, readonly=True)
    found = fields.Boolean(readonly=True, help="No webhook told of it: it was found in Chatwoot's list of messages.")
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("answered", "Answered"),
            ("handed_over", "Handed over"),
            ("with_people", "Left to people"),
            ("deleted", "Deleted"),
        ],
        readonly=True,
        help="What became of a customer's message.",
    )
    turn_id = fields.Many2one("chatwootai.turn", readonly=True, index="btree_not_null", ondelete="set null")
    picked = fields.Boolean(
        readonly=True, required=True, default=False, help="The customer tapped a choice of the agents' message."
    )
    attempts = fields.Integer(readonly=True, aggregator=None)
    text = fields.Text(compute="_compute_text")

    _once = models.UniqueIndex("(conversation_id, chatwoot_id, picked)", "A message is stored once.")
    _waiting = models.Index("(conversation_id, chatwoot_id) WHERE state = 'waiting'")

    def write(self, vals):
        for message in self if vals.get("state") else ():
            MESSAGE.check(message.state, vals["state"])
        return super().write(vals)

    @api.depends("content", "attachments", "readings")
    @api.depends_context("lang")
    def _compute_text(self):
        for message in self:
            message.text = "\n".join(filter(None, [message.content, *message._attachment_lines()]))

    def _attachment_lines(self):
        for place, attachment in enumerate(self.attachments or []):
            yield in_words(attachment, self.what_was_read(place), self.env.lang or "")

    @api.private
    def readable_text(self):
        """The message as the agents read it: of an email what its author wrote, and all files in words."""
        self.ensure_one()
        written = self.content or ""
        if self.author == "agents":
            return self._with_choices(written)
        if self.author != "customer":
            return written
        if self.conversation_id.channel == EMAIL.name:
            written = written_text(written)
        return "\n".join(filter(None, [written, *self._attachment_lines()]))

    def _with_choices(self, written):
        """What the agents said, with the choices they offered: the customer may answer by their place."""
        conversation = self.conversation_id
        entry = (
            self.env["chatwootai.outbox"]
            .sudo()
            .search(
                [
                    ("connection_id", "=", conversation.connection_id.id),
                    ("conversation_display_id", "=", conversation.display_id),
                    ("chatwoot_message_id", "=", self.chatwoot_id),
                ],
                limit=1,
            )
        )
        return entry.content if entry.payload and entry.payload.get("content_attributes") else written
