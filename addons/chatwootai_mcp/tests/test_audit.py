"""The audit grows and never changes, in Odoo and in the database; what was changed all the same is found."""

import base64
import gzip
import json
from datetime import datetime, timedelta
from unittest.mock import Mock, patch

from freezegun import freeze_time
from psycopg2.errors import InsufficientPrivilege

from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.queue_job.tests.common import trap_jobs

from ..models import audit_chain as chain_model
from ..servers import audit_trail
from ..servers.audit_trail import AuditTrail
from ..tenancy.audit import AuditEvent
from ..tenancy.masking import mask


class AuditCase(TransactionCase):
    def setUp(self):
        super().setUp()
        self.registry_enter_test_mode()  # what is sealed and checked is in transactions of its own
        self.audit = self.env["chatwootai.audit"]
        self.chain = self.env["chatwootai.audit.chain"]
        self.operator = Mock(audit_heads=Mock(return_value=[]))
        self.enterContext(patch.object(chain_model, "get_control", return_value=self.operator))

    def record(self, **changes):
        event = {
            "actor": "key:abc",
            "user_id": self.env.uid,
            "tool": "search_records",
            "server": "odoo",
            "outcome": "success",
            "duration_ms": 7,
            "arguments": {"model": "res.partner"},
            "record_ids": (3, 5),
        }
        self.audit._record([AuditEvent(**(event | changes))])
        return self.audit.search([], limit=1)

    def sql(self, query, *parameters):
        self.env.cr.execute(query, parameters)

    def tamper(self, query, *parameters):
        """What the owner of the tables can do: the triggers do not stand in its way."""
        for table in ("chatwootai_audit", "chatwootai_audit_chain"):
            self.sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        self.sql(query, *parameters)
        for table in ("chatwootai_audit", "chatwootai_audit_chain"):
            self.sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    def found(self):
        """What the check finds, as (number, first word)."""
        return [(finding.seq, finding.what.split()[0].strip(":,")) for finding in self.chain._check()]


@tagged("post_install", "-at_install")
class TestAudit(AuditCase):
    def test_a_call_is_kept_with_who_what_and_how_it_went(self):
        row = self.record(model="res.partner")
        self.assertEqual(
            (row.actor, row.tool, row.outcome, row.duration_ms, row.kind),
            ("key:abc", "search_records", "success", 7, "call"),
        )
        self.assertEqual(row.account_id, self.env.cr.dbname)
        self.assertEqual((row.model, row.record_ids), ("res.partner", "3,5"))
        self.assertEqual(row.arguments, '{"model": "res.partner"}')

    def test_it_is_found_by_one_of_its_records_exactly(self):
        row = self.record(record_ids=(15, 7))
        self.assertEqual(self.audit.search([("record_id", "=", 7)]), row)
        self.assertFalse(self.audit.search([("record_id", "=", 5)]) & row)

    def test_nobody_changes_deletes_copies_or_adds_a_row(self):
        row = self.record()
        for work in (
            lambda: row.write({"actor": "x"}),
            row.unlink,
            row.copy,
            lambda: row.sudo().write({"actor": "x"}),
            lambda: self.audit.sudo().create({"tool": "x"}),
        ):
            with self.assertRaises(UserError):
                work()

    def test_not_in_the_database_either(self):
        self.record()
        self.chain._seal()
        for statement in (
            "UPDATE chatwootai_audit SET actor = 'x'",
            "UPDATE chatwootai_audit SET seal = 'x'",
            "UPDATE chatwootai_audit SET seq = NULL",
            "DELETE FROM chatwootai_audit",
            "SET LOCAL chatwootai.audit_retention = 'on'; DELETE FROM chatwootai_audit",
            "TRUNCATE chatwootai_audit",
            "UPDATE chatwootai_audit_chain SET head_seq = 0",
            "DELETE FROM chatwootai_audit_chain",
            "TRUNCATE chatwootai_audit_chain",
        ):
            with (
                self.subTest(statement),
                mute_logger("odoo.sql_db"),
                self.assertRaises(InsufficientPrivilege),
                self.env.cr.savepoint(),
            ):
                self.sql(statement)

    def test_only_managers_read_it(self):
        row = self.record()
        manager = new_test_user(self.env, "auditor", groups="chatwootai_mcp.group_mcp_manager")
        row.with_user(manager).read(["tool"])
        with self.assertRaises(AccessError):
            self.audit.with_user(new_test_user(self.env, "anybody")).search([])

    def test_the_call_of_a_user_who_is_gone_is_kept(self):
        self.assertFalse(self.record(user_id=2**30).user_id)

    def test_what_could_not_be_stored_is_stored_as_it_can_be(self):
        row = self.record(actor="key:\0a", error=mask("bad \ud800 text"), tool="x" * 500)
        self.assertEqual((row.actor, len(row.tool)), ("key:a", 100))

    def test_it_is_exported_a_row_a_line_in_order(self):
        old = self.record(at=datetime(2020, 1, 1))
        new = self.record(arguments={"query": "sofá"})
        lines = [json.loads(line) for line in self.audit._lines(since=datetime(2020, 6, 1))]
        self.assertNotIn(old.id, [line["id"] for line in lines])
        self.assertEqual((lines[-1]["id"], lines[-1]["arguments"]), (new.id, {"query": "sofá"}))
        self.assertEqual([line["id"] for line in lines], sorted(line["id"] for line in lines))


