"""Turns at the tenant's limits: what they add up to, who answers beyond them, and who hears of it how often."""

from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.chatwootai_mcp.control import Control
from odoo.addons.chatwootai_mcp.servers.stores_of_process import get_stores
from odoo.addons.chatwootai_mcp.servers.usage_meter import meter
from odoo.addons.chatwootai_mcp.tenancy.quota import Limits, Price
from odoo.addons.queue_job.tests.common import trap_jobs

from ..crews.errors import TurnFailed
from ..turns.admission import _PATIENCE
from .conversation_case import ConversationCase


@tagged("post_install", "-at_install")
class TestTurnLimits(ConversationCase):
    def setUp(self):
        super().setUp()
        self.usage = self.env["chatwootai.usage"]
        self.usage.search([]).unlink()
        self.account_id = self.env.cr.dbname
        self.places = (f"{self.account_id}:turns", 1, 60)
        get_stores().cache.drop(self.account_id)
        self.addCleanup(get_stores().cache.drop, self.account_id)
        self.addCleanup(meter.forget, self.account_id)
        self.open_alerts = self.env["chatwootai.alert"].search([])

    def set_limits(self, **limits):
        self.startPatcher(patch.object(Control, "limits", lambda control, account_id: Limits(**limits)))

    def set_operators_price(self, price):
        self.startPatcher(patch.object(Control, "price", lambda control, model: price))

    def used(self, *names):
        self.env.invalidate_all()
        rows = self.usage.search([])  # two, where midnight has passed
        return tuple(sum(rows.mapped(name)) for name in names)

    def alerts(self):
        return self.env["chatwootai.alert"].search([]) - self.open_alerts

    def test_a_turn_adds_what_it_was_and_cost(self):
        self.set_operators_price(Price(3, 15))
        self.customer_says("Oi")
        self.answer()
        self.assertEqual(self.used("turns", "failed_turns", "tokens_in", "tokens_out"), (1, 0, 100, 20))
        self.assertAlmostEqual(self.used("money")[0], (100 * 3 + 20 * 15) / 1e6)
        self.assertAlmostEqual(self.turns.money, (100 * 3 + 20 * 15) / 1e6)

    def test_what_happens_to_an_answer_later_is_not_a_second_turn(self):
        self.customer_says("Oi")
        self.turn()
        with trap_jobs():
            self.turns.not_said("silenced")
        self.assertEqual(self.turns.state, "silenced")
        self.assertEqual(self.used("turns"), (1,))

    def test_a_turn_that_failed_is_counted_as_such(self):
        self.customer_says("Oi")
        self.crew.answers = [TurnFailed("no", retryable=False)]
        self.turn()
        self.assertEqual(self.used("turns", "failed_turns"), (0, 1))

    def test_the_tenants_own_price_counts_unless_the_operator_has_one(self):
        company = self.env.company
        self.set_operators_price(None)
        self.assertIsNone(company._chatwootai_price())
        company.write({"chatwootai_llm_price_in": 1, "chatwootai_llm_price_out": 2})
        self.assertEqual(company._chatwootai_price(), Price(1, 2))
        self.set_operators_price(Price(30, 60))
        company.write({"chatwootai_llm_price_in": 0, "chatwootai_llm_price_out": 0})
        self.assertEqual(company._chatwootai_price(), Price(30, 60))

    def test_without_a_price_the_screen_says_that_money_is_not_counted(self):
        self.set_operators_price(None)
        row = self.env["chatwootai.limit"].search([("kind", "=", "money_per_month")])
        self.assertTrue(row.note)
        self.set_operators_price(Price(1, 1))
        self.env.invalidate_all()
        self.assertFalse(row.note)

    def test_beyond_each_limit_people_answer_and_the_model_is_not_asked(self):
        for limits, used in (
            ({"turns_per_day": 2}, {"turns": 2}),
            ({"tokens_per_month": 1000}, {"tokens_in": 600, "tokens_out": 400}),
            ({"money_per_month": 1.5}, {"money": 1.5}),
        ):
            with self.subTest(limits), self.env.cr.savepoint() as savepoint:
                self.usage._add(**used)
                self.set_limits(**limits)
                self.customer_says("Oi")
                self.turn()
                self.assertFalse(self.crew.asked)
                self.assertEqual(self.turns.hand_off_cause, "quota")
                self.assertEqual(set(self.states()), {"handed_over"})
                self.assertEqual(self.used("failed_turns"), (0,))
                savepoint.rollback()

    def test_a_limit_that_turns_reach_is_one_alert_and_no_alert_of_each_conversation(self):
        self.set_limits(turns_per_day=1)
        self.usage._add(turns=1)
        for _ in range(3):
            self.customer_says("Oi")
            self.answer()
            self.status_becomes("pending")
        self.assertEqual(self.states(), ["handed_over"] * 3)
        self.assertEqual(self.alerts().mapped("kind"), ["quota_reached"])

    def test_a_turn_waits_for_a_place_and_gives_its_own_back(self):
        self.set_limits(concurrent=1)
        other = get_stores().cache.lease(*self.places)
        self.customer_says("Oi")
        self.assertEqual(self.turn(), 2)
        self.assertFalse(self.crew.asked)
        get_stores().cache.give_back(self.places[0], other)
        self.assertIsNone(self.turn())
        self.assertTrue(self.crew.asked)
        self.assertTrue(get_stores().cache.lease(*self.places), "its place is free again")

    def test_who_has_waited_long_for_a_place_is_given_to_people(self):
        self.set_limits(concurrent=1)
        get_stores().cache.lease(*self.places)
        self.customer_says("Oi")
        self.age(self.env["chatwootai.message"].search([]), _PATIENCE.total_seconds() + 1, "received_at")
        self.assertIsNone(self.turn())
        self.assertFalse(self.crew.asked)
        self.assertEqual(self.states(), ["handed_over"])
