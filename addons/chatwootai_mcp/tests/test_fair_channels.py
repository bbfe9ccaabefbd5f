"""The job runner serves tenants in turn; queue_job's own rules hold within a tenant."""

from odoo.tests import BaseCase, tagged

from odoo.addons.queue_job.jobrunner import channels

from .. import queue_runner

NOW = 100.0


@tagged("post_install", "-at_install")
class TestFairChannels(BaseCase):
    def setUp(self):
        super().setUp()
        self.manager = channels.ChannelManager()
        self.manager.simple_configure("root:6,root.turn:3,root.narrow:1")
        self.number = 0

    def queue(self, tenant, count=1, channel="root.turn", priority=10, eta=None, state="pending"):
        for _ in range(count):
            self.number += 1
            self.manager.notify(
                tenant, channel, f"{tenant}-{self.number}", self.number, self.number, priority, eta, state
            )

    def run_next(self):
        """Start what may start, and end the oldest; whose jobs were started."""
        started = list(self.manager.get_jobs_to_run(NOW))
        self.running = [*getattr(self, "running", []), *started]
        if self.running:
            self.end(self.running.pop(0))
        return [job.db_name for job in started]

    def end(self, job):
        self.manager.notify(
            job.db_name, job.channel.fullname, job.uuid, job.seq, job.date_created, job.priority, job.eta, "done"
        )

    def test_a_tenants_job_runs_before_anothers_hundred_are_through(self):
        self.queue("acme", 100, "root.narrow")
        self.queue("bella", 1, "root.narrow")
        started = [name for _ in range(4) for name in self.run_next()]
        self.assertIn("bella", started[:2])

    def test_floods_of_two_interleave_and_none_is_lost(self):
        self.queue("acme", 40, "root.narrow")
        self.queue("bella", 40, "root.narrow")
        started = [name for _ in range(81) for name in self.run_next()]
        self.assertEqual(len(started), 80)
        self.assertEqual(started[:6].count("acme"), 3)

    def test_one_place_is_free_for_whoever_comes(self):
        self.queue("acme", 100)
        self.assertEqual([job.db_name for job in self.manager.get_jobs_to_run(NOW)], ["acme", "acme"])
        self.queue("bella", 2)
        self.assertEqual([job.db_name for job in self.manager.get_jobs_to_run(NOW)], ["bella"])

    def test_within_a_tenant_priority_and_age_count(self):
        self.queue("acme", 2, "root.narrow")
        self.queue("acme", 1, "root.narrow", priority=1)
        started = []
        for _ in range(3):
            [job] = self.manager.get_jobs_to_run(NOW)
            started.append(job.uuid)
            self.end(job)
        self.assertEqual(started, ["acme-3", "acme-1", "acme-2"])

    def test_a_job_waits_for_its_time_and_no_longer(self):
        self.queue("acme", eta=NOW + 5)
        self.assertEqual(list(self.manager.get_jobs_to_run(NOW)), [])
        self.assertEqual(self.manager.get_wakeup_time(), NOW + 5)
        self.assertEqual([job.db_name for job in self.manager.get_jobs_to_run(NOW + 5)], ["acme"])

    def test_a_job_taken_back_or_a_tenant_that_is_gone_runs_no_more(self):
        self.queue("acme", 3)
        self.queue("bella", 1)
        self.manager.remove_job("acme-1")
        self.manager.remove_db("bella")
        self.assertEqual([job.uuid for job in self.manager.get_jobs_to_run(NOW)], ["acme-2", "acme-3"])

    def test_a_sequential_channel_stays_one_line_over_all(self):
        self.manager.simple_configure("root:6,root.line:1:sequential")
        self.queue("acme", 2, "root.line")
        self.queue("bella", 1, "root.line")
        started = [name for _ in range(3) for name in self.run_next()]
        self.assertEqual(started, ["acme", "acme", "bella"])

    def test_what_waits_is_known_by_tenant(self):
        self.queue("acme", 3, "root.narrow")
        self.queue("acme", 1, "root.narrow", eta=NOW + 5)
        self.queue("bella", 1, "root.narrow")
        self.assertEqual(self.manager.get_channel_by_name("root.narrow").waiting(), {"acme": 4, "bella": 1})

    def test_jobs_that_could_take_every_worker_are_warned_of(self):
        for capacity, workers in ((2, 2), (12, 2), (None, 4)):
            with self.assertLogs(queue_runner.__name__, "WARNING"):
                queue_runner._warn_of_capacity(capacity, workers)
        with self.assertNoLogs(queue_runner.__name__, "WARNING"):
            queue_runner._warn_of_capacity(12, 0)
            queue_runner._warn_of_capacity(12, 13)
