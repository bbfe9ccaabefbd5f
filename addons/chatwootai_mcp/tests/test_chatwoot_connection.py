"""A connection says plainly what works, keeps its tokens to itself, and can be given another webhook address."""

from unittest.mock import patch

from psycopg2 import IntegrityError
from requests import Session

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.queue_job.tests.common import trap_jobs

from ..models.secret_field import MASK, read_secret
from ..settings import get_keyring
from ..tenancy.tokens import tenant_audience, verify_webhook_token
from .chatwoot_case import ChatwootCase
from .fake_chatwoot import ACCOUNT


@tagged("post_install", "-at_install")
class TestChatwootConnection(ChatwootCase):
    def press_test(self):
        """The button, and the job it made; what was told to whoever pressed it."""
        with trap_jobs() as trap:
            self.connection.action_test()
            [job] = trap.enqueued_jobs
        with self.own_transactions(), patch.object(type(self.env.user), "_bus_send") as told:
            job.perform()
        self.connection.invalidate_recordset()
        [(_kind, notice)] = [call.args for call in told.call_args_list]
        return notice

    def test_a_connection_that_works_says_so(self):
        notice = self.press_test()
        self.assertEqual((notice["type"], notice["message"]), ("success", self.connection.test_result))
        self.assertEqual(self.connection.test_state, "ok")

    def test_the_button_calls_nobody_and_says_at_once_that_the_test_is_under_way(self):
        self.connection.write({"test_state": "failed", "test_result": "old"})
        with trap_jobs() as trap, patch.object(Session, "send", side_effect=AssertionError("it called Chatwoot")):
            self.connection.action_test()
            self.connection.action_test()
            [job] = trap.enqueued_jobs
        self.assertEqual((self.connection.test_state, self.connection.test_result), ("running", False))
        self.assertEqual(job.channel, "root.chatwootai_asked")
        self.assertTrue(hasattr(self.connection, job.job_config.on_fail_method_name))

    def test_a_test_that_breaks_ends_for_the_person_too(self):
        self.connection.test_state = "running"
        self.connection._on_test_failed(exc_name="KeyError", exc_message="x", exc_info="…")
        self.assertEqual(self.connection.test_state, "failed")
        self.assertIn("again", self.connection.test_result)

    def test_its_result_is_in_the_language_of_whoever_asked(self):
        self.env["res.lang"]._activate_lang("pt_BR")
        self.env.user.lang = "pt_BR"
        self.connection.user_token = "nobody"
        self.assertIn("não aceita", self.press_test()["message"])
        self.assertIn("não aceita", self.connection.test_result)

    def test_each_thing_that_is_wrong_has_its_sentence(self):
        wrong = [
            ({"user_token": "nobody"}, "user access token"),
            ({"bot_token": "nobody"}, "agent bot access token"),
            ({"chatwoot_account": 8}, "account 8"),
            ({"user_token": False}, "no user access token"),
            ({"base_url": "http://127.0.0.1:9"}, "cannot be reached"),
            ({"base_url": f"{self.chatwoot.url}/elsewhere"}, "no Chatwoot at this address"),
        ]
        right = {
            "base_url": self.chatwoot.url,
            "chatwoot_account": ACCOUNT,
            "user_token": "user-token",
            "bot_token": "bot-token",
        }
        for values, sentence in wrong:
            with self.subTest(sentence):
                self.connection.write(right | values)
                self.assertEqual(self.press_test()["type"], "danger")
                self.assertEqual(self.connection.test_state, "failed")
                self.assertIn(sentence, self.connection.test_result)

    def test_stored_tokens_are_sent_to_no_other_server_than_they_were_typed_for(self):
        elsewhere = {"base_url": "https://chat.example.com"}
        self.connection.base_url = f"{self.chatwoot.url}/below"
        self.assertEqual(self.connection.user_token, MASK, "the same server")
        self.connection.write(elsewhere | {"user_token": "typed", "bot_token": MASK})
        self.assertEqual(read_secret(self.connection, "user_token"), "typed")
        self.assertFalse(self.connection.bot_token)
        with Form(self.connection) as form, self.assertLogs("odoo.tests.form.onchange", "WARNING") as warned:
            form.base_url = self.chatwoot.url
        self.assertIn("Enter the access tokens again", warned.output[0])
        self.assertFalse(self.connection.user_token)

    def test_tokens_and_secrets_are_never_shown(self):
        self.connection.webhook_secret_ids = [(0, 0, {"name": "Bot", "secret": "s3cret"})]
        shown = self.connection.read(["user_token", "bot_token"])[0]
        self.assertEqual({shown["user_token"], shown["bot_token"]}, {MASK})
        self.assertEqual(self.connection.webhook_secret_ids.secret, MASK)
        [door] = self.connection._webhook_doors(self.connection.webhook_token_id)
        self.assertEqual(door.secrets(), ["s3cret"])
        self.assertNotIn("s3cret", repr(door))

    def test_only_administrators_see_connections(self):
        user = new_test_user(self.env, "plain")
        with self.assertRaises(AccessError):
            self.connection.with_user(user).read(["name"])

    def test_the_address_is_stored_in_one_spelling_and_once(self):
        self.assertEqual(self.connection.base_url, self.chatwoot.url)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.new_connection(base_url=f" {self.chatwoot.url}/ ")

    def test_what_is_no_address_is_refused(self):
        for address in ("chat.example.com", "ftp://x", "https://user:secret@x.com"):
            with self.assertRaises(ValidationError):
                self.connection.base_url = address

    def test_the_webhook_address_holds_a_token_of_this_tenant_and_can_be_replaced(self):
        first = self.connection.webhook_url
        account_id, token = first.split("/")[-2:]
        self.assertEqual(account_id, self.env.cr.dbname)
        token_id = verify_webhook_token(get_keyring(), tenant_audience(account_id), token)
        self.assertEqual(token_id, self.connection.webhook_token_id)
        self.connection.action_new_webhook_url()
        self.assertNotEqual(self.connection.webhook_url, first)
        self.assertNotEqual(self.connection.webhook_token_id, token_id)
