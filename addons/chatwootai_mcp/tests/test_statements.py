"""How often a call asks PostgreSQL: each time is a round trip, which is what a call's time is made of."""

from contextlib import closing
from unittest.mock import patch

from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS

from odoo.sql_db import db_connect
from odoo.tests import tagged

from .. import control
from .common import statements
from .http_case import McpHttpCase

_SEARCH = {"model": "res.partner", "domain": [["is_company", "=", True]], "fields": ["name", "email"], "limit": 10}


@tagged("post_install", "-at_install")
class TestStatements(McpHttpCase):
    def test_a_search_asks_for_its_records_and_for_nothing_else(self):
        token = self.issue()
        # What limits it has is asked once a second: the second call may come later than that after the first.
        self.enterContext(patch.object(control, "LIMITS_SECONDS", 600))
        self.enterContext(patch.object(control.get_control(), "_limits", {}))
        self.call(token, "search_records", **_SEARCH)  # what is asked once, for many calls
        with statements() as executed:
            self.assertTrue(self.call(token, "search_records", **_SEARCH)["records"])
        [bounds, search] = executed
        self.assertRegex(bounds, r"^SAVEPOINT chatwootai_call; SET LOCAL statement_timeout")
        self.assertRegex(search, r'^SELECT "res_partner"')

    def test_a_ping_asks_nothing(self):
        token = self.issue()
        self.rpc(token, "ping")
        with statements() as executed:
            self.rpc(token, "ping")
        self.assertEqual(executed, [])

    def test_looking_for_other_processes_changes_begins_no_transaction(self):
        with closing(db_connect(self.account_id).cursor()) as cr, statements() as executed:
            found = self.registry.get_sequences(cr)
            self.assertEqual(executed, [], "not by Odoo's cursor, after which the session would be discarded")
            self.assertEqual(cr.connection.get_transaction_status(), TRANSACTION_STATUS_IDLE)
            cr.execute("SHOW transaction_isolation")
            self.assertEqual(cr.fetchone(), ("repeatable read",))
            self.assertEqual(cr.connection.get_transaction_status(), TRANSACTION_STATUS_INTRANS)
            self.assertEqual(self.registry.get_sequences(cr), found)
            self.assertEqual(cr.connection.get_transaction_status(), TRANSACTION_STATUS_INTRANS)
            cr.rollback()

    def test_the_look_is_planned_once_in_a_session(self):
        planned = "SELECT count(*) FROM pg_prepared_statements WHERE name = 'chatwootai_signaling'"
        with closing(db_connect(self.account_id).cursor()) as cr:
            found = [self.registry.get_sequences(cr) for _ in range(2)]
            cr.execute(planned)
            self.assertEqual(cr.fetchone(), (1,))
            cr.rollback()
            cr.connection._changed = True
            cr.connection.reset()  # as when it is lent again
            cr.execute(planned)
            self.assertEqual(cr.fetchone(), (0,))
            cr.rollback()
            found.append(self.registry.get_sequences(cr))
            cr.execute(planned)
            self.assertEqual(cr.fetchone(), (1,), "and once in each session")
            cr.rollback()
            with cr.connection.cursor() as behind_our_back:
                behind_our_back.execute("DEALLOCATE ALL")
            cr.rollback()
            found.append(self.registry.get_sequences(cr))
            self.assertEqual(found, found[:1] * 4)

    def test_a_cursor_that_only_reads_does_so_after_the_look_too(self):
        for readonly, answer in ((True, "on"), (False, "off")):
            with closing(db_connect(self.account_id, readonly=readonly).cursor()) as cr:
                self.registry.get_sequences(cr)
                cr.execute("SHOW transaction_read_only")
                self.assertEqual(cr.fetchone(), (answer,))
                cr.rollback()

    def test_a_companys_place_in_the_tree_is_asked_once(self):
        companies = self.env["res.company"].search([])
        companies._recall_place()
        companies.invalidate_recordset()
        with statements() as executed:
            companies._recall_place()
            self.assertTrue(all(company.parent_path.endswith(f"{company.id}/") for company in companies))
        self.assertEqual(executed, [])
