"""A connection stays with its Chatwoot account: the numbers of what it holds mean nothing in another.

Conversation 25 of another Chatwoot is another customer's: what was said in the old one would be the agents' context,
what waits for it would be sent there, and a person's message could be taken for the agents' own. A Chatwoot that has
only moved to another address is known by a message that stands there under the number it has here.
"""

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.chatwootai_mcp.chatwoot.client import ChatwootClient
from odoo.addons.chatwootai_mcp.chatwoot.errors import ChatwootError, NotFound
from odoo.addons.chatwootai_mcp.models.chatwoot_words import in_words
from odoo.addons.chatwootai_mcp.models.secret_field import MASK, read_secret

_LOOK_SECONDS = 8.0  # a person waits for the answer


class ChatwootConnection(models.Model):
    _inherit = "chatwootai.chatwoot.connection"

    def write(self, vals):
        if vals.keys() & {"base_url", "chatwoot_account"}:
            vals = self._with_normal_url(vals)
            for connection in self:
                connection._check_same_chatwoot(vals)
        return super().write(vals)

    def _check_same_chatwoot(self, vals):
        """
        :raises UserError: it has conversations, and these values make it a connection to another Chatwoot
        """
        url, account = vals.get("base_url", self.base_url), vals.get("chatwoot_account", self.chatwoot_account)
        if (url, account) == (self.base_url, self.chatwoot_account) or not self._holds_anything():
            return
        token = vals.get("user_token", MASK)
        if token == MASK:
            token = read_secret(self.sudo(), "user_token") if self._is_same_server(url) else None
        if account == self.chatwoot_account and not token:
            raise UserError(
                self.env._(
                    "Enter the access tokens again: those that are stored are sent to no other server than the one they"
                    " were typed for."
                )
            )
        if account != self.chatwoot_account or not self._stands_at(url, token):
            raise UserError(
                self.env._(
                    "%(name)s has conversations of account %(number)s of %(address)s, and their numbers mean nothing in"
                    " another Chatwoot. Make a new connection for that one, and archive or disconnect this one.",
                    name=self.name,
                    number=self.chatwoot_account,
                    address=self.base_url,
                )
            )

    def _holds_anything(self):
        return any(
            self.env[model].sudo().search_count([("connection_id", "=", self.id)], limit=1)
            for model in ("chatwootai.conversation", "chatwootai.outbox")
        )

    def _stands_at(self, url, token):
        """Whether Chatwoot at this address holds the newest message that is stored here."""
        newest = (
            self.env["chatwootai.message"]
            .sudo()
            .search(
                [("conversation_id.connection_id", "=", self.id), ("content", "!=", False), ("picked", "=", False)],
                order="chatwoot_id desc",
                limit=1,
            )
        )
        if not newest:
            return False
        try:
            with ChatwootClient(url, self.chatwoot_account, token, read_seconds=_LOOK_SECONDS) as client:
                said = client.messages_since(newest.conversation_id.display_id, newest.chatwoot_id - 1)
        except NotFound:
            return False
        except ChatwootError as error:
            raise UserError(
                self.env._(
                    "Whether %(address)s is the same Chatwoot can't be seen: %(reason)s. Try again when it answers.",
                    address=url,
                    reason=in_words(self.env, error).rstrip("."),
                )
            ) from error
        return any(
            message.id == newest.chatwoot_id and message.content.split() == newest.content.split() for message in said
        )
