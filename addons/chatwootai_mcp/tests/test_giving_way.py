"""A job lets other tenants' requests go first, its own tenant's not, and never for much longer than it works; so does
a flood of requests, for those of tenants that do not flood."""

import contextvars
import threading
from contextlib import ExitStack
from unittest.mock import patch

from odoo.tests import TransactionCase, tagged

from .. import giving_way
from ..giving_way import job_of, request_of
from ..servers import admission
from ..tenancy.bulkhead import Bounds, Bulkhead
from ..tenancy.one_computes import OneComputes


class Time:
    """Passes only while a job waits; after so many looks the others' requests are through."""

    def __init__(self, looks=10**6, after=None):
        self.now, self.waits, self.looks, self.after = 1000.0, 0, looks, after

    def monotonic(self):
        return self.now

    def wait(self, seconds):
        self.waits += 1
        self.now += seconds
        if self.waits == self.looks:
            self.after()


@tagged("post_install", "-at_install")
class TestGivingWay(TransactionCase):
    def setUp(self):
        super().setUp()
        self.calls = Bulkhead(Bounds(2))
        lanes = {"calls": self.calls, "webhooks": Bulkhead(Bounds(2))}
        self.enterContext(patch.multiple(admission, LANES=lanes, **lanes))

    def passing(self, **options):
        time = Time(**options)
        stack = ExitStack()
        stack.enter_context(patch.object(giving_way, "time", time))
        stack.enter_context(patch.object(giving_way, "_pause", time))
        return time, stack

    def statement(self):
        # A test's cursor hands its statements to a real one.
        self.env.cr.execute("SELECT 1")

    def test_a_job_waits_until_anothers_request_is_through(self):
        self.calls.enter("bella")
        time, stack = self.passing(looks=3, after=lambda: self.calls.leave("bella"))
        with stack, job_of("acme"):
            self.statement()
        self.assertEqual(time.waits, 3)

    def test_a_request_that_comes_during_a_statement_goes_before_what_follows_it(self):
        time, stack = self.passing(looks=3, after=lambda: self.calls.leave("bella"))
        execute = giving_way._execute

        def while_others_come(*statement):
            self.calls.enter("bella")
            return execute(*statement)

        with stack, job_of("acme"), patch.object(giving_way, "_execute", while_others_come):
            self.statement()
        self.assertEqual(time.waits, 3)

    def test_it_does_not_wait_for_long(self):
        time, stack = self.passing()
        with stack, job_of("acme"), self.calls.admitted("bella"):
            self.statement()
        self.assertLess(time.now - 1000.0, 2 * giving_way.LONGEST_SECONDS)

    def test_it_waits_no_more_than_three_times_its_work(self):
        time, stack = self.passing()
        with stack, job_of("acme"), self.calls.admitted("bella"):
            self.statement()
            waits, waited = time.waits, time.now - 1000.0
            self.statement()
            time.now += 0.9 * waited / 3
            self.statement()
            self.assertEqual(time.waits, waits)
            time.now += 0.2 * waited / 3
            self.statement()
            self.assertGreater(time.waits, waits)

    def test_its_own_tenants_requests_and_what_is_no_job_do_not_wait(self):
        time, stack = self.passing()
        with stack, self.calls.admitted("acme"):
            with job_of("acme"):
                self.statement()
            self.statement()
        self.assertEqual(time.waits, 0)

    def test_beside_other_tenants_a_job_waits_for_its_own_tenants_that_computes(self):
        """Before it does anything, and again when it goes on; for a while."""
        self.calls.enter("bella")
        self.calls.leave("bella")
        with patch.object(OneComputes, "take") as take, job_of("acme"):
            [[to_begin]] = [call.args for call in take.call_args_list]
            self.statement()
            [_, [to_go_on]] = [call.args for call in take.call_args_list]
        self.assertTrue(0 < to_go_on < to_begin < 5)

    def test_of_several_jobs_the_next_begins_when_one_ends(self):
        self.calls.enter("bella")
        self.calls.leave("bella")
        begun = threading.Event()

        def another():
            with job_of("acme"):
                begun.set()

        # The one that has the place computes, as far as the others see, and they are patient.
        with (
            patch.object(OneComputes, "_holder_waits", return_value=False),
            patch.object(giving_way, "_TO_BEGIN", 60.0),
        ):
            with job_of("acme"):
                waiting = threading.Thread(target=another)
                waiting.start()
                self.assertFalse(begun.wait(0.1))
            self.assertTrue(begun.wait(30))
        waiting.join()

    def test_beside_its_tenants_long_job_another_keeps_a_quarter_of_its_pace(self):
        """Though it asks PostgreSQL again and again: others wait for the rows it has locked meanwhile."""
        self.calls.enter("bella")
        self.calls.leave("bella")
        time, stack = self.passing()

        def take(_place, patience):
            time.now += patience
            return False

        with stack, patch.object(OneComputes, "take", take), job_of("acme"):
            for _ in range(200):
                self.statement()
                time.now += 0.01
        waited = time.now - 1000.0 - 200 * 0.01
        self.assertGreater(waited, giving_way._TO_BEGIN)
        self.assertLessEqual(waited, giving_way._TO_BEGIN + giving_way._TO_GO_ON + giving_way.MOST_OF_ITS_WORK * 2.0)

    def test_what_a_job_began_takes_no_place_once_the_job_has_ended(self):
        self.calls.enter("bella")
        self.calls.leave("bella")
        with job_of("acme"):
            begun = contextvars.copy_context()
        with patch.object(OneComputes, "take") as take:
            begun.run(giving_way.execute, self.env.cr, "SELECT 1")
        self.assertFalse(take.called)

    def test_a_thread_that_a_job_began_takes_no_place(self):
        self.calls.enter("bella")
        self.calls.leave("bella")
        with patch.object(OneComputes, "take") as take, job_of("acme"):
            take.reset_mock()
            within = threading.Thread(target=contextvars.copy_context().run, args=[giving_way._work.get().go_on])
            within.start()
            within.join()
            self.assertFalse(take.called)
            giving_way._work.get().go_on()
            self.assertTrue(take.called)

    def test_alone_it_waits_for_none(self):
        self.calls.enter("acme")
        self.calls.leave("acme")
        with patch.object(OneComputes, "take") as take, job_of("acme"):
            self.statement()
        self.assertFalse(take.called)

    def flood(self, account_id):
        """As many of the tenant's calls as may run, and one that waits behind them, until the test is done."""
        while not self.calls.has_waiting(account_id):
            waiting = threading.Thread(target=self.calls.enter, args=[account_id])
            waiting.start()
            waiting.join(0.05)

        def end():
            while waiting.is_alive():
                self.calls.leave(account_id)
                waiting.join(0.05)

        self.addCleanup(end)

    def test_a_flood_lets_the_request_of_a_tenant_that_does_not_flood_go_first(self):
        self.flood("acme")
        self.calls.enter("bella")
        time, stack = self.passing(looks=3, after=lambda: self.calls.leave("bella"))
        with stack, request_of("acme"):
            self.statement()
        self.assertEqual(time.waits, 3)

    def test_floods_and_single_requests_do_not_wait_for_one_another(self):
        self.calls.enter("bella")
        time, stack = self.passing()
        with stack, self.calls.admitted("acme"), request_of("acme"):
            self.statement()  # no flood
        self.assertEqual(time.waits, 0)
        self.flood("acme")
        self.flood("bella")
        time, stack = self.passing()
        with stack, request_of("acme"):
            self.statement()  # nobody is at ease
        self.assertEqual(time.waits, 0)