@tagged("post_install", "-at_install")
class TestChain(AuditCase):
    def setUp(self):
        super().setUp()
        for number in range(5):
            self.record(tool=f"tool_{number}")
        self.chain._seal()
        self.env.cr.execute("SELECT max(seq) FROM chatwootai_audit")
        [self.last] = self.env.cr.fetchone()

    def test_an_untouched_audit_is_whole(self):
        self.assertEqual(self.found(), [])

    def test_rows_get_their_place_once_in_the_order_they_are_found(self):
        row = self.record()
        self.assertFalse(row.seq)
        self.assertEqual(self.chain._seal(), 1)
        row.invalidate_recordset()
        self.assertEqual(row.seq, self.last + 1)
        self.assertEqual(self.chain._seal(), 0)

    def test_a_changed_row_is_found_by_its_number(self):
        for change in ("actor = 'key:other'", "arguments = '{}'", "outcome = 'error'", "at = at - interval '1 day'"):
            with self.subTest(change), self.env.cr.savepoint() as savepoint:
                self.tamper(f"UPDATE chatwootai_audit SET {change} WHERE seq = %s", self.last - 2)
                self.assertEqual(self.found(), [(self.last - 2, "changed")])
                savepoint.rollback()

    def test_a_removed_row_is_found_wherever_it_was(self):
        for seq in (self.last - 3, self.last):
            with self.subTest(seq), self.env.cr.savepoint() as savepoint:
                self.tamper("DELETE FROM chatwootai_audit WHERE seq = %s", seq)
                self.assertEqual(self.found(), [(seq, "removed")])
                savepoint.rollback()

    def test_the_newest_rows_are_missed_even_when_the_chains_end_was_moved_back(self):
        [head] = chain_model._heads(self.env, "head")
        self.env.cr.execute("SELECT seal FROM chatwootai_audit WHERE seq = %s", [self.last - 2])
        [seal] = self.env.cr.fetchone()
        self.operator.audit_heads.return_value = [(head.seq, head.seal)]
        self.tamper("DELETE FROM chatwootai_audit WHERE seq > %s", self.last - 2)
        self.tamper("UPDATE chatwootai_audit_chain SET head_seq = %s, head_seal = %s", self.last - 2, seal)
        self.assertEqual(self.found(), [(self.last - 2, "changed"), (self.last - 1, "removed")])

    def test_rows_in_each_others_place_are_found(self):
        self.tamper("UPDATE chatwootai_audit SET seq = -1 WHERE seq = %s", self.last)
        self.tamper("UPDATE chatwootai_audit SET seq = %s WHERE seq = %s", self.last, self.last - 1)
        self.tamper("UPDATE chatwootai_audit SET seq = %s WHERE seq = -1", self.last - 1)
        self.assertTrue(self.found())

    def test_a_chain_made_anew_with_the_right_key_differs_from_what_the_operator_noted(self):
        self.operator.audit_heads.return_value = [(self.last, "0" * 64)]
        self.assertEqual(self.found(), [(self.last, "changed")])

    def test_a_row_added_by_hand_is_found(self):
        self.sql(
            """INSERT INTO chatwootai_audit (at, account_id, kind, actor, server, tool, outcome, mac)
               SELECT at, account_id, kind, 'key:forged', server, tool, outcome, mac FROM chatwootai_audit LIMIT 1"""
        )
        self.assertEqual(self.found(), [(self.last + 1, "changed")])

    def test_a_row_that_stays_unsealed_is_found(self):
        self.record(at=datetime.now() - timedelta(days=1))
        with patch.object(type(self.chain), "_seal", return_value=0):
            self.assertEqual(self.found(), [(0, "1")])

    def test_what_is_found_is_alerted_once_and_noted_in_the_companys_language(self):
        self.env["res.lang"]._activate_lang("pt_BR")
        self.env.company.partner_id.lang = "pt_BR"
        self.tamper("DELETE FROM chatwootai_audit WHERE seq = %s", self.last)
        for _day in range(2):
            self.chain._check_and_tell()
        [alert] = self.env["chatwootai.alert"].search([("kind", "=", "audit_broken"), ("state", "=", "open")])
        self.assertEqual(alert.count, 2)
        self.assertIn(f"{self.last}: removida", alert.note)
        self.assertEqual(self.chain.search([]).check_state, "broken")

    def test_after_a_change_of_the_servers_secret_it_is_still_whole(self):
        from ..settings import get_keyring
        from ..tenancy.keyring import Keyring

        rotated = Keyring(["n" * 40, *get_keyring()._secrets])
        with patch.object(chain_model, "get_keyring", return_value=rotated):
            chain_model._opened.cache_clear()
            self.record()
            self.assertEqual(self.found(), [])
        chain_model._opened.cache_clear()

    def test_without_the_servers_secret_nothing_is_taken_for_whole(self):
        from ..tenancy.keyring import Keyring

        with (
            patch.object(chain_model, "get_keyring", return_value=Keyring(["n" * 40])),
            self.assertLogs(chain_model.__name__, "ERROR"),
        ):
            chain_model._opened.cache_clear()
            self.record()
            self.assertEqual(self.found(), [(0, "its")])
        self.assertEqual(len(self.found()), 1, "the secret is back: only the row without a fingerprint is wrong")

    def test_nothing_is_wrong_with_an_audit_that_was_not_begun_and_no_key_is_missed(self):
        """As after a kill -9 before the first rows of a new account were written."""
        self.tamper("DELETE FROM chatwootai_audit")
        self.tamper("DELETE FROM chatwootai_audit_chain")
        with self.assertNoLogs(chain_model.__name__, "ERROR"):
            self.assertEqual(self.found(), [])
            self.operator.audit_heads.return_value = [(self.last, "0" * 64)]
            self.assertEqual(self.found(), [(0, "its")], "what the operator noted is gone")

    def test_the_operator_notes_how_far_it_is(self):
        self.record()
        self.chain._cron_seal()
        self.operator.note_audit_head.assert_called_once()
        self.assertEqual(self.operator.note_audit_head.call_args.args[1], self.last + 1)


