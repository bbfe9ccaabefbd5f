"""No tenant takes the connections of others, and together they never have more than there may be."""

import os
import resource
from contextlib import ExitStack
from unittest.mock import patch

from psycopg2 import sql

from odoo.sql_db import Connection, PoolError, connection_info_for, db_connect
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name

from ..servers import connection_pools
from ..servers.connection_pools import TenantPools
from ..tenancy.bulkhead import Bounds, Bulkhead


@tagged("post_install", "-at_install")
class TestConnectionPools(BaseCase):
    def setUp(self):
        super().setUp()
        self.bulkhead = Bulkhead(Bounds(2, patience=0.0, courtesy=0.0))
        self.enterContext(patch.object(connection_pools, "bulkhead", self.bulkhead))
        self.pools = TenantPools(maxconn=3)
        self.addCleanup(self.pools.close_all)
        self.names = (get_db_name(), "postgres")
        self.infos = [connection_info_for(name)[1] for name in self.names]

    def cursor(self, number=0):
        return Connection(self.pools, self.names[number], self.infos[number]).cursor()

    def open_connections(self):
        return {name: len(pool._connections) for name, pool in self.pools._pools.items()}

    def test_a_tenants_work_that_needs_several_never_waits_for_itself(self):
        """However many others there are: a job, its own transactions and its tools' hold some at once."""
        self.assertGreaterEqual(connection_pools._AT_LEAST, 4)
        many = Bulkhead(Bounds(48, least=connection_pools._AT_LEAST, patience=0.0, courtesy=0.0))
        for number in range(100):
            for _ in range(connection_pools._AT_LEAST):
                self.assertEqual(many.enter(f"tenant-{number}"), 0.0)

    def test_odoos_own_cursors_come_from_here(self):
        self.assertIsInstance(db_connect(get_db_name())._Connection__pool, TenantPools)

    def test_a_connection_is_used_again(self):
        for _ in range(3):
            with self.cursor() as cr:
                cr.execute("SELECT current_database()")
                self.assertEqual(cr.fetchone(), (self.names[0],))
        self.assertEqual(self.open_connections(), {self.names[0]: 1})
        self.assertEqual(self.bulkhead.uses()[self.names[0]].running, 0)

    def test_a_tenant_over_its_size_gets_none_and_another_does(self):
        with ExitStack() as stack:
            for _ in range(2):
                stack.enter_context(self.cursor())
            with self.assertRaises(PoolError):
                self.cursor()
            stack.enter_context(self.cursor(1))
        with self.cursor():
            pass

    def test_idle_connections_make_room_for_others(self):
        with ExitStack() as stack:
            for _ in range(2):
                stack.enter_context(self.cursor())
        self.pools._maxconn = 2
        with self.cursor(1):
            self.assertEqual(self.open_connections(), {self.names[0]: 1, self.names[1]: 1})

    def test_a_forgotten_cursors_place_is_taken_back(self):
        cursors = [self.cursor(), self.cursor()]
        cursors[0]._close(True)  # what its destructor does
        with self.cursor():
            pass
        cursors[1].close()
        self.assertEqual(self.bulkhead.uses()[self.names[0]].running, 0)

    def test_a_database_that_is_not_there_costs_no_place(self):
        import psycopg2

        for _ in range(5):
            with self.assertRaises(psycopg2.OperationalError):
                self.pools.borrow({**self.infos[0], "database": "there-is-none"})
        self.assertEqual(self.bulkhead.uses()["there-is-none"].running, 0)
        self.assertEqual(self.pools._free._value, 3)

    def test_closing_a_database_closes_its_connections_and_no_others(self):
        with self.cursor():
            pass
        with self.cursor(1):  # of this one Odoo keeps none that is idle
            self.pools.close_all(self.infos[0])
            self.assertEqual(self.open_connections(), {self.names[0]: 0, self.names[1]: 1})

    def test_a_cursor_open_while_its_database_is_closed_gives_its_place_back(self):
        cursor = self.cursor()
        self.pools.close_all(self.infos[0])
        with self.assertRaises(PoolError):
            cursor._closed = False
            self.pools.give_back(cursor._cnx)
        cursor._closed = True
        self.assertEqual(self.bulkhead.uses()[self.names[0]].running, 0)

    def test_what_was_idle_for_long_is_closed(self):
        with self.cursor():
            pass
        [connection] = self.pools._pools[self.names[0]]._connections
        connection._pool_last_used -= 3600
        self.pools._swept_at = 0
        with self.cursor(1):
            self.assertEqual(self.open_connections(), {self.names[0]: 0, self.names[1]: 1})

    def test_nothing_that_a_session_was_told_is_left_for_who_has_its_connection_next(self):
        with self.cursor() as cr:
            cr.execute("SHOW statement_timeout")
            [as_it_was] = cr.fetchone()
        setting = f"SELECT current_setting('statement_timeout') <> '{as_it_was}'"
        lock = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 1105)"
        table = "SELECT to_regclass('pg_temp.mine') IS NOT NULL"
        for told, asked in (
            ("SET statement_timeout = '7s'", setting),
            ("SELECT set_config('statement_timeout', '7s', false)", setting),
            ("SELECT 1; set statement_timeout = '7s'", setting),
            ("SELECT pg_advisory_lock(1105)", lock),
            ("CREATE TEMP TABLE mine ()", table),
            ("SELECT 1 AS one INTO TEMP mine", table),
            ("SELECT 1 AS one\nINTO\tTEMPORARY\nmine", table),
            (b"SET statement_timeout = '7s'", setting),
            (sql.SQL("SET statement_timeout = '7s'"), setting),
            ("LISTEN mine", "SELECT EXISTS (SELECT pg_listening_channels())"),
            ("PREPARE mine AS SELECT 1", "SELECT EXISTS (SELECT FROM pg_prepared_statements)"),
        ):
            with self.subTest(told):
                with self.cursor() as cr:
                    cr.execute(told)
                    cr.commit()
                    cr.execute(asked)
                    self.assertEqual(cr.fetchone(), (True,), "the question does not see it")
                with self.cursor() as cr:
                    cr.execute(asked)
                    self.assertEqual(cr.fetchone(), (False,))
        self.assertEqual(self.open_connections(), {self.names[0]: 1})

    def test_many_values_at_once_are_written_with_a_connection_that_was_told_nothing_yet(self):
        """psycopg2 puts such statements together as bytes, with which Odoo's accounting reconciles."""
        with self.cursor() as cr:
            found = cr.execute_values("SELECT * FROM (VALUES %s) AS told(a, b)", [(1, "ü"), (2, "b;")], fetch=True)
        self.assertEqual(found, [(1, "ü"), (2, "b;")])

    def test_a_connection_is_lent_again_also_where_a_process_has_many_files_open(self):
        allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        if most != resource.RLIM_INFINITY and most < 2048:
            self.skipTest("this process may not open as many")
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (allowed, most))
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(allowed, 2048), most))
        with ExitStack() as files:
            while files.enter_context(open(os.devnull)).fileno() < 1024:  # select() knows no more
                pass
            with self.cursor() as cr:
                cr.execute("SELECT pg_backend_pid()")
                lent = cr.fetchone()
                self.assertGreaterEqual(cr.connection.fileno(), 1024)
            with self.cursor() as cr:
                cr.execute("SELECT pg_backend_pid()")
                self.assertEqual(cr.fetchone(), lent)

    def test_a_session_that_was_told_nothing_keeps_its_plans(self):
        for statement in (
            "SELECT 1",
            "WITH one AS (SELECT 1) SELECT * FROM one",
            "SAVEPOINT a; SET LOCAL work_mem = '1MB'",
        ):
            with self.subTest(statement):
                with self.cursor() as cr:
                    cr._cnx.cursor().execute("PREPARE kept AS SELECT 1")  # unseen, as a plan is
                    cr.execute(statement)
                with self.cursor() as cr:
                    cr.execute("SELECT count(*) FROM pg_prepared_statements")
                    self.assertEqual(cr.fetchone(), (1,))
                    cr.execute("DEALLOCATE kept")

    def test_a_connection_that_postgresql_has_ended_is_lent_to_nobody(self):
        with self.cursor() as cr:
            cr.execute("SELECT pg_backend_pid()")
            [ended] = cr.fetchone()
        with db_connect(self.names[0]).cursor() as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [ended])
            self.assertEqual(other.fetchone(), (True,))
        with self.cursor() as cr:
            cr.execute("SELECT pg_backend_pid()")
            self.assertNotEqual(cr.fetchone(), (ended,))
