"""A transaction beside the caller's tells the other processes of its own changes, and never of the caller's."""

from unittest.mock import patch

from psycopg2 import InterfaceError

from odoo.sql_db import PoolError
from odoo.tests import TransactionCase, tagged, test_cursor

from ..models.own_transaction import in_own_transaction


@tagged("post_install", "-at_install")
class TestOwnTransaction(TransactionCase):
    def setUp(self):
        super().setUp()
        self.signaled = []
        self.addCleanup(self.registry.cache_invalidated.clear)
        self.registry.cache_invalidated.clear()

        def signal_changes():
            self.signaled.append(frozenset(self.registry.cache_invalidated))
            self.registry.cache_invalidated.clear()

        self.enterContext(self.enter_registry_test_mode())
        self.enterContext(patch.object(self.registry, "signal_changes", signal_changes))

    def test_what_the_caller_has_changed_is_told_when_the_caller_commits(self):
        self.registry.clear_cache()
        in_own_transaction(self.env, lambda env: None)
        self.assertEqual(self.signaled, [frozenset()])
        self.assertEqual(self.registry.cache_invalidated, {"default"})

    def test_what_it_changes_itself_is_told_at_once(self):
        in_own_transaction(self.env, lambda env: env.registry.clear_cache())
        self.assertEqual(self.signaled, [frozenset({"default"})])
        self.assertFalse(self.registry.cache_invalidated)

    def test_what_is_committed_is_done_though_its_connection_is_taken_away(self):
        """As a stop does; who writes behind would write it once more."""
        close = test_cursor.TestCursor.close
        for error in (PoolError("This connection does not belong to the pool"), InterfaceError("already closed")):

            def taken_away(cursor, error=error):
                close(cursor)
                raise error

            with patch.object(test_cursor.TestCursor, "close", taken_away):
                self.assertEqual(in_own_transaction(self.env, lambda env: 7), 7)
            with patch.object(test_cursor.TestCursor, "commit", side_effect=error), self.assertRaises(type(error)):
                in_own_transaction(self.env, lambda env: 7)

    def test_its_failure_makes_nobody_forget_what_the_caller_has_changed(self):
        def fail(env):
            env.registry.clear_cache("templates")
            raise ZeroDivisionError

        self.registry.clear_cache()
        with self.assertRaises(ZeroDivisionError):
            in_own_transaction(self.env, fail)
        self.assertEqual(self.registry.cache_invalidated, {"default"})