@tagged("post_install", "-at_install")
class TestRetention(AuditCase):
    def setUp(self):
        super().setUp()
        for days in (500, 400, 40, 1):
            self.record(at=datetime.now() - timedelta(days=days), tool=f"days_{days}")
        self.chain._seal()

    def tools(self):
        return set(self.audit.search([("tool", "=like", "days_%")]).mapped("tool"))

    def test_rows_that_had_their_time_go_and_the_rest_stays_provable(self):
        self.assertEqual(self.chain._purge(), 2)
        self.assertEqual(self.tools(), {"days_40", "days_1"})
        [purged] = chain_model._heads(self.env, "purged")
        self.operator.forget_audit_heads.assert_called_once_with(self.env.cr.dbname, purged.seq)
        self.assertEqual(self.found(), [])
        self.assertEqual(self.audit.search([("tool", "=", "retention")]).kind, "configuration")

    def test_a_month_is_kept_whatever_is_set(self):
        self.env["ir.config_parameter"].set_param(chain_model.DAYS_PARAMETER, "1")
        self.assertEqual(self.chain._days(), chain_model.MIN_DAYS)

    def test_removing_more_than_retention_did_is_found(self):
        self.chain._purge()
        [purged] = chain_model._heads(self.env, "purged")
        self.tamper("DELETE FROM chatwootai_audit WHERE seq = %s", purged.seq + 1)
        self.assertEqual(self.found(), [(purged.seq + 1, "removed")])

    def test_the_mark_of_retention_can_not_be_moved_by_hand(self):
        self.env.cr.execute("SELECT seq, seal FROM chatwootai_audit ORDER BY seq DESC OFFSET 1 LIMIT 1")
        seq, seal = self.env.cr.fetchone()
        self.tamper("DELETE FROM chatwootai_audit WHERE seq <= %s", seq)
        self.tamper("UPDATE chatwootai_audit_chain SET purged_seq = %s, purged_seal = %s", seq, seal)
        self.assertEqual(self.found(), [(seq, "changed")])


