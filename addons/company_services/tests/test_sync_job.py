"""The sync in queue_job's hands: its channel, its identity, its commits, its retries."""

from contextlib import nullcontext
from unittest.mock import patch

from odoo import modules
from odoo.tests import tagged

from odoo.addons.queue_job.job import Job
from odoo.addons.queue_job.tests.common import trap_jobs

from .common import SyncCase


@tagged("post_install", "-at_install")
class TestSyncJob(SyncCase):
    def jobs(self):
        return self.env["queue.job"].search([("identity_key", "=", f"company_services.sync:{self.profile.id}")])

    def test_the_button_queues_one_job_in_a_channel_of_its_own(self):
        self.profile.action_synchronise()
        self.profile.action_synchronise()
        job = self.jobs()
        self.assertEqual(len(job), 1)
        self.assertEqual((job.channel, job.method_name, job.max_retries), ("root.chatwootai_sync", "_job_sync", 0))

    def test_every_press_while_one_runs_is_queued(self):
        self.profile.action_synchronise()
        self.jobs().state = "started"
        self.profile.action_synchronise()
        self.assertEqual(self.jobs().mapped("state"), ["pending", "started"])

    def test_pressing_again_does_not_wait_for_the_next_retry(self):
        self.profile.action_synchronise()
        self.jobs().eta = "2099-01-01 00:00:00"
        self.profile.action_synchronise()
        self.assertFalse(self.jobs().eta)

    def test_the_job_may_commit_and_says_when_it_breaks(self):
        with trap_jobs() as trap:
            self.profile.action_synchronise()
            trap.assert_enqueued_job(self.profile._job_sync)
        config = self.env["queue.job.function"].job_config("<company.services.profile>._job_sync")
        self.assertTrue(config.allow_commit)
        self.assertTrue(hasattr(self.profile, config.on_fail_method_name))

    def test_nothing_is_locked_while_the_network_is_slow(self):
        """The job commits before it posts and again before it asks for a retry."""
        order = []
        self.receiver.answers = [(500, b"")]
        self.receiver.meanwhile = lambda: order.append("post")
        self.profile.action_synchronise()
        with (
            patch.object(modules.module, "current_test", None),
            patch.object(self.env.cr, "commit", lambda: (self.env.flush_all(), order.append("commit"))),
            self.assertRaises(Exception) as raised,
        ):
            self.profile._job_sync()
        self.assertEqual(order, ["commit", "post", "commit"])
        self.assertEqual(type(raised.exception).__name__, "RetryableJobError")

    def test_a_profile_that_is_gone_is_no_error(self):
        other = self.env["res.company"].create({"name": "Other"})
        profile = self.env["company.services.profile"]._of_company(other)
        self.env.flush_all()
        profile.unlink()
        profile._job_sync()
        self.assertFalse(self.receiver.posts)

    def test_a_stored_job_performs(self):
        self.profile.action_synchronise()
        job = Job.load(self.env, self.jobs().uuid)
        # Its own cursor would not see this test's transaction.
        with patch.object(type(job), "in_temporary_env", self._same_env):
            job.perform()
        self.assertEqual(self.profile.sync_state, "synced")

    @staticmethod
    def _same_env(job):
        return nullcontext()
