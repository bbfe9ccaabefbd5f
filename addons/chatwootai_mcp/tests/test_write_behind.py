"""A clean stop writes what is left, also what one write gives another to write."""

import os
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from ..servers import write_behind
from ..servers.write_behind import WriteBehind


@tagged("post_install", "-at_install")
class TestWriteBehind(BaseCase):
    def setUp(self):
        super().setUp()
        self.registered = self.enterContext(patch.object(write_behind.atexit, "register"))
        self.ends = write_behind._Ends()
        self.written = []
        self.waiting = []
        self.later = WriteBehind("later", self._write_later, 0)
        self.first = WriteBehind("first", self._write_first, 0)

    def _write_first(self):
        if "first" not in self.written:
            self.written.append("first")
            self.waiting.append("given by first")
            if self.later not in self.ends._all:
                self.ends.add(self.later)
        return False

    def _write_later(self):
        self.written += self.waiting
        self.waiting.clear()
        return False

    def _end_process(self):
        self.registered.assert_called_once()
        finish, *arguments = self.registered.call_args.args
        finish(*arguments)

    def test_what_ones_end_gives_another_is_written_whoever_came_first(self):
        for order in ((self.first, self.later), (self.later, self.first)):
            with self.subTest(order=[each._name for each in order]):
                self.registered.reset_mock()
                self.ends = write_behind._Ends()
                self.written.clear()
                for behind in order:
                    self.ends.add(behind)
                self._end_process()
                self.assertEqual(self.written, ["first", "given by first"])

    def test_also_by_one_that_is_needed_for_the_first_time_then(self):
        self.ends.add(self.first)
        self._end_process()
        self.assertEqual(self.written, ["first", "given by first"])

    def test_one_that_fails_keeps_no_other_from_its_end(self):
        self.ends.add(WriteBehind("broken", lambda: 1 / 0, 0))
        self.ends.add(self.first)
        with self.assertLogs(write_behind.__name__, "ERROR"):
            self._end_process()
        self.assertIn("first", self.written)

    def test_a_forked_process_does_not_write_what_its_parent_has_waiting(self):
        self.ends.add(self.first)
        with patch.object(write_behind.os, "getpid", return_value=os.getpid() + 1):
            self._end_process()
        self.assertEqual(self.written, [])