@tagged("post_install", "-at_install")
class TestTrail(AuditCase):
    def event(self, tool="read"):
        return AuditEvent("key:abc", self.env.uid, tool, "odoo", "success", 1, {})

    def test_what_waits_is_written_and_sealed(self):
        trail = AuditTrail()
        trail.append(self.env.cr.dbname, self.event("trailed"))
        trail.flush()
        row = self.audit.search([("tool", "=", "trailed")])
        self.assertEqual(len(row), 1)
        trail.seal_soon(self.env.cr.dbname)
        trail.flush()
        self.assertTrue(row.seq)

    def test_what_could_not_be_sealed_is_sealed_at_the_next_writing(self):
        """At the latest when the process ends: a stop may close the connections in the midst of a writing."""
        trail = AuditTrail()
        row = self.record(tool="unsealed")
        trail.seal_soon(self.env.cr.dbname)
        with self.assertLogs(audit_trail.__name__, "ERROR"):
            with patch.object(type(self.chain), "_seal_some", side_effect=RuntimeError("cursor already closed")):
                trail.flush()
            self.assertFalse(row.seq)
        trail.flush()
        row.invalidate_recordset()
        self.assertTrue(row.seq)

    def test_while_the_database_does_not_answer_rows_wait_in_order_bounded_and_the_loss_is_told(self):
        trail = AuditTrail()
        account_id = self.env.cr.dbname
        with patch.object(audit_trail, "_MAX_WAITING", 3), self.assertLogs(audit_trail.__name__, "ERROR"):
            with patch.object(audit_trail, "_record", side_effect=RuntimeError("slow")):
                for number in range(5):
                    trail.append(account_id, self.event(f"waiting_{number}"))
                self.assertTrue(trail.flush(), "something waits on")
            self.assertFalse(trail.flush())
        rows = self.audit.search([], order="id desc", limit=4)
        self.assertEqual(rows.sorted("id").mapped("tool"), ["waiting_0", "waiting_1", "waiting_2", "audit"])
        self.assertIn('"lost": 2', rows[0].arguments)

    def test_rows_of_a_tenant_that_is_gone_do_not_wait(self):
        trail = AuditTrail()
        trail.append("no-such-tenant", self.event())
        with mute_logger("odoo.sql_db"):
            self.assertFalse(trail.flush())
        self.assertFalse(trail._waiting)


@tagged("post_install", "-at_install")
class TestRate(AuditCase):
    NOW = datetime(2026, 3, 10, 12, 10)

    def calls(self, count, days, **changes):
        at = self.NOW - timedelta(days=days, minutes=40)
        event = AuditEvent("key:abc", self.env.uid, "read", "odoo", "success", 1, {}, at=at, **changes)
        self.audit._record([event] * count)

    @freeze_time(NOW)
    def test_far_more_calls_than_at_this_hour_before_are_one_alert(self):
        for days in range(1, 8):
            self.calls(10 + days, days)
        self.calls(50, 0)
        self.audit._cron_rate()
        self.assertFalse(self.env["chatwootai.alert"].search([("kind", "=", "unusual_rate")]))
        self.calls(500, 0, kind="configuration")
        self.calls(150, 0)
        self.audit._cron_rate()
        alert = self.env["chatwootai.alert"].search([("kind", "=", "unusual_rate")])
        self.assertIn("200", alert.note)
        self.assertIn("14", alert.note)


@tagged("post_install", "-at_install")
class TestExport(AuditCase):
    def test_a_period_becomes_a_file_by_a_job_and_the_export_is_audited_itself(self):
        row = self.record()
        manager = new_test_user(self.env, "exporter", groups="chatwootai_mcp.group_mcp_manager")
        export = self.env["chatwootai.audit.export"].with_user(manager).create({})
        self.assertIn(f"{export.since}-{export.until}", export.display_name, "it has a name before it has a file")
        with trap_jobs() as trap:
            export.action_export()
            trap.assert_jobs_count(1)
            trap.perform_enqueued_jobs()
        self.assertEqual(export.state, "done")
        lines = gzip.decompress(base64.b64decode(export.file)).decode().splitlines()
        self.assertEqual(len(lines), export.row_count)
        self.assertIn(row.id, [json.loads(line)["id"] for line in lines])
        self.assertTrue(self.audit.search([("model", "=", export._name), ("actor", "=", f"user:{manager.id}")]))

    def test_whoever_waits_for_a_file_is_told_that_there_will_be_none(self):
        export = self.env["chatwootai.audit.export"].create({})
        with trap_jobs() as trap:
            export.action_export()
            [job] = trap.enqueued_jobs
        job.on_fail({"exc_name": "MemoryError"})
        self.assertEqual(export.state, "failed")
        with trap_jobs() as trap:
            export.action_export()
            trap.perform_enqueued_jobs()
        self.assertEqual(export.state, "done", "it can be tried again")

    def test_a_period_that_ends_before_it_begins_is_refused(self):
        with self.assertRaises(UserError):
            self.env["chatwootai.audit.export"].create({"since": "2026-02-01", "until": "2026-01-01"})
