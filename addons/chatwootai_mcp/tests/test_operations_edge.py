"""The server's dealings with its operator: control database, control socket, and the job runner's list of tenants."""

import json
import socket
import tempfile
import threading
from pathlib import Path
from unittest.mock import Mock, patch

import psycopg2

from odoo.sql_db import PoolError
from odoo.tests import TransactionCase, tagged

from .. import control_socket, queue_runner
from ..control import Control
from ..tenancy.quota import Limits


@tagged("post_install", "-at_install")
class TestControl(TransactionCase):
    def test_without_a_control_database_there_are_no_limits_and_no_tenants(self):
        control = Control("no-such-database")
        self.assertEqual(control.limits("acme"), Limits())
        self.assertEqual(control.tenants(), [])
        self.assertIsNone(control.tenant_of_webhook("abc", 1))
        control.alert("acme", "test", "goes to the log")

    def test_one_that_can_not_be_asked_is_no_secret_and_none_at_all_is_no_fault(self):
        self.assertTrue(Control("no-such-database").answers())
        away = psycopg2.OperationalError("the database system is starting up")
        control = Control("unused")
        with (
            patch("odoo.addons.chatwootai_mcp.control.db_connect", side_effect=away),
            self.assertLogs("odoo.addons.chatwootai_mcp.control", "WARNING"),
        ):
            self.assertFalse(control.answers())

    def test_one_of_another_schema_is_not_taken_for_none(self):
        """Its limits can't be read, so none are applied: that is no state to be silent about."""
        control = Control(self.env.cr.dbname)
        with self.assertLogs("odoo.addons.chatwootai_mcp.control", "WARNING"):
            control.limits("acme")
        self.assertFalse(control.answers())

    def test_an_absent_database_is_not_asked_at_every_call(self):
        control = Control("no-such-database")
        control.limits("acme")
        with patch("odoo.addons.chatwootai_mcp.control.db_connect", side_effect=AssertionError("asked again")):
            control.limits("other")

    def test_without_a_free_connection_it_does_without_and_asks_again(self):
        control = Control("unused")
        with patch("odoo.addons.chatwootai_mcp.control.db_connect", side_effect=PoolError("full")) as connect:
            control.alert("acme", "test", "goes to the log")
            self.assertEqual(control.limits("acme"), Limits())
        self.assertEqual(connect.call_count, 2)

    def test_what_others_write_at_the_same_moment_is_waited_for(self):
        with Control(self.env.cr.dbname)._cursor() as cr:
            cr.execute("SHOW transaction_isolation")
            self.assertEqual(cr.fetchone(), ("read committed",))

    def test_limits_are_asked_once_a_second_and_survive_an_outage(self):
        control, clock = Control("unused"), Mock(monotonic=Mock(return_value=100.0))
        self.enterContext(patch("odoo.addons.chatwootai_mcp.control.time", clock))
        row = (10, None, None, None, 2.5, None, None)
        with patch.object(control, "_rows", return_value=[row]) as asked:
            self.assertEqual(control.limits("acme"), Limits(calls_per_minute=10, money_per_month=2.5))
            clock.monotonic.return_value = 100.9
            self.assertEqual(control.limits("acme").calls_per_minute, 10)
            self.assertEqual(asked.call_count, 1)
        clock.monotonic.return_value = 101.0
        with patch.object(control, "_rows", return_value=None) as asked:
            self.assertEqual(control.limits("acme").calls_per_minute, 10, "the last one known")
            self.assertEqual(asked.call_count, 1)


