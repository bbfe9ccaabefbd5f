"""How long a call may take, and what becomes of what it wrote before it left the database."""

import time
from contextlib import closing

from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS

from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..servers.call import BorrowedDatabase, Call, OwnDatabase
from ..servers.orchestrator import Orchestrator
from ..servers.tool import ToolError, tool
from .common import ToolCase


@tool("odoo", title="Slow statement", read_only=True, returns={})
def slow_statement(call) -> dict:
    """Asks the database something that takes long."""
    call.deadline = time.monotonic() + 1
    call.env.cr.execute("SELECT pg_sleep(20)")
    return {}


@tool("odoo", title="Late", read_only=True, returns={})
def late(call) -> dict:
    """Comes to the database when its time is over."""
    call.deadline = time.monotonic() - 1
    return {"partners": call.env["res.partner"].search_count([])}


@tagged("post_install", "-at_install")
class TestCallBounds(ToolCase):
    def setUp(self):
        super().setUp()
        self.orchestrator = Orchestrator([slow_statement, late], lambda: self.stores)

    def refused(self, name):
        outcome = self.orchestrator.call(self.principal, name, {}, env=self.env(user=self.agent))
        self.assertTrue(outcome.is_error)
        return outcome.result["error"]

    @mute_logger("odoo.sql_db")
    def test_a_statement_ends_with_the_calls_time(self):
        self.assertIn("was stopped", self.refused("slow_statement"))

    def test_a_call_whose_time_is_over_touches_nothing_more(self):
        self.assertIn("took longer", self.refused("late"))

    def test_a_call_has_half_a_minute(self):
        call = Call(self.principal, self.stores, BorrowedDatabase(self.env))
        self.assertAlmostEqual(call.seconds_left(), 30, delta=2)
        call.deadline = time.monotonic() - 0.1
        with self.assertRaises(ToolError):
            call.seconds_left()

    def test_an_own_database_is_closed_when_it_is_left_and_opened_anew(self):
        self.registry_enter_test_mode()
        with OwnDatabase(self.principal) as database:
            call = Call(self.principal, self.stores, database)
            first = call.env.cr
            call.leave_database()
            self.assertIsNone(database._env)
            self.assertIsNot(call.env.cr, first)

    def test_a_borrowed_environment_has_no_transaction_once_it_is_left(self):
        # A cursor of its own: the test's is within a transaction that nobody may end.
        with closing(db_connect(self.account_id).cursor()) as cr:
            with BorrowedDatabase(self.env(cr=cr)) as database:
                call = Call(self.principal, self.stores, database)
                call.env["res.partner"].search_count([])
                self.assertEqual(cr.connection.get_transaction_status(), TRANSACTION_STATUS_INTRANS)
                call.leave_database()
                self.assertEqual(cr.connection.get_transaction_status(), TRANSACTION_STATUS_IDLE)
                call.env["res.partner"].search_count([])
            cr.rollback()

    def test_a_failure_undoes_what_was_written_in_a_borrowed_environment(self):
        with self.assertRaises(ZeroDivisionError), BorrowedDatabase(self.env) as database:
            database.environment(1000)["res.partner"].create({"name": "Half written"})
            raise ZeroDivisionError
        self.assertFalse(self.env["res.partner"].search([("name", "=", "Half written")]))

    @mute_logger("odoo.sql_db")
    def test_a_failed_statement_spoils_nothing_for_the_next_call_of_a_request(self):
        self.assertIn("too long", self.refused("slow_statement"))
        for _ in range(2):
            with BorrowedDatabase(self.env) as database:
                database.environment(1000)["res.partner"].create({"name": "Kept"})
        self.assertIn("too long", self.refused("slow_statement"))
        self.assertEqual(self.env["res.partner"].search_count([("name", "=", "Kept")]), 2)
