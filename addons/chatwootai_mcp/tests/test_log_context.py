"""Each log line says for which account and turn it was written; nothing is in a file that is another account's."""

import contextvars
import io
import json
import logging
import tempfile
import threading
from pathlib import Path

from odoo.tests import BaseCase, tagged

from .. import log_context, log_files
from ..log_context import JsonLines, Masking, working_for

_logger = logging.getLogger(__name__)


class LogLines(logging.StreamHandler):
    """What a handler of the server would have written, of the lines the whole process logs meanwhile."""

    def __init__(self, formatter=None):
        super().__init__(io.StringIO())
        self.setFormatter(formatter or logging.Formatter("%(levelname)s %(whose)s %(name)s: %(message)s"))
        self.addFilter(Masking())
        self.setLevel(logging.INFO)

    def __enter__(self):
        root, odoo = logging.getLogger(), logging.getLogger("odoo")
        self._levels = {each: each.level for each in (root, odoo)}
        for each in self._levels:
            each.setLevel(logging.INFO)  # as the server's are
        root.addHandler(self)
        return self

    def __exit__(self, *_):
        logging.getLogger().removeHandler(self)
        for each, level in self._levels.items():
            each.setLevel(level)

    @property
    def text(self):
        return self.stream.getvalue()

    @property
    def lines(self):
        return self.text.splitlines()


@tagged("post_install", "-at_install")
class TestLogContext(BaseCase):
    def test_a_line_says_whose_it_is(self):
        with LogLines() as log, working_for("acme"):
            _logger.info("a call")
            with working_for("acme", turn=12):
                _logger.info("a turn")
            _logger.info("a call again")
        name = __name__
        self.assertEqual(
            log.lines,
            [f"INFO acme {name}: a call", f"INFO acme/12 {name}: a turn", f"INFO acme {name}: a call again"],
        )

    def test_a_tools_thread_writes_for_the_turn_that_called_it(self):
        with LogLines() as log, working_for("acme", turn=3):
            work = contextvars.copy_context().run
            thread = threading.Thread(target=work, args=(_logger.info, "from a tool"))
            thread.start()
            thread.join()
        self.assertEqual(log.lines, [f"INFO acme/3 {__name__}: from a tool"])

    def test_where_nobody_said_it_the_threads_database_counts(self):
        with LogLines() as log:

            def as_odoos_own():
                threading.current_thread().dbname = "acme-x"
                _logger.info("a job")

            thread = threading.Thread(target=as_odoos_own)
            thread.start()
            thread.join()
        self.assertEqual(log.lines, [f"INFO acme-x {__name__}: a job"])

    def test_a_line_as_json_has_its_parts(self):
        with LogLines(JsonLines()) as log, working_for("acme", turn=12):
            try:
                raise ValueError("no partner for +55 11 98765-4321")
            except ValueError:
                _logger.exception("turn %d failed, token=%s", 12, "s3cr3t")
        [line] = map(json.loads, log.lines)
        self.assertEqual((line["account_id"], line["turn"], line["level"]), ("acme", "12", "ERROR"))
        self.assertEqual(line["message"], "turn 12 failed, token=***")
        self.assertIn("ValueError: no partner for <phone>", line["exception"])
        self.assertEqual(line["logger"], __name__)

    def test_the_servers_own_handlers_have_the_net(self):
        root = logging.Logger("root of its own")
        handler = logging.StreamHandler(io.StringIO())
        handler.setFormatter(logging.Formatter("%(levelname)s %(dbname)s %(message)s"))
        root.addHandler(handler)
        log_context.install(root)
        with working_for("acme", turn=1):
            root.error("Bearer %s", "abcdefghijkl")
        self.assertEqual(handler.stream.getvalue(), "ERROR acme/1 Bearer ***\n")

    def test_a_malformed_line_is_written_without_what_it_was_given(self):
        record = _logger.makeRecord("x", logging.INFO, "", 0, "%d and %d, token=s3cr3t", ("Zenóbia",), None)
        Masking().filter(record)
        self.assertEqual(record.getMessage(), "%d and %d, token=***")


@tagged("post_install", "-at_install")
class TestTenantFiles(BaseCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.directory = Path(folder.name) / "logs"
        self.files = self.handler()

    def handler(self, **options):
        files = log_files.TenantFiles(self.directory, **options)
        self.addCleanup(log_files._handlers.discard, files)
        files.setFormatter(logging.Formatter("%(whose)s %(message)s"))
        return files

    def write(self, account_id, text, files=None):
        with working_for(account_id, turn=""):
            (files or self.files).handle(logging.getLogger().makeRecord("x", logging.INFO, "", 0, text, (), None))

    def read(self, name):
        return (self.directory / name).read_text()

    def test_each_account_has_a_file_of_its_own(self):
        self.write("acme", "one")
        self.write("acme-x", "two")
        self.write("acme", "three")
        self.assertEqual(self.read("acme.log"), "acme one\nacme three\n")
        self.assertEqual(self.read("acme-x.log"), "acme-x two\n")

    def test_what_is_no_account_has_no_file(self):
        for name in ("?", "postgres", "../acme", "acme_x", "chatwootai_control"):
            self.write(name, "one")
        self.assertEqual(list(self.directory.iterdir()), [])

    def test_files_are_turned_over_and_the_oldest_go(self):
        files = self.handler(max_bytes=10)
        for number in range(9):
            self.write("acme", f"line {number}", files)
        kept = sorted(path.name for path in self.directory.glob("acme.log*"))
        self.assertEqual(kept, ["acme.log", *(f"acme.log.{number}" for number in range(1, log_files.KEPT + 1))])
        self.assertEqual(self.read("acme.log"), "acme line 8\n")
        self.assertEqual(self.read("acme.log.1"), "acme line 7\n")

    def test_a_second_process_goes_on_in_the_new_file(self):
        another = self.handler(max_bytes=9)  # stands for another process: it has its own open file
        self.write("acme", "one")
        self.write("acme", "two", another)
        self.write("acme", "three")
        self.assertEqual(self.read("acme.log.1"), "acme one\n")
        self.assertEqual(self.read("acme.log"), "acme two\nacme three\n")

    def test_a_dropped_accounts_files_are_gone_and_a_look_alikes_stay(self):
        for account_id in ("acme", "acme-x"):
            self.write(account_id, "one")
        (self.directory / "acme.log.1").write_text("older")
        log_files.remove(self.directory, "acme")
        self.assertEqual([path.name for path in self.directory.iterdir()], ["acme-x.log"])
        self.write("acme", "of its successor")
        self.assertEqual(self.read("acme.log"), "acme of its successor\n")
