"""One button makes bot and webhook in Chatwoot, says what each step did, can be pressed again; another undoes it."""

from unittest.mock import patch

from requests import Session

from odoo.tests import tagged

from odoo.addons.chatwootai_mcp.chatwoot.signature import is_signed
from odoo.addons.chatwootai_mcp.models.secret_field import read_secret
from odoo.addons.chatwootai_mcp.tests.fake_chatwoot import FakeChatwoot
from odoo.addons.queue_job.tests.common import trap_jobs

from ..connecting import steps
from .conversation_case import ConversationCase

INBOXES = [{"id": 17, "name": "WhatsApp"}, {"id": 18, "name": "Site"}]


@tagged("post_install", "-at_install")
class TestConnecting(ConversationCase):
    def setUp(self):
        super().setUp()
        self.chatwoot.inboxes = INBOXES
        self.administration = self.chatwoot.administration
        self.connection.write({"bot_token": False, "user_token": False})
        self.events = []
        self.enterContext(patch.object(steps, "send_test_event", self.take_event))
        self.enterContext(patch.object(steps, "is_private", lambda url: False))

    def take_event(self, url, account, secret):
        self.events.append((url, account, secret))
        return 200

    def dialog(self, direction="connect", **values):
        context = self.connection.action_connect()["context"] | {"default_direction": direction}
        return self.env["chatwootai.connect"].with_context(**context).create({"admin_token": "user-token"} | values)

    def check(self, dialog):
        """The dialog's first button, and the job it made."""
        with trap_jobs() as trap:
            dialog.action_check()
            jobs = trap.enqueued_jobs
        with self.own_transactions():
            for job in jobs:
                job.perform()
        dialog.invalidate_recordset()

    def connect(self, **values):
        """The dialog gone through, and the job it made; each step's state."""
        dialog = self.dialog(**values)
        self.check(dialog)
        self.assertFalse(dialog.problem)
        return self.run_job(dialog.action_connect)

    def run_job(self, press):
        with trap_jobs() as trap:
            press()
            [job] = trap.enqueued_jobs
        with self.own_transactions():
            job.perform()
        self.connection.invalidate_recordset()
        return {step.name: step.state for step in self.connection.connect_step_ids}

    def said(self, name):
        return self.connection.connect_step_ids.filtered(lambda step: step.name == name).result

    def test_connecting_makes_bot_and_webhook_and_puts_the_bot_into_the_inboxes(self):
        self.assertEqual(set(self.connect().values()), {"done"})
        [bot], [webhook] = self.administration.bots.values(), self.administration.webhooks.values()
        self.assertEqual((bot["outgoing_url"], webhook["url"]), (self.connection.webhook_url,) * 2)
        self.assertIn("message_created", webhook["subscriptions"])
        self.assertEqual(self.administration.inbox_bots, {17: bot["id"], 18: bot["id"]})
        self.assertEqual(self.connection.connect_state, "connected")
        self.assertEqual(read_secret(self.connection, "bot_token"), bot["access_token"])
        self.assertEqual(read_secret(self.connection, "user_token"), "user-token")
        self.assertIsNone(read_secret(self.connection, "admin_token"))
        self.assertEqual(self.events, [(self.connection.webhook_url, 7, bot["secret"])])

    def test_what_either_of_them_signs_is_taken(self):
        self.connect()
        [door] = self.connection._webhook_doors(self.connection.webhook_token_id)
        made = [*self.administration.bots.values(), *self.administration.webhooks.values()]
        self.assertEqual(sorted(door.secrets()), sorted(each["secret"] for each in made))

    def test_only_the_chosen_inboxes_get_the_bot(self):
        dialog = self.dialog()
        self.check(dialog)
        dialog.inbox_ids[0].chosen = False
        self.run_job(dialog.action_connect)
        self.assertEqual(list(self.administration.inbox_bots), [18])

    def test_pressed_again_it_makes_nothing_twice(self):
        self.connect()
        before = (dict(self.administration.bots), dict(self.administration.webhooks))
        self.assertEqual(set(self.connect().values()), {"done"})
        self.assertEqual((self.administration.bots, self.administration.webhooks), before)

    def test_a_step_that_failed_says_why_and_the_next_try_goes_on(self):
        self.administration.refuse["POST /webhooks"] = (500, {"error": "oops"})
        states = self.connect()
        self.assertEqual((states["bot"], states["webhook"], states["event"]), ("done", "failed", "waiting"))
        self.assertEqual(self.connection.connect_state, "failed")
        self.assertIn("500", self.said("webhook"))
        self.assertIsNone(read_secret(self.connection, "admin_token"))
        self.assertEqual(set(self.connect().values()), {"done"})
        self.assertEqual(len(self.administration.bots), 1)

    def test_a_bot_whose_token_was_lost_with_its_process_is_made_anew(self):
        self.administration.answer("POST", "/agent_bots", {"name": "half", "outgoing_url": self.connection.webhook_url})
        self.connect()
        [bot] = self.administration.bots.values()
        self.assertNotEqual(bot["name"], "half")
        self.assertEqual(read_secret(self.connection, "bot_token"), bot["access_token"])

    def test_a_bot_it_replaces_is_named_and_not_replaced_unasked(self):
        _status, other = self.administration.answer("POST", "/agent_bots", {"name": "Outro", "outgoing_url": "x"})
        self.administration.inbox_bots[17] = other["id"]
        dialog = self.dialog()
        self.check(dialog)
        self.assertEqual(dialog.inbox_ids.mapped("chosen"), [False, True])
        dialog.inbox_ids.chosen = True
        self.assertEqual(self.run_job(dialog.action_connect)["bot_of_inboxes"], "notice")
        self.assertIn("Outro", self.said("bot_of_inboxes"))

    def test_a_chatwoot_that_does_not_sign_is_asked_for_no_signature(self):
        self.administration.signs = False
        self.assertEqual(self.connect()["webhook"], "notice")
        [door] = self.connection._webhook_doors(self.connection.webhook_token_id)
        self.assertFalse(door.is_signed_for)

    def test_each_thing_that_is_wrong_has_its_sentence_before_anything_is_changed(self):
        wrong = [
            ({"admin_token": "nobody"}, "does not accept this access token"),
            ({"admin_token": False}, "Enter the access token"),
            ({"chatwoot_account": 8}, "account 8"),
            ({"chatwoot_account": 0}, "account's number"),
            ({"base_url": f"{self.chatwoot.url}/elsewhere"}, "no Chatwoot at this address"),
            ({"base_url": "http://127.0.0.1:9"}, "cannot be reached"),
            ({"base_url": "chat"}, "is not an address"),
        ]
        for values, sentence in wrong:
            with self.subTest(sentence):
                dialog = self.dialog(**values)
                self.check(dialog)
                self.assertIn(sentence, dialog.problem)
                self.assertEqual(dialog.stage, "account")
        self.administration.is_administrator = False
        dialog = self.dialog()
        self.check(dialog)
        self.assertIn("not an administrator", dialog.problem)
        self.assertFalse(self.administration.bots)

    def test_the_administrators_token_of_steps_under_way_goes_to_no_other_server(self):
        self.connection._begin_connecting("user-token", [17])
        elsewhere = self.enterContext(FakeChatwoot())
        self.connection.base_url = elsewhere.url
        self.assertIsNone(self.connection._administrators_token())

    def test_the_stored_token_is_sent_to_no_other_server_than_it_was_typed_for(self):
        self.connection.user_token = "user-token"
        dialog = self.dialog(admin_token=False)
        self.check(dialog)
        self.assertEqual((dialog.stage, dialog.problem), ("inboxes", False))
        elsewhere = self.enterContext(FakeChatwoot())
        dialog = self.dialog(admin_token=False, base_url=elsewhere.url)
        self.check(dialog)
        self.assertIn("Enter the access token", dialog.problem)
        self.assertEqual(elsewhere.calls, [])

    def test_the_dialogs_button_calls_nobody_and_says_at_once_that_chatwoot_is_asked(self):
        dialog = self.dialog()
        with trap_jobs() as trap, patch.object(Session, "send", side_effect=AssertionError("it called Chatwoot")):
            dialog.action_check()
            dialog.action_check()
            [job] = trap.enqueued_jobs
        self.assertEqual((dialog.stage, job.channel), ("checking", "root.chatwootai_asked"))
        getattr(dialog, job.job_config.on_fail_method_name)()
        self.assertEqual(dialog.stage, "account")
        self.assertIn("again", dialog.problem)

    def test_a_dialog_that_was_answered_before_says_no_more_what_was_wrong(self):
        dialog = self.dialog(admin_token="nobody")
        self.check(dialog)
        dialog.admin_token = "user-token"
        self.check(dialog)
        self.assertEqual((dialog.stage, dialog.problem), ("inboxes", False))

    def test_an_address_in_a_private_network_is_told_of(self):
        with patch.object(steps, "is_private", lambda url: True):
            self.assertEqual(self.connect()["address"], "notice")
        self.assertIn("SAFE_FETCH_ALLOW_PRIVATE_NETWORK", self.said("address"))

    def test_an_address_that_leads_elsewhere_is_a_failure(self):
        with patch.object(steps, "send_test_event", lambda *_: 404):
            self.assertEqual(self.connect()["event"], "failed")
        with patch.object(steps, "send_test_event", lambda *_: None):
            self.assertEqual(self.connect()["event"], "notice")

    def test_a_first_connection_is_made_by_the_dialog(self):
        self.connection.unlink()
        dialog = self.env["chatwootai.connect"].create(
            {"base_url": f"{self.chatwoot.url}/", "chatwoot_account": 7, "admin_token": "user-token"}
        )
        self.check(dialog)
        with trap_jobs():
            shown = dialog.action_connect()
        connection = self.env["chatwootai.chatwoot.connection"].browse(shown["res_id"])
        self.assertEqual((connection.base_url, connection.connect_state), (self.chatwoot.url, "connecting"))
        self.assertIsNone(read_secret(dialog, "admin_token"))

    def test_the_token_is_kept_for_reading_only_when_that_was_chosen(self):
        self.connection.user_token = "another"
        self.connect(keep_token=False)
        self.assertEqual(read_secret(self.connection, "user_token"), "another")

    def test_disconnecting_undoes_it_and_refuses_the_old_address(self):
        self.connect()
        url = self.connection.webhook_url
        dialog = self.dialog("disconnect")
        states = self.run_job(dialog.action_disconnect)
        self.assertEqual(set(states.values()), {"done"})
        self.assertFalse(self.administration.bots or self.administration.webhooks)
        self.assertEqual(set(self.administration.inbox_bots.values()), {None})
        self.assertFalse(self.connection.webhook_secret_ids or self.connection.bot_token)
        self.assertFalse(self.connection.connect_state)
        self.assertNotEqual(self.connection.webhook_url, url)

    def test_disconnecting_leaves_other_bots_alone_and_may_be_repeated(self):
        self.connect()
        _status, other = self.administration.answer("POST", "/agent_bots", {"name": "Outro", "outgoing_url": "x"})
        self.administration.inbox_bots[18] = other["id"]
        self.administration.refuse[f"DELETE /agent_bots/{self.connection.bot_number}"] = (503, {"error": "down"})
        self.assertEqual(self.run_job(self.dialog("disconnect").action_disconnect)["bot"], "failed")
        self.assertEqual(set(self.run_job(self.dialog("disconnect").action_disconnect).values()), {"done"})
        self.assertEqual(list(self.administration.bots), [other["id"]])
        self.assertEqual(self.administration.inbox_bots[18], other["id"])


@tagged("post_install", "-at_install")
class TestReach(ConversationCase):
    def test_the_event_is_signed_as_chatwoot_signs(self):
        from ..connecting import reach

        with patch.object(reach.requests, "post") as post:
            post.return_value.status_code = 200
            self.assertEqual(reach.send_test_event("http://odoo.test/webhook", 7, "s3cret"), 200)
        headers, body = post.call_args.kwargs["headers"], post.call_args.kwargs["data"]
        timestamp = headers["X-Chatwoot-Timestamp"]
        self.assertTrue(is_signed(body, headers["X-Chatwoot-Signature"], timestamp, ["s3cret"], float(timestamp)))

    def test_private_addresses_are_known(self):
        from ..connecting import reach

        self.assertTrue(reach.is_private("http://127.0.0.1:8069/x"))
        self.assertTrue(reach.is_private("http://10.1.2.3/x"))
        self.assertFalse(reach.is_private("https://8.8.8.8/x"))
