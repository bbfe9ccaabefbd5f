"""The tenant's connections to Chatwoot: address, tokens, webhook secrets, and a button that tries them."""

from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..chatwoot.client import ChatwootClient, normal_base_url
from ..chatwoot.errors import ChatwootError, NotFound, Unauthorized
from ..settings import get_keyring, get_settings
from ..tenancy.account import InvalidAccountId
from ..tenancy.keyring import WeakSecret
from ..tenancy.tokens import mint_webhook_token, new_token_id, tenant_audience
from .asked import for_reader, tell
from .chatwoot_words import in_words
from .own_transaction import in_own_transaction
from .secret_field import MASK, Secret, read_secret

_TEST_SECONDS = 8.0  # a person waits for the answer, if not a request


class ChatwootConnection(models.Model):
    _name = "chatwootai.chatwoot.connection"
    _inherit = ["chatwootai.alerting", "chatwootai.signaled.cache", "chatwootai.audited"]
    _description = "Chatwoot connection"
    _order = "name, id"

    name = fields.Char(required=True, default=lambda self: self.env.company.name)
    active = fields.Boolean(default=True)
    base_url = fields.Char(
        "Chatwoot address", required=True, help="Address of Chatwoot, for instance https://chat.example.com"
    )
    chatwoot_account = fields.Integer(
        "Account number", required=True, help="The number after /accounts/ in the address of Chatwoot's pages"
    )
    user_token = Secret(
        "User access token",
        groups="chatwootai_mcp.group_mcp_manager",
        help="Access token of a Chatwoot user, from their profile settings. It reads conversations and messages.",
    )
    bot_token = Secret(
        "Agent bot access token",
        groups="chatwootai_mcp.group_mcp_manager",
        help="Access token of the agent bot. It writes the replies; without one the user's token writes them,"
        " and Chatwoot shows them as that user's.",
    )
    webhook_secret_ids = fields.One2many(
        "chatwootai.webhook.secret",
        "connection_id",
        "Webhook secrets",
        groups="chatwootai_mcp.group_mcp_manager",
        help="As soon as there is one, only webhooks signed with one of them are accepted.",
    )
    webhook_token_id = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: new_token_id(),
        groups="chatwootai_mcp.group_mcp_manager",
    )
    webhook_signed_by = fields.Char(
        readonly=True,
        copy=False,
        default=lambda self: self.env["chatwootai.mcp.key"]._signing_mark(),
        groups="chatwootai_mcp.group_mcp_manager",
        help="Which of the server's secrets signed the address when it was last given out",
    )
    webhook_url = fields.Char(
        "Webhook address",
        compute="_compute_webhook_url",
        compute_sudo=True,
        groups="chatwootai_mcp.group_mcp_manager",
        help="Give this address to the agent bot (or the account's webhook) in Chatwoot, and to nobody else.",
    )
    failed_in_a_row = fields.Integer(readonly=True, required=True, default=0, copy=False, aggregator=None)
    resting_until = fields.Datetime(
        readonly=True, copy=False, help="Chatwoot did not answer: until then nothing is tried, and all replies wait."
    )
    tested_at = fields.Datetime("Last tested", readonly=True, copy=False)
    test_state = fields.Selection(
        [("running", "Being tested…"), ("ok", "Works"), ("failed", "Does not work")], readonly=True, copy=False
    )
    test_result = fields.Text("Result of the test", readonly=True, copy=False)

    _unique_account = models.UniqueIndex(
        "(base_url, chatwoot_account)", "This Chatwoot account is connected already (perhaps archived)."
    )
    _unique_token = models.UniqueIndex("(webhook_token_id)")
    _positive_account = models.Constraint("CHECK(chatwoot_account > 0)", "The account number is greater than zero.")

    def _audited_names(self):
        return super()._audited_names() | {"webhook_token_id"}

    def _creation_message(self):
        # Odoo's own agrees with the model's name in English only.
        return self.env._("This connection was made.")

    @api.depends("webhook_token_id")
    def _compute_webhook_url(self):
        for connection in self:
            connection.webhook_url = connection._webhook_url()

    def _webhook_url(self):
        account_id = self.env.cr.dbname
        try:
            token = mint_webhook_token(get_keyring(), tenant_audience(account_id), self.webhook_token_id or "")
        except (WeakSecret, InvalidAccountId):
            return False
        return f"{get_settings().public_url}/chatwootai/webhook/{account_id}/{token}"

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._with_normal_url(vals) for vals in vals_list])

    def write(self, vals):
        vals = self._with_normal_url(vals)
        if "base_url" in vals and not all(connection._is_same_server(vals["base_url"]) for connection in self):
            # Whoever may type a token may not read the one that is there, nor have it sent to a server of theirs.
            vals = vals | {name: False for name in self._tokens_of_server() if vals.get(name, MASK) == MASK}
        written = super().write(vals)
        if vals.keys() & {"base_url", "user_token", "bot_token", "active"}:
            # What waited for a token or an address that works need not wait any longer.
            self.env["chatwootai.outbox"].sudo().resume(self)
        return written

    @api.model
    def _tokens_of_server(self):
        """The fields of the tokens that only the server at the connection's address may be sent."""
        return ("user_token", "bot_token")

    def _is_same_server(self, url):
        return urlsplit(self.base_url or "").netloc.lower() == urlsplit(url or "").netloc.lower()

    @api.onchange("base_url")
    def _onchange_base_url(self):
        stored = self._origin
        if stored and (stored.user_token or stored.bot_token) and not stored._is_same_server(self.base_url):
            return {
                "warning": {
                    "title": self.env._("Another server"),
                    "message": self.env._(
                        "Enter the access tokens again: those that are stored are sent to no other server than the one"
                        " they were typed for."
                    ),
                }
            }
        return None

    @api.model
    def _with_normal_url(self, vals):
        if not vals.get("base_url"):
            return vals
        try:
            return vals | {"base_url": normal_base_url(vals["base_url"])}
        except ValueError:
            raise ValidationError(
                self.env._("%s is not an address of Chatwoot: write it like https://chat.example.com", vals["base_url"])
            ) from None

    @api.private
    def client(self, **options):
        """A client with this connection's tokens. For the server's own use."""
        self.ensure_one()
        connection = self.sudo()
        return ChatwootClient(
            connection.base_url,
            connection.chatwoot_account,
            read_secret(connection, "user_token"),
            read_secret(connection, "bot_token"),
            **options,
        )

    def action_new_webhook_url(self):
        """Give the webhook another address; the one it had is refused from now on."""
        self.check_access("write")
        for connection in self:
            connection.sudo().write({"webhook_token_id": new_token_id()} | connection._address_given_out())

    def _address_given_out(self):
        """What to write when the address was put into Chatwoot: it is signed with today's first secret."""
        return {"webhook_signed_by": self.env["chatwootai.mcp.key"]._signing_mark()}

    def action_test(self):
        """Have the address and both tokens tried: Chatwoot may take seconds to answer, so no request waits for it."""
        self.ensure_one()
        self.check_access("write")
        self.sudo().write({"test_state": "running", "test_result": False})
        self.sudo().with_delay(
            identity_key=f"chatwootai_test:{self.id}",
            description=self.env._("Test the connection to Chatwoot: %s", self.name),
        )._job_test(self.env.uid)

    def _job_test(self, user_id):
        if not self.exists():
            return "the connection is gone"
        problems = for_reader(self, user_id)._test()
        in_own_transaction(self.env, _end_test, self.id, user_id, problems)
        return "\n".join(problems) or "works"

    def _on_test_failed(self, **_failure):
        """The job itself broke (queue_job's on_fail hook): nobody shall wait for a test that never ends."""
        self.exists()._note_test([self.env._("The test stopped unexpectedly: start it again.")])

    def _note_test(self, problems):
        self.write(
            {
                "tested_at": fields.Datetime.now(),
                "test_state": "failed" if problems else "ok",
                "test_result": "\n".join(problems)
                or self.env._("Chatwoot answers, and the tokens do what they are for."),
            }
        )

    def _test(self):
        """A sentence for each thing that does not work."""
        problems = []
        with self.client(read_seconds=_TEST_SECONDS) as client:
            if not client.read_token:
                problems.append(self.env._("There is no user access token: without one, messages cannot be read."))
            else:
                try:
                    profile = client.profile()
                    if self.chatwoot_account not in profile.accounts:
                        problems.append(
                            self.env._(
                                "The user access token is %(user)s's, who does not belong to account %(account)s.",
                                user=profile.name,
                                account=self.chatwoot_account,
                            )
                        )
                except ChatwootError as error:
                    problems.append(self._explain(error, self.env._("user access token")))
            if client.write_token and not problems:
                try:
                    client.check_write_token()
                except ChatwootError as error:
                    problems.append(self._explain(error, self.env._("agent bot access token")))
        return problems

    def _explain(self, error, token):
        if isinstance(error, Unauthorized):
            return self.env._("Chatwoot does not accept the %s: copy it again from Chatwoot.", token)
        if isinstance(error, NotFound):
            return self.env._(
                "There is no Chatwoot at this address: %s answers, but not as Chatwoot does.", self.base_url
            )
        return self.env._(
            "%(address)s could not be used: %(reason)s", address=self.base_url, reason=in_words(self.env, error)
        )


def _end_test(env, connection_id, user_id, problems):
    connection = for_reader(env["chatwootai.chatwoot.connection"].browse(connection_id), user_id)
    connection._note_test(problems)
    tell(env, user_id, not problems, connection.name, connection.test_result)
