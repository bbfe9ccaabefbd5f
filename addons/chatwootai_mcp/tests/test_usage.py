"""Usage adds up by the day, limits are shown beside it, and people hear of one that is reached once."""

import time
from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import InsufficientPrivilege

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..control import Control
from ..models import usage as usage_model
from ..servers.orchestrator import UnknownTool, get_orchestrator
from ..servers.usage_meter import meter
from ..stores.errors import StoreUnavailable
from ..tenancy.quota import Limits
from .common import ToolCase


@tagged("post_install", "-at_install")
@freeze_time("2036-03-10 12:00:00", tick=True)  # midnight never comes between what is counted and what is looked at
class TestUsage(ToolCase):
    def setUp(self):
        super().setUp()
        self.usage = self.env["chatwootai.usage"]
        self.addCleanup(meter.forget, self.account_id)

    def set_limits(self, **limits):
        self.startPatcher(patch.object(Control, "limits", lambda control, account_id: Limits(**limits)))

    def row(self, kind):
        return self.env["chatwootai.limit"].search([("kind", "=", kind)])

    def alerts(self):
        return self.env["chatwootai.alert"].search([("kind", "=", "quota_reached")])

    def write_behind(self):
        self.registry_enter_test_mode()  # the meter writes through a cursor of its own
        meter.flush()

    def test_counts_of_a_day_add_up_and_others_are_refused(self):
        self.usage._add(date(2026, 1, 5), calls=2, call_ms=2**31, money=0.25)
        self.usage._add(date(2026, 1, 5), calls=1, call_ms=2**31, money=0.5)
        self.usage._add(date(2026, 1, 6), calls=7)
        row = self.usage.search([("day", "=", "2026-01-05")])
        self.assertEqual((row.calls, row.call_ms, row.money), (3, 2**32, 0.75))
        with self.assertRaises(ValueError):
            self.usage._add(vectors=1)

    def test_what_was_counted_is_taken_away_by_nobody(self):
        """The operator's limits are held against it, and a company's administrators run code of their own."""
        self.usage._add(turns=5, tokens_in=100, money=0.5)
        today = self.usage.sudo().search([], limit=1)
        counted = today.read(["day", "turns", "tokens_in", "money"])
        for work in (
            today.unlink,
            lambda: today.write({"turns": 0}),
            lambda: today.write({"day": "2020-01-01"}),
            lambda: self.usage._add(tokens_in=-100),
            lambda: self.usage._add(date(2026, 1, 7), turns=-5),
            lambda: self.usage._add(money=float("nan")),
            lambda: self.env.cr.execute("TRUNCATE chatwootai_usage"),
        ):
            with mute_logger("odoo.sql_db"), self.assertRaises(InsufficientPrivilege), self.env.cr.savepoint():
                work()
                self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(today.read(["day", "turns", "tokens_in", "money"]), counted)

    def test_days_that_count_for_no_limit_go_and_measures_go_down(self):
        self.usage._add(date(2020, 1, 1), turns=1)
        self.usage._gc_old_days()
        self.env.flush_all()
        self.assertFalse(self.usage.search([("day", "<", "2021-01-01")]))
        for stored in (7, 3):
            usage_model._note_stored(self.env, "documents", stored)
        self.assertEqual(self.usage.search([], limit=1).documents, 3)

    @freeze_time("2026-02-28 23:59:00")
    def test_what_counts_is_of_today_and_of_this_month(self):
        self.usage._add(date(2026, 1, 31), turns=100, tokens_in=100, money=100)
        self.usage._add(date(2026, 2, 1), turns=10, tokens_in=10, tokens_out=5, money=1.5)
        self.usage._add(turns=1, tokens_out=2, money=0.25)
        self.assertEqual(self.usage._spent(), {"turns_per_day": 1, "tokens_per_month": 17, "money_per_month": 1.75})

    def test_each_call_is_counted_with_how_it_ended(self):
        self.set_limits()
        self.write_behind()
        before = self.usage.search([], limit=1).read(["calls", "errors", "refused"])
        before = before[0] if before else {"calls": 0, "errors": 0, "refused": 0}
        self.call("list_collections")
        self.refusal("search_records", model="ir.config_parameter")
        self.refusal("list_collections", account_id="someone-else")
        for name, server in (("no_tool", None), ("list_collections", "odoo")):  # none at all, and none for the caller
            with self.assertRaises(UnknownTool):
                get_orchestrator().call(self.principal, name, {}, server=server, env=self.env)
        meter.flush()
        [after] = self.usage.search([], limit=1).read(["calls", "errors", "refused"])
        self.assertEqual([after[name] - before[name] for name in ("calls", "errors", "refused")], [5, 2, 2])

    def test_a_thousand_refusals_at_a_limit_are_one_alert_in_its_period(self):
        self.set_limits(calls_per_minute=1)
        self.write_behind()
        before, now = self.alerts(), time.monotonic()
        self.startPatcher(patch.object(self.stores.cache, "_clock", lambda: now))  # in which no call comes free again
        self.call("list_collections")
        for _ in range(10):
            outcome = self.outcome("list_collections")
            self.assertTrue(outcome.is_error)
            self.assertEqual(outcome.result["retry_after"], 60)
            meter.flush()
        alert = self.alerts() - before
        self.assertEqual(len(alert), 1)
        self.assertEqual(alert.count, 1)
        self.assertIn("(1)", alert.summary)
        alert.action_done()
        self.outcome("list_collections")
        meter.flush()
        self.assertEqual(self.alerts() - before, alert, "it was seen to: not again in this period")

    def test_what_could_not_be_written_waits_on_with_the_limits_that_were_reached(self):
        self.set_limits(calls_per_minute=0)
        self.write_behind()
        before, calls = self.alerts(), sum(self.usage.search([]).mapped("calls"))
        self.outcome("list_collections")
        with (
            patch.object(type(self.usage), "_add", side_effect=RuntimeError("no")),
            self.assertLogs("odoo.addons.chatwootai_mcp.servers.usage_meter", "ERROR"),
        ):
            meter.flush()
        self.env.invalidate_all()
        self.assertEqual(sum(self.usage.search([]).mapped("calls")), calls)
        meter.flush()
        self.env.invalidate_all()
        self.assertEqual(sum(self.usage.search([]).mapped("calls")), calls + 1)
        self.assertEqual(len(self.alerts() - before), 1)

    def test_places_are_given_back_however_a_call_ends(self):
        self.set_limits(concurrent=1)
        for _ in range(3):
            self.call("list_collections")
            self.refusal("search_records", model="ir.config_parameter")
        lease = self.stores.cache.lease(f"{self.account_id}:calls", 1, 60)
        self.assertIn("1 calls at once", self.outcome("list_collections").result["error"])
        self.stores.cache.give_back(f"{self.account_id}:calls", lease)
        self.call("list_collections")

    def test_zero_is_a_limit_too(self):
        for limits in ({"calls_per_minute": 0}, {"concurrent": 0}):
            self.set_limits(**limits)
            self.assertTrue(self.outcome("list_collections").is_error)

    def test_the_screen_shows_what_is_used_of_each_limit(self):
        self.set_limits(turns_per_day=4, tokens_per_month=1000, money_per_month=10.0)
        self.usage._add(turns=3, tokens_in=1000)
        self.assertEqual((self.row("turns_per_day").percent, self.row("turns_per_day").state), (75, "free"))
        tokens = self.row("tokens_per_month")
        self.assertEqual((tokens.used.replace(",", "."), tokens.state), ("1.000", "reached"))
        self.usage._add(turns=1)
        self.env.invalidate_all()
        self.assertEqual(self.row("turns_per_day").state, "reached")
        self.assertEqual((self.row("vectors").state, self.row("vectors").allowed), ("none", ""))

    def test_people_hear_of_a_limit_before_it_is_reached(self):
        self.set_limits(documents=10)
        before = self.alerts()
        for used, summaries in ((7, 0), (8, 1), (9, 1), (10, 2), (12, 2)):
            self.env["chatwootai.limit"]._watch("documents", used)
            self.assertEqual(len(self.alerts() - before), summaries, used)

    def test_a_store_that_is_down_leaves_its_last_figure_and_it_is_said(self):
        self.set_limits()
        self.registry_enter_test_mode()
        yesterday = fields.Date.today() - timedelta(days=1)
        self.usage._upsert(yesterday, {"documents": 41, "vectors": 42}, usage_model._replaced)
        with (
            patch.object(type(self.stores.vectors), "info", side_effect=StoreUnavailable("refused")),
            self.assertLogs("odoo.addons.chatwootai_mcp.models.usage", "WARNING"),
        ):
            self.usage._cron_measure()
            self.env.invalidate_all()
            row = self.usage.search([], limit=1)
            self.assertEqual(row.documents, self.stores.documents.count(self.account_id))
            self.assertTrue(row.database_bytes)
            vectors = self.row("vectors")
            self.assertEqual(vectors.used, "42")
            self.assertIn(str(yesterday.year), vectors.note)
            self.assertFalse(self.row("documents").note)

    def test_how_caches_and_places_do_is_in_the_days_row_and_written_once(self):
        self.set_limits()
        self.write_behind()
        self.call("find_products", query="x")
        meter.flush()
        self.env.invalidate_all()
        before = self.usage.search([], limit=1).read(["cache_hits", "cache_lookups"])[0]
        self.stores.cache.counts.add(self.account_id, "products", "hits")
        self.stores.cache.counts.add(self.account_id, "products", "misses")
        for calls in (1, 2):
            meter.add(self.account_id, calls=calls)
            meter.flush()
        self.env.invalidate_all()
        row = self.usage.search([], limit=1)
        self.assertEqual(row.cache_lookups, before["cache_lookups"] + 2)
        self.assertEqual(row.cache_hits, before["cache_hits"] + 1)
        self.assertEqual(row.cache_hit_rate, row.cache_hits / row.cache_lookups)
        self.assertGreaterEqual(row.pool_size, 1)

    def test_the_largest_size_of_a_day_is_kept(self):
        for size in (6, 48, 12):
            self.usage._add(date(2026, 1, 7), pool_size=size, pool_waits=1)
        row = self.usage.search([("day", "=", "2026-01-07")])
        self.assertEqual((row.pool_size, row.pool_waits), (48, 3))

    def test_what_is_stored_is_measured(self):
        self.set_limits()
        self.registry_enter_test_mode()  # each figure in a transaction of its own
        self.usage._cron_measure()
        row = self.usage.search([], limit=1)
        self.assertGreater(row.database_bytes, 2**20)
        self.assertEqual(row.documents, self.stores.documents.count(self.account_id))
        calls = row.calls
        self.usage._add(calls=1)
        with patch.object(usage_model, "in_own_transaction", wraps=usage_model.in_own_transaction) as own:
            self.usage._cron_measure()
        self.assertEqual(own.call_count, 3, "a call that is counted meanwhile does not end it, nor it the call")
        self.env.invalidate_all()
        self.assertEqual(row.calls, calls + 1, "measuring leaves the counts alone")

    def test_a_tenants_administrator_reads_and_changes_nothing(self):
        manager = new_test_user(self.env, "usage-manager", groups="base.group_system,chatwootai_mcp.group_mcp_manager")
        self.set_limits()
        self.usage._add(calls=1)
        row = self.usage.with_user(manager).search([], limit=1)
        self.assertTrue(row.calls)
        limit = self.row("vectors").with_user(manager)
        self.assertEqual(limit.state, "none")
        for change in (
            lambda: row.write({"calls": 0}),
            lambda: row.unlink(),
            lambda: self.usage.with_user(manager).create({"day": "2026-01-01"}),
            lambda: limit.write({"kind": "documents"}),
            lambda: limit.unlink(),
        ):
            with self.assertRaises(AccessError):
                change()
        nobody = new_test_user(self.env, "usage-nobody")
        with self.assertRaises(AccessError):
            self.row("vectors").with_user(nobody).read(["state"])
