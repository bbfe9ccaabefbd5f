"""What the outbox says of a turn's reply that was not sent after all, and what it asks about conversation and inbox."""

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.chatwootai_mcp.chatwoot.outbox import Kind, State
from odoo.addons.chatwootai_mcp.chatwoot.payload import Author
from odoo.addons.chatwootai_mcp.chatwoot.state_machine import TurnState
from odoo.addons.chatwootai_mcp.models.own_transaction import lock

from ..turns.giving_back import take_up
from ..turns.intake import note_conversation, take_message
from .turn import ORIGIN

_NOT_SAID = {State.WITHHELD: TurnState.SILENCED, State.FAILED: TurnState.FAILED, State.REFUSED: TurnState.FAILED}


class Outbox(models.Model):
    _inherit = "chatwootai.outbox"

    def action_conversation(self):
        """What it is said in."""
        self.ensure_one()
        conversation = self._conversation_of(self.connection_id, self.conversation_display_id)
        if not conversation:
            raise UserError(self.env._("This conversation is not stored here."))
        return conversation.get_formview_action()

    def write(self, vals):
        written = super().write(vals)
        if vals.get("state") in _NOT_SAID:
            turns = self.filtered(lambda entry: entry.kind == Kind.MESSAGE)._turns()
            turns.not_said(_NOT_SAID[vals["state"]])
            if vals["state"] == State.WITHHELD:
                # Whoever took it over may have given it back before this is noted.
                for conversation in lock(turns.conversation_id):
                    take_up(conversation)
        return written

    def _turns(self):
        """The turns that asked for these entries."""
        numbers = [(origin or "").removeprefix(ORIGIN) for origin in self.mapped("origin")]
        return self.env["chatwootai.turn"].browse(int(number) for number in numbers if number.isdecimal()).exists()

    def _note_people(self, said, seen):
        """The webhook that tells of it may be late or lost: what gives it back then would give nothing back."""
        super()._note_people(said, seen)
        if conversation := lock(self._conversation_of(self.connection_id, self.conversation_display_id)):
            note_conversation(conversation, seen)
            for message in said:
                if message.author is Author.PERSON and not message.private:
                    take_message(conversation, message, found=True)

    def _conversation_of(self, connection, conversation_display_id):
        return self.env["chatwootai.conversation"].search(
            [("connection_id", "=", connection.id), ("display_id", "=", conversation_display_id)]
        )

    @api.model
    def _standing_of(self, connection, conversation_display_id):
        conversation = self._conversation_of(connection, conversation_display_id)
        return conversation._standing() if conversation else super()._standing_of(connection, conversation_display_id)

    @api.model
    def _newest_message(self, connection, conversation_display_id):
        newest = self.env["chatwootai.message"].search(
            [
                ("conversation_id.connection_id", "=", connection.id),
                ("conversation_id.display_id", "=", conversation_display_id),
            ],
            order="chatwoot_id desc",
            limit=1,
        )
        return max(newest.chatwoot_id or 0, super()._newest_message(connection, conversation_display_id))

    @api.private
    def reopening_template(self, inbox_id):
        inbox = self.env["chatwootai.inbox"].sudo()._of(self.connection_id, inbox_id)
        if not inbox.template_name:
            return None
        return {
            "content": self.env._("(template %s)", inbox.template_name),
            "template_params": {
                "name": inbox.template_name,
                "language": inbox.template_language or "pt_BR",
                "category": "UTILITY",  # required by Chatwoot's description; WhatsApp goes by the name
                "processed_params": {"body": inbox.template_values()},
            },
        }
