"""The dialog of the one button: an address, an account, an administrator's token, and which inboxes the agents get."""

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.chatwootai_mcp.chatwoot.administration import ChatwootAdministration
from odoo.addons.chatwootai_mcp.chatwoot.client import normal_base_url
from odoo.addons.chatwootai_mcp.chatwoot.errors import ChatwootError
from odoo.addons.chatwootai_mcp.models.asked import for_reader
from odoo.addons.chatwootai_mcp.models.chatwoot_words import in_words
from odoo.addons.chatwootai_mcp.models.own_transaction import in_own_transaction
from odoo.addons.chatwootai_mcp.models.secret_field import Secret, read_secret

from ..connecting.steps import Refused, check_administrator
from ..models.channel_names import channel_name

_SECONDS = 8.0  # a person waits for each answer, if not a request


class Connect(models.TransientModel):
    _name = "chatwootai.connect"
    _description = "Connect to Chatwoot"

    direction = fields.Selection(
        [("connect", "Connect"), ("disconnect", "Disconnect")], default="connect", required=True
    )
    stage = fields.Selection(
        [("account", "Account"), ("checking", "Being looked at…"), ("inboxes", "Inboxes")],
        default="account",
        required=True,
    )
    connection_id = fields.Many2one("chatwootai.chatwoot.connection", "Connection", readonly=True)
    base_url = fields.Char("Chatwoot address", required=True)
    chatwoot_account = fields.Integer("Account number", help="The number after /accounts/ in Chatwoot's addresses.")
    admin_token = Secret(
        "Administrator's access token",
        help="From Chatwoot: your avatar, Profile settings, at the bottom. Used for these steps and then deleted.",
    )
    keep_token = fields.Boolean(
        "Also read with it from now on",
        default=True,
        help="The agents read conversations with a user's token. On: this one is kept for that. Off: the one that is"
        " stored already stays, or you enter another user's afterwards.",
    )
    user_name = fields.Char("Administrator", readonly=True)
    problem = fields.Text(readonly=True)
    inbox_ids = fields.One2many("chatwootai.connect.inbox", "connect_id", "Inboxes")

    def action_check(self):
        """Have Chatwoot asked who the token's user is and which inboxes there are; the dialog then shows them, or what
        is wrong. What needs no Chatwoot is said at once."""
        self.ensure_one()
        self.problem = self._what_is_missing()
        if not self.problem:
            self.stage = "checking"
            self.sudo().with_delay(
                identity_key=f"chatwootai_connect_check:{self.id}",
                description=self.env._("Look at the Chatwoot account to be connected"),
            )._job_check(self.env.uid)
        return self._again()

    def _job_check(self, user_id):
        if not self.exists():
            return "the dialog is gone"
        dialog = for_reader(self, user_id)
        try:
            found, problem = dialog._look(), None
        except Refused as refusal:
            found, problem = None, str(refusal)
        except ChatwootError as error:
            found, problem = None, in_words(dialog.env, error)
        in_own_transaction(self.env, _end_check, self.id, user_id, found, problem)
        return problem or "found"

    def _on_check_failed(self, **_failure):
        """The job itself broke (queue_job's on_fail hook): nobody shall wait for a dialog that stands still."""
        self.exists().write({"stage": "account", "problem": self.env._("It stopped unexpectedly: continue again.")})

    def _look(self):
        """Whose the token is, and each inbox with the bot it has.

        :raises Refused, ChatwootError: when the token is not good for connecting
        """
        with self._chatwoot() as chatwoot:
            user = check_administrator(self.env, chatwoot, self.chatwoot_account)
            return user, [(inbox, chatwoot.bot_of_inbox(inbox.id)) for inbox in chatwoot.inboxes()]

    def _show(self, user_name, inboxes):
        url = self.connection_id.sudo().webhook_url
        self.user_name = user_name
        self.inbox_ids = [
            (5,),
            *(
                (
                    0,
                    0,
                    {
                        "number": inbox.id,
                        "name": inbox.name,
                        "channel": channel_name(self.env, inbox.channel),
                        "bot": bot and bot.name,
                        "chosen": not bot or bot.url == url,
                    },
                )
                for inbox, bot in inboxes
            ),
        ]
        self.stage = "inboxes"

    def action_connect(self):
        self.ensure_one()
        token = read_secret(self, "admin_token")
        connection = self._connection({"user_token": token} if token and self.keep_token else {})
        connection._begin_connecting(token, self.inbox_ids.filtered("chosen").mapped("number"))
        self.admin_token = False
        return self._shown(connection)

    def action_disconnect(self):
        self.ensure_one()
        self.connection_id._begin_disconnecting(read_secret(self, "admin_token"))
        self.admin_token = False
        return self._shown(self.connection_id)

    def _what_is_missing(self):
        """What can be said without Chatwoot, as a sentence."""
        if not self._token():
            return self.env._("Enter the access token of an administrator of the account.")
        if self.chatwoot_account <= 0:
            return self.env._("Enter the account's number: it stands after /accounts/ in Chatwoot's addresses.")
        try:
            normal_base_url(self.base_url)
        except ValueError:
            return self.env._("%s is not an address of Chatwoot: write it like https://chat.example.com", self.base_url)
        return False

    def _token(self):
        """The one typed here; without one, the connection's, for the server that it was typed for."""
        stored = self.connection_id.sudo()
        is_theirs = stored and stored._is_same_server(self.base_url)
        return read_secret(self, "admin_token") or (is_theirs and read_secret(stored, "user_token"))

    def _chatwoot(self):
        url = normal_base_url(self.base_url)
        return ChatwootAdministration(url, self.chatwoot_account, self._token(), read_seconds=_SECONDS)

    def _connection(self, tokens):
        """The one that is there for this account, archived ones too, or a new one."""
        url = normal_base_url(self.base_url)
        connections = self.env["chatwootai.chatwoot.connection"].with_context(active_test=False)
        same = connections.search([("base_url", "=", url), ("chatwoot_account", "=", self.chatwoot_account)], limit=1)
        if self.connection_id and same not in (self.connection_id, connections):
            raise UserError(self.env._("This account is connected already, as %s.", same.name))
        connection = self.connection_id or same
        if not connection:
            return connections.create({"base_url": url, "chatwoot_account": self.chatwoot_account} | tokens)
        connection.write({"base_url": url, "chatwoot_account": self.chatwoot_account, "active": True} | tokens)
        return connection

    def _again(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Connect to Chatwoot"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def _shown(self, connection):
        return {
            "type": "ir.actions.act_window",
            "res_model": connection._name,
            "res_id": connection.id,
            "view_mode": "form",
            "target": "current",
        }


def _end_check(env, dialog_id, user_id, found, problem):
    dialog = for_reader(env["chatwootai.connect"].browse(dialog_id), user_id)
    if problem:
        dialog.write({"stage": "account", "problem": problem})
    else:
        dialog._show(*found)


class ConnectInbox(models.TransientModel):
    _name = "chatwootai.connect.inbox"
    _description = "Inbox to connect"

    connect_id = fields.Many2one("chatwootai.connect", required=True, ondelete="cascade")
    chosen = fields.Boolean("Agents answer", default=True)
    number = fields.Integer(readonly=True)
    name = fields.Char(readonly=True)
    channel = fields.Char(readonly=True)
    bot = fields.Char("Bot it has", readonly=True)