@tagged("post_install", "-at_install")
class TestControlSocket(TransactionCase):
    def test_it_answers_below_a_path_longer_than_a_sockets_may_be(self):
        with tempfile.TemporaryDirectory() as root:
            directory = Path(root) / ("d" * 100) / ("e" * 100)
            directory.mkdir(parents=True)
            listener = control_socket._Listener(directory)
            thread = threading.Thread(target=listener.serve_forever)
            thread.start()
            try:
                with socket.socket(socket.AF_UNIX) as client:
                    client.connect(f"/proc/self/fd/{listener._directory}/{control_socket.NAME}")
                    client.sendall(b'{"do": "ping"}\n')
                    self.assertTrue(json.loads(client.makefile("rb").readline())["ok"])
            finally:
                listener.shutdown()
                thread.join()
                listener.server_close()
            self.assertFalse((directory / control_socket.NAME).exists())

    def test_a_request_that_is_wrong_is_answered_and_harms_nothing(self):
        with self.assertLogs(control_socket.__name__, "ERROR"):
            for line in (b"no json\n", b"[]\n", b'{"do": "rm"}\n', b'{"do": "drop_stores", "account_id": "../x"}\n'):
                self.assertFalse(control_socket.answer(line)["ok"], line)


@tagged("post_install", "-at_install")
class TestQueueRunner(TransactionCase):
    def _turn(self, runner, names):
        """One turn of the runner's loop, with these databases there."""
        opened = []

        def open_database(name):
            database = Mock(has_queue_job=name != "plain")
            database.select_jobs.return_value.__enter__ = lambda context: iter(())
            database.select_jobs.return_value.__exit__ = lambda *args: None
            opened.append(name)
            return database

        with (
            patch.object(queue_runner, "_get_db_names", return_value=names),
            patch.object(queue_runner, "_requeue_dead_jobs") as self.looked_for_dead,
            patch.object(queue_runner, "_running", None),
            patch.object(queue_runner.queue_status, "note_is_due", return_value=False),
            patch.object(queue_runner.runner, "Database", side_effect=open_database),
        ):
            runner.get_db_names = lambda: queue_runner.get_db_names(runner)
            queue_runner.requeue_dead_jobs(runner)
        return opened

    def test_new_tenants_are_taken_up_and_dropped_ones_let_go(self):
        gone = Mock()
        runner = Mock(db_by_name={"gone": gone, "stays": Mock()})
        self.assertEqual(self._turn(runner, ["stays", "new"]), ["new"])
        self.assertEqual(set(runner.db_by_name), {"stays", "new"})
        gone.close.assert_called_once()
        runner.channel_manager.remove_db.assert_called_once_with("gone")

    def test_a_turn_of_the_loop_asks_no_database_what_was_asked_a_moment_before(self):
        runner = Mock(db_by_name={})
        self.assertEqual(self._turn(runner, ["acme"]), ["acme"])
        self.looked_for_dead.assert_called_once()
        with patch.object(queue_runner.time, "monotonic", return_value=runner._done_at + 0.9):
            self.assertEqual(self._turn(runner, ["acme", "bella"]), [])
            self.looked_for_dead.assert_not_called()
        with patch.object(queue_runner.time, "monotonic", return_value=runner._done_at + 1.1):
            self.assertEqual(self._turn(runner, ["acme", "bella"]), ["bella"])
            self.looked_for_dead.assert_called_once()

    def test_a_silent_database_is_asked_now_and_then(self):
        database = Mock()
        with patch.object(queue_runner, "_keep_alive") as asked:
            for _ in range(3):
                queue_runner.keep_alive(database)
            asked.assert_called_once_with(database)
            database._done_at -= queue_runner.ALIVE_SECONDS
            queue_runner.keep_alive(database)
            self.assertEqual(asked.call_count, 2)

    def test_databases_that_are_no_tenants_are_left_alone(self):
        runner = Mock(db_by_name={})
        self.assertEqual(self._turn(runner, ["acme", "chatwootai_template", "base_tmpl", "postgres"]), ["acme"])

    def test_a_database_without_the_queue_is_not_served(self):
        runner = Mock(db_by_name={})
        self._turn(runner, ["plain"])
        self.assertEqual(runner.db_by_name, {})
