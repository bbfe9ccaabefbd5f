"""From the button to the receiver and back: what was sent, what the status says, what is tried again."""

from unittest.mock import patch

from odoo.exceptions import RedirectWarning, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.company_services.snapshot import post
from odoo.addons.company_services.snapshot.verdict import RETRY_SECONDS
from odoo.addons.queue_job.exception import RetryableJobError

from .common import TOKEN, SyncCase


@tagged("post_install", "-at_install")
class TestSync(SyncCase):
    def sync(self):
        self.profile.action_synchronise()
        self.profile._job_sync()

    def attempt(self):
        """Run the job once; the seconds after which it wants to run again. (`assertRaises` would roll back.)"""
        try:
            self.profile._job_sync()
        except RetryableJobError as error:
            return error.seconds

    def activities(self):
        return self.profile.activity_search(["company_services.mail_activity_type_sync_failed"])

    def test_a_sync_sends_the_snapshot_and_says_synced(self):
        self.rule()
        self.profile.action_synchronise()
        self.assertEqual(self.profile.sync_state, "syncing")
        self.assertFalse(self.receiver.posts, "nothing is sent while a person waits")
        self.profile._job_sync()
        self.assertEqual(self.profile.sync_state, "synced")
        self.assertTrue(self.profile.synced_at)
        _path, headers, document = self.receiver.posts[0]
        self.assertEqual(document, self.profile._snapshot())
        self.assertEqual(headers["Authorization"], f"Bearer {TOKEN}")

    def test_versions_only_rise(self):
        for _again in range(3):
            self.sync()
        versions = [document["version"] for document in self.receiver.documents]
        self.assertEqual(versions, list(range(versions[0], versions[0] + 3)))

    def test_running_the_job_twice_does_no_harm(self):
        self.sync()
        self.profile._job_sync()
        first, second = self.receiver.documents
        self.assertEqual({**first, "version": 0}, {**second, "version": 0})
        self.assertGreater(second["version"], first["version"])
        self.assertEqual(self.profile.sync_state, "synced")

    def test_a_deleted_rule_is_gone_from_the_next_snapshot(self):
        kept, deleted = self.rule(name="Kept"), self.rule(name="Deleted")
        self.sync()
        deleted.unlink()
        self.assertEqual(self.profile.sync_state, "not_synced")
        self.sync()
        sent = [[rule["rule_id"] for rule in document["business_rules"]] for document in self.receiver.documents]
        self.assertEqual(sent, [[kept.id, deleted.id], [kept.id]])

    # --- Changes while a sync is under way

    def change_meanwhile(self):
        self.receiver.meanwhile = None
        # The job waits for the receiver in this very thread, so the receiver's may use its cursor.
        self.profile.tone = "casual"
        self.env.flush_all()

    def test_a_change_during_a_sync_leaves_not_synced(self):
        self.profile.tone = "formal"
        self.receiver.meanwhile = self.change_meanwhile
        self.sync()
        self.assertEqual(self.receiver.documents[0]["company_metadata"]["style"]["tone"], "formal")
        self.assertEqual(self.profile.sync_state, "not_synced")
        self.assertTrue(self.profile.synced_at, "the older snapshot did arrive")
        self.sync()
        self.assertEqual(self.profile.sync_state, "synced")
        self.assertEqual(self.receiver.documents[1]["company_metadata"]["style"]["tone"], "casual")

    def test_pressing_again_during_a_sync_stays_syncing_until_that_one_ends(self):
        def change_and_press():
            self.change_meanwhile()
            self.profile.action_synchronise()

        self.receiver.meanwhile = change_and_press
        self.sync()
        self.assertEqual(self.profile.sync_state, "syncing")
        self.profile._job_sync()
        self.assertEqual(self.profile.sync_state, "synced")

    # --- Refusals

    def assert_fails_at_once(self, status, answer, *words):
        self.receiver.answers = [(status, answer)]
        self.sync()
        self.assertEqual(self.profile.sync_state, "error")
        for word in words:
            self.assertIn(word, self.profile.sync_message)
        self.assertEqual(len(self.receiver.posts), 1)
        self.assertEqual(len(self.activities()), 1)
        self.assertIn(words[0], str(self.activities().note))

    def test_400_says_what_was_refused(self):
        self.assert_fails_at_once(
            400, {"success": False, "error": "phone: too long"}, "did not accept", "phone: too long"
        )

    def test_401_asks_for_another_token(self):
        self.assert_fails_at_once(401, {"success": False}, "token")

    def test_404_asks_for_another_address(self):
        self.assert_fails_at_once(404, b"", "address")

    def test_a_web_page_is_no_receiver(self):
        self.assert_fails_at_once(200, b"<html>", "not the agents' server")

    def test_409_says_that_a_newer_one_is_stored_and_the_next_press_is_newer_still(self):
        self.assert_fails_at_once(409, {"success": False, "version": 40}, "newer")
        self.receiver.answers = [(200, {"success": True})]
        self.sync()
        self.assertEqual(self.receiver.documents[-1]["version"], 41)
        self.assertEqual(self.profile.sync_state, "synced")

    def test_409_without_a_version_does_not_promise_that_pressing_again_helps(self):
        self.assert_fails_at_once(409, {"error": "Version 1 is older than the stored version 9."}, "newer", "version 9")
        self.assertNotIn("Synchronise", self.profile.sync_message)

    def test_success_takes_the_failure_back(self):
        self.assert_fails_at_once(400, {"error": "no"}, "did not accept")
        self.receiver.answers = [(200, {"success": True})]
        self.sync()
        self.assertFalse(self.activities())
        self.assertFalse(self.profile.sync_message)

    def test_a_second_failure_makes_no_second_activity(self):
        self.receiver.answers = [(400, {"error": "no"})]
        self.sync()
        self.sync()
        self.assertEqual(len(self.activities()), 1)

    def test_the_activity_is_for_who_pressed(self):
        manager = self.user("company_services.group_company_services_manager")
        self.receiver.answers = [(400, {"error": "no"})]
        profile = self.profile.with_user(manager)
        profile.action_synchronise()
        profile._job_sync()
        self.assertEqual(self.activities().user_id, manager)

    # --- What passes by itself

    def assert_retried_until_it_is_an_error(self, word):
        self.profile.action_synchronise()
        delays = []
        for _attempt in RETRY_SECONDS:
            delays.append(self.attempt())
            self.assertEqual(self.profile.sync_state, "syncing")
            self.assertIn(word, self.profile.sync_message)
            self.assertFalse(self.activities())
        self.assertEqual(tuple(delays), RETRY_SECONDS)
        self.assertIsNone(self.attempt())
        self.assertEqual(self.profile.sync_state, "error")
        self.assertIn(word, self.profile.sync_message)
        self.assertEqual(len(self.activities()), 1)

    def test_500_is_retried_and_then_says_so(self):
        self.receiver.answers = [(500, b"")]
        self.assert_retried_until_it_is_an_error("500")
        self.assertEqual(len(self.receiver.posts), len(RETRY_SECONDS) + 1)

    def test_nobody_listening_is_retried_and_then_says_so(self):
        self.receiver.stop()
        self.assert_retried_until_it_is_an_error("does not answer")

    def test_silence_is_retried(self):
        self.startPatcher(patch.object(post, "TIMEOUT", (5, 0.3)))
        self.receiver.meanwhile = self.receiver.hang
        self.profile.action_synchronise()
        self.assertTrue(self.attempt())
        self.assertIn("took too long", self.profile.sync_message)

    def test_a_retry_that_arrives_ends_well(self):
        self.receiver.answers = [(503, b""), (200, {"success": True})]
        self.profile.action_synchronise()
        self.assertTrue(self.attempt())
        self.profile._job_sync()
        self.assertEqual((self.profile.sync_state, self.profile.sync_attempts), ("synced", 0))

    def test_pressing_again_starts_counting_anew(self):
        self.receiver.answers = [(500, b"")]
        self.profile.action_synchronise()
        for _attempt in range(2):
            self.assertTrue(self.attempt())
        self.profile.action_synchronise()
        self.assertEqual(self.profile.sync_attempts, 0)

    def test_a_change_while_a_retry_waits_is_sent_by_the_retry(self):
        self.receiver.answers = [(500, b""), (200, {"success": True})]
        self.profile.action_synchronise()
        self.assertTrue(self.attempt())
        self.profile.tone = "casual"
        self.assertEqual(self.profile.sync_state, "not_synced")
        self.profile._job_sync()
        self.assertEqual(self.receiver.documents[1]["company_metadata"]["style"]["tone"], "casual")
        self.assertEqual(self.profile.sync_state, "synced")

    # --- What is known before anything is sent

    def test_without_a_webhook_the_button_leads_to_the_settings(self):
        self.configure(False, False)
        with self.assertRaises(RedirectWarning):
            self.profile.with_user(self.env.ref("base.user_admin")).action_synchronise()
        with self.assertRaisesRegex(UserError, "webhook"):
            self.profile.with_user(self.user("company_services.group_company_services_manager")).action_synchronise()

    def test_a_second_company_does_not_replace_the_firsts_configuration(self):
        other = self.env["res.company"].create({"name": "Other"})
        profile = self.env["company.services.profile"]._of_company(other)
        with self.assertRaisesRegex(UserError, self.company.name):
            profile.action_synchronise()
        with self.assertRaises(UserError):
            profile._sync_now()
        self.assertFalse(self.receiver.posts)

    # --- Commands that wait

    def test_sync_now_returns_the_verdict_and_never_leaves_syncing(self):
        self.receiver.answers = [(500, b""), (200, {"success": True})]
        self.assertEqual(self.profile._sync_now().action, "retry")
        self.assertEqual(self.profile.sync_state, "error")
        self.assertEqual(self.profile._sync_now().action, "done")
        self.assertEqual(self.profile.sync_state, "synced")

    def test_sync_now_can_deliver_by_itself(self):
        stored = []
        self.profile._sync_now(deliver=stored.append)
        self.assertEqual(stored, [self.profile._snapshot()])
        self.assertEqual(self.profile.sync_state, "synced")
        self.assertFalse(self.receiver.posts)

    def test_the_token_is_never_logged(self):
        self.receiver.answers = [(400, {"error": f"bad token {TOKEN}"})]
        with self.assertLogs("odoo.addons.company_services", "DEBUG") as logs:
            self.sync()
        self.assertNotIn(TOKEN, "\n".join(logs.output) + self.profile.sync_message)

    def test_a_person_is_told_the_end(self):
        self.env["bus.bus"].search([]).unlink()
        self.sync()
        self.env.cr.precommit.run()
        message = self.env["bus.bus"].search([]).filtered(lambda m: "simple_notification" in m.message)
        self.assertIn("success", message.message)

    @mute_logger("odoo.addons.queue_job.models.queue_job")
    def test_a_job_that_breaks_does_not_stay_syncing(self):
        self.profile.action_synchronise()
        self.profile._on_job_failed(exc_name="KeyError", exc_message="x", exc_info="…")
        self.assertEqual(self.profile.sync_state, "error")
        self.assertIn("Synchronise", self.profile.sync_message)
