"""A connection knows its account's inboxes, teams and people, and makes its own bot and webhook in Chatwoot."""

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError

from odoo.addons.chatwootai_mcp.chatwoot.administration import ChatwootAdministration
from odoo.addons.chatwootai_mcp.chatwoot.errors import ChatwootError
from odoo.addons.chatwootai_mcp.models.asked import for_reader, tell
from odoo.addons.chatwootai_mcp.models.big_integer import BigInteger
from odoo.addons.chatwootai_mcp.models.chatwoot_words import in_words
from odoo.addons.chatwootai_mcp.models.own_transaction import in_own_transaction, try_lock
from odoo.addons.chatwootai_mcp.models.secret_field import Secret, read_secret
from odoo.addons.queue_job.exception import RetryableJobError

from ..connecting.steps import Connecting, Disconnecting, new_address
from .chatwoot_people import AGENT, TEAM

_CHANNEL = "root.chatwootai_sync"
_FETCH_SECONDS = 8.0  # a person waits for the answer, if not a request
_RETRY_SECONDS = 60
_BUSY_SECONDS = 2


class ChatwootConnection(models.Model):
    _inherit = "chatwootai.chatwoot.connection"

    inbox_ids = fields.One2many("chatwootai.inbox", "connection_id", "Inboxes")
    hand_off_rule_ids = fields.One2many("chatwootai.hand.off.rule", "connection_id", "Hand-off")
    connect_state = fields.Selection(
        [
            ("connecting", "Connecting…"),
            ("connected", "Connected"),
            ("disconnecting", "Disconnecting…"),
            ("failed", "Not finished"),
        ],
        "Connected by Odoo",
        readonly=True,
        copy=False,
    )
    connect_step_ids = fields.One2many("chatwootai.connect.step", "connection_id", "Steps", readonly=True, copy=False)
    fetch_state = fields.Selection(
        [("running", "Being fetched…"), ("done", "Fetched"), ("failed", "Not fetched")],
        "Inboxes and teams",
        readonly=True,
        copy=False,
    )
    fetch_result = fields.Text("Found in Chatwoot", readonly=True, copy=False)
    admin_token = Secret(
        "Administrator's access token", groups="chatwootai_mcp.group_mcp_manager"
    )  # only while the steps are under way
    bot_number = BigInteger("Agent bot in Chatwoot", readonly=True, copy=False)
    webhook_number = BigInteger("Webhook in Chatwoot", readonly=True, copy=False)
    bot_secret_id = fields.Many2one(
        "chatwootai.webhook.secret", readonly=True, copy=False, groups="chatwootai_mcp.group_mcp_manager"
    )
    account_secret_id = fields.Many2one(
        "chatwootai.webhook.secret", readonly=True, copy=False, groups="chatwootai_mcp.group_mcp_manager"
    )

    @api.model
    def _tokens_of_server(self):
        return (*super()._tokens_of_server(), "admin_token")

    # -- what the account holds

    def _administration(self, token=None):
        """A client that reads what the account holds, with the stored token or the one given."""
        self.ensure_one()
        connection = self.sudo()
        return ChatwootAdministration(
            connection.base_url,
            connection.chatwoot_account,
            token or read_secret(connection, "user_token"),
            read_seconds=_FETCH_SECONDS,
        )

    def action_fetch_inboxes(self):
        """Have Chatwoot asked for the account's inboxes, teams and people; the form then says what was found."""
        self.ensure_one()
        self.check_access("write")
        self.sudo().write({"fetch_state": "running", "fetch_result": False})
        self.sudo().with_delay(
            identity_key=f"chatwootai_fetch_asked:{self.id}",
            description=self.env._("Fetch the inboxes of %s", self.name),
        )._job_fetch_asked(self.env.uid)

    def _job_fetch_asked(self, user_id):
        """Tried once: whoever asked reads what is wrong, and asks again."""
        if not self.exists():
            return "the connection is gone"
        connection = for_reader(self, user_id)
        account, problem = None, None
        try:
            account = self._read_account()
        except ChatwootError as error:
            problem = connection._explain(error, connection.env._("user access token"))
        in_own_transaction(self.env, _end_fetch, self.id, user_id, account, problem)
        return problem or f"{len(account[0])} inboxes"

    def _on_fetch_failed(self, **_failure):
        self.exists()._note_fetch(self.env._("It stopped unexpectedly: fetch again."))

    def _note_fetch(self, problem=None):
        self.write({"fetch_state": "failed" if problem else "done", "fetch_result": problem or self._known()})

    def _fetch_inboxes(self):
        self._take_account(*self._read_account())

    def _read_account(self):
        with self._administration() as chatwoot:
            return chatwoot.inboxes(), chatwoot.teams(), chatwoot.agents()

    def _take_account(self, inboxes, teams, agents):
        self.env["chatwootai.inbox"].sudo()._take(self, inboxes)
        people = self.env["chatwootai.chatwoot.people"].sudo()
        people._take(self, TEAM, teams)
        people._take(self, AGENT, agents)

    def _known(self):
        people = self.env["chatwootai.chatwoot.people"]
        counts = dict(people._read_group([("connection_id", "=", self.id)], ["kind"], ["__count"]))
        return self.env._(
            "Found in Chatwoot: inboxes %(inboxes)s, teams %(teams)s, people %(people)s.",
            inboxes=len(self.inbox_ids),
            teams=counts.get(TEAM, 0),
            people=counts.get(AGENT, 0),
        )

    def _queue_fetch_inboxes(self):
        self.sudo().with_delay(
            channel=_CHANNEL,
            identity_key=f"chatwootai_fetch_inboxes:{self.id}",
            description=f"Fetch the inboxes of {self.name}",
        )._job_fetch_inboxes()

    def _job_fetch_inboxes(self):
        if not self.exists():
            return "the connection is gone"
        try:
            account = self._read_account()
        except ChatwootError as error:
            if error.retryable:
                raise RetryableJobError(str(error), _RETRY_SECONDS) from error
            return in_words(self.env, error)
        # Not in the job's transaction: its snapshot lacks the inbox that a first message makes meanwhile.
        in_own_transaction(self.env, _take_account, self.id, account)
        return f"{len(account[0])} inboxes"

    # -- connecting: the steps run in a job, and each is committed as it is done

    def action_connect(self):
        """The dialog that asks for an administrator's token."""
        return self._connect_dialog("connect", self.env._("Connect to Chatwoot"))

    def action_disconnect(self):
        return self._connect_dialog("disconnect", self.env._("Disconnect from Chatwoot"))

    def _connect_dialog(self, direction, title):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "chatwootai.connect",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_connection_id": self.id,
                "default_direction": direction,
                "default_base_url": self.base_url,
                "default_chatwoot_account": self.chatwoot_account,
            },
        }

    def _begin_connecting(self, token, inbox_numbers):
        self._begin(Connecting, "connecting", token)
        self._queue_steps("connecting")._job_connect(self.env.uid, list(inbox_numbers))

    def _begin_disconnecting(self, token):
        self._begin(Disconnecting, "disconnecting", token)
        self._queue_steps("disconnecting")._job_disconnect(self.env.uid)

    def _begin(self, steps, state, token):
        self.ensure_one()
        self.check_access("write")
        connection = self.sudo()
        if not token and not connection.user_token:
            raise UserError(self.env._("Enter the access token of an administrator of the account."))
        connection.connect_step_ids.unlink()
        connection.write(
            {
                "admin_token": token or False,
                "connect_state": state,
                "connect_step_ids": [(0, 0, {"name": name}) for name in steps.NAMES],
            }
        )

    def _queue_steps(self, state):
        return self.with_user(SUPERUSER_ID).with_delay(
            channel=_CHANNEL, identity_key=f"chatwootai_{state}:{self.id}", description=f"{state}: {self.name}"
        )

    def _job_connect(self, user_id, inbox_numbers):
        return self._run_steps(Connecting, "connected", user_id, inbox_numbers)

    def _job_disconnect(self, user_id):
        return self._run_steps(Disconnecting, False, user_id)

    def _run_steps(self, steps, state, user_id, *arguments):
        """The job's own cursor holds the lock and nothing else: two runs at once would make two bots."""
        self.ensure_one()
        if not self.exists():
            return "the connection is gone"
        if not try_lock(self.env, f"chatwootai.connecting:{self.id}"):
            raise RetryableJobError("Another job connects this account.", _BUSY_SECONDS, ignore_retry=True)
        user = self.env["res.users"].browse(user_id)
        env = self.env(context={**self.env.context, "lang": user.lang})
        finished = False
        try:
            finished = steps(env, self.id, *arguments).run()
        finally:
            in_own_transaction(self.env, _end_steps, self.id, state if finished else "failed")
        return "done" if finished else "not finished"

    def _administrators_token(self):
        """The one given for these steps, or the reading token where none was."""
        return read_secret(self, "admin_token") or read_secret(self, "user_token")

    # -- what the steps remember, each in a transaction of its own

    def _remember_bot(self, bot):
        self.write({"bot_number": bot.id, "bot_token": bot.access_token})
        self._keep_secret("bot_secret_id", self.env._("Agent bot"), bot.secret)

    def _remember_webhook(self, webhook):
        """Whether Chatwoot signs. One that signs the account's webhooks and not the bot's is asked for no signature."""
        self.write({"webhook_number": webhook.id} | self._address_given_out())
        signs = bool(webhook.secret and self.bot_secret_id)
        self._keep_secret("account_secret_id", self.env._("Account webhook"), webhook.secret if signs else "")
        return signs

    def _keep_secret(self, name, title, secret):
        self[name].unlink()
        self[name] = secret and self.env["chatwootai.webhook.secret"].create(
            {"connection_id": self.id, "name": title, "secret": secret}
        )

    def _signing_secret(self):
        secret = self.bot_secret_id or self.webhook_secret_ids[:1]
        return read_secret(secret, "secret") if secret else None

    def _forget_account(self):
        self.webhook_secret_ids.unlink()
        self.write({"bot_token": False, "bot_number": 0, "webhook_number": 0, **new_address()})


def _take_account(env, connection_id, account):
    env["chatwootai.chatwoot.connection"].browse(connection_id)._take_account(*account)


def _end_fetch(env, connection_id, user_id, account, problem):
    connection = for_reader(env["chatwootai.chatwoot.connection"].browse(connection_id), user_id)
    if account:
        connection._take_account(*account)
    connection._note_fetch(problem)
    tell(env, user_id, not problem, connection.name, connection.fetch_result)


def _end_steps(env, connection_id, state):
    env["chatwootai.chatwoot.connection"].browse(connection_id).write({"connect_state": state, "admin_token": False})
