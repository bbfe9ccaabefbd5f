"""What tests of the connection and the outbox need: a fake Chatwoot, a connection to it, and jobs run on demand."""

from contextlib import contextmanager

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import TransactionCase
from odoo.tests.common import _super_send, get_db_name

from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.tests.common import trap_jobs

from .fake_chatwoot import ACCOUNT, BOT_TOKEN, USER_TOKEN, FakeChatwoot


class ChatwootMixin:
    """``self.chatwoot`` with the pending conversation 25, and ``self.connection`` to it."""

    CONVERSATION = 25

    @classmethod
    def _request_handler(cls, session, request, /, **options):
        """Odoo's guard against requests to the outside knows no pair of timeouts; the fake needs no guard."""
        if request.url.startswith("http://127.0.0.1:"):
            return _super_send(session, request, **options)
        return super()._request_handler(session, request, **options)

    @classmethod
    def setUpClass(cls):
        # Made in a transaction of its own: one after the class's snapshot would be missing in it, and in its way.
        with Registry(get_db_name()).cursor() as cr:
            api.Environment(cr, SUPERUSER_ID, {})["chatwootai.audit.chain"]._chain()
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.env.user.lang = "en_US"  # what was asked is answered in the language of whoever asked
        self.chatwoot = self.enterContext(FakeChatwoot())
        self.chatwoot.conversation(self.CONVERSATION)
        self.connection = self.new_connection()
        # What is in doubt is read back at once: nothing is still at work in the fake.
        self.env["ir.config_parameter"].set_param("chatwootai_mcp.outbox_settle_seconds", "0")
        self.outbox = self.env["chatwootai.outbox"]

    def new_connection(self, **values):
        return self.env["chatwootai.chatwoot.connection"].create(
            {
                "name": "Acme",
                "base_url": self.chatwoot.url,
                "chatwoot_account": ACCOUNT,
                "user_token": USER_TOKEN,
                "bot_token": BOT_TOKEN,
                **values,
            }
        )

    def enqueue(self, kind="message", payload=None, **options):
        with trap_jobs():
            return self.outbox.enqueue(
                self.connection, self.CONVERSATION, kind, payload or {"content": "Olá"}, "test", **options
            )

    def deliver(self):
        """Run the delivery job once; the seconds it wants to wait, or None when it is through."""
        with self.own_transactions(), trap_jobs():
            try:
                self.outbox._job_deliver(self.connection.id, self.CONVERSATION)
            except RetryableJobError as error:
                return error.seconds
        return None

    @contextmanager
    def own_transactions(self):
        """Other cursors of the same code see what this test wrote, and the test what they wrote."""
        with self.enter_registry_test_mode():
            yield

    def let_time_pass(self):
        self.outbox.search([]).write({"next_attempt_at": False})
        self.connection.resting_until = False


class ChatwootCase(ChatwootMixin, TransactionCase):
    pass
