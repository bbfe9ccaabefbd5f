"""An alert is one open row however often it is raised, told to people once, and closed by them."""

from datetime import timedelta
from unittest.mock import Mock, patch

from psycopg2 import InterfaceError, OperationalError

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from ..models import alert as alert_model
from ..servers import alert_trail, refusals
from ..servers.alert_trail import AlertTrail


@tagged("post_install", "-at_install")
class TestAlert(TransactionCase):
    def setUp(self):
        super().setUp()
        self.alerts = self.env["chatwootai.alert"]
        self.manager = new_test_user(self.env, "alert-manager", groups="chatwootai_mcp.group_mcp_manager")
        self.operator = Mock()
        self.enterContext(patch.object(alert_model, "get_control", return_value=self.operator))

    def _told(self):
        """What the operator was told so far."""
        self.env.cr.postcommit.run()
        return [call.args[1:] for call in self.operator.alert.call_args_list]

    def test_what_repeats_is_counted_in_one_row_and_put_before_people_and_operator_once(self):
        for number in range(5):
            alert = self.alerts._raise("quota_reached", "Calls a minute", f"at {number}", key="calls_per_minute")
        self.assertEqual(self.alerts.search([("kind", "=", "quota_reached")]), alert)
        self.assertEqual((alert.count, alert.note, alert.state), (5, "at 4", "open"))
        self.assertEqual(len(alert.activity_ids.filtered(lambda activity: activity.user_id == self.manager)), 1)
        self.assertEqual(self._told(), [("quota_reached", "Calls a minute")])

    def test_what_goes_on_is_told_to_the_operator_again_after_a_day(self):
        alert = self.alerts._raise("quota_reached", "Calls a minute", key="calls_per_minute")
        self.assertEqual(len(self._told()), 1)
        alert.told_at -= timedelta(hours=23)
        self.alerts._raise("quota_reached", "Calls a minute", key="calls_per_minute")
        self.assertEqual(len(self._told()), 1)
        alert.told_at -= timedelta(hours=2)
        for _time in range(3):
            self.alerts._raise("quota_reached", "Calls a minute", key="calls_per_minute")
        self.assertEqual(len(self._told()), 2)
        self.assertEqual(alert.count, 5)

    def test_another_key_is_another_alert(self):
        self.alerts._raise("quota_reached", "Calls", key="calls_per_minute")
        self.alerts._raise("quota_reached", "Turns", key="turns_per_day")
        self.assertEqual(self.alerts.search_count([("state", "=", "open")]), 2)

    def test_of_no_kind_there_is_none(self):
        """A company's administrators, by code of their own, fill no list of the operator's."""
        with self.assertRaises(ValueError):
            self.alerts._raise("made up", "Something")
        self.assertFalse(self._told())

    def test_once_done_it_is_raised_anew(self):
        first = self.alerts._raise("failed_sync", "Sync failed")
        first.with_user(self.manager).action_done()
        self.assertEqual((first.state, first.closed_by), ("closed", self.manager))
        self.assertFalse(first.activity_ids)
        second = self.alerts._raise("failed_sync", "Sync failed")
        self.assertNotEqual(first, second)
        self.assertEqual(len(self._told()), 2)

    def test_only_managers_see_and_close_it(self):
        alert = self.alerts._raise("failed_sync", "Sync failed")
        plain = new_test_user(self.env, "alert-plain")
        with self.assertRaises(AccessError):
            alert.with_user(plain).read(["summary"])
        with self.assertRaises(AccessError):
            alert.with_user(plain).action_done()
        with self.assertRaises(AccessError):
            alert.with_user(self.manager).write({"state": "closed"})

    def test_one_about_a_record_puts_the_activity_there_and_is_over_with_it(self):
        connection = self.env["chatwootai.chatwoot.connection"].create(
            {"name": "Acme", "base_url": "https://chat.example.com", "chatwoot_account": 1}
        )
        alert = connection.alert(alert_model.MANAGERS, "Refused", "<b>why</b>", kind="delivery_failed")
        self.assertIn(self.manager, connection.activity_ids.user_id)
        self.assertNotIn("<b>", connection.activity_ids[0].note)
        self.assertEqual(alert.action_open_record()["res_id"], connection.id)
        connection.alerts_over()
        self.assertEqual(alert.state, "closed")
        self.assertFalse(connection.activity_ids)

    def test_a_thousand_records_do_not_make_a_thousand_alerts(self):
        companies = self.env["chatwootai.mcp.key"].create(
            [{"name": f"key {number}", "user_id": self.env.uid} for number in range(alert_model._MAX_OPEN + 5)]
        )
        for record in companies:
            self.alerts._raise("failed_turn", "Failed", record=record)
        alerts = self.alerts.search([("kind", "=", "failed_turn")])
        self.assertEqual(len(alerts), alert_model._MAX_OPEN + 1)
        self.assertEqual(sum(alerts.mapped("count")), len(companies))

    def test_what_is_raised_later_is_gathered_and_written_once(self):
        trail = AlertTrail()
        for _time in range(1000):
            trail.raise_later(self.env.cr.dbname, "cross_tenant", "Foreign key", key="abc")
        with self.enter_registry_test_mode():
            trail.flush()
        self.assertEqual(self.alerts.search([("kind", "=", "cross_tenant")]).count, 1000)

    def test_what_is_raised_where_no_language_is_known_is_said_in_the_companys(self):
        self.env["res.lang"]._activate_lang("pt_BR")
        self.env.company.partner_id.lang = "pt_BR"
        trail = AlertTrail()
        trail.raise_later(self.env.cr.dbname, "refused_credentials", refusals.SUMMARY)
        with self.enter_registry_test_mode():
            trail.flush()
        [alert] = self.alerts.search([("kind", "=", "refused_credentials")])
        self.assertEqual(alert.summary, "Credenciais erradas repetidas vezes")

    def test_a_flood_of_different_alerts_is_bounded_and_a_gone_tenant_left_alone(self):
        trail = AlertTrail()
        with self.assertLogs("odoo.addons.chatwootai_mcp.servers.alert_trail", "ERROR"):
            for number in range(1001):
                trail.raise_later("gone", "cross_tenant", "x", key=str(number))
        self.assertEqual(len(trail._waiting), 1000)
        trail.forget("gone")
        self.assertFalse(trail._waiting)

    def test_what_could_not_be_written_is_written_the_second_time_and_then_given_up(self):
        """A stop may close the connections while alerts are being written: the last writing of the process follows."""
        trail, write_behind_in = AlertTrail(), alert_trail.write_behind_in
        trail.raise_later(self.env.cr.dbname, "cross_tenant", "Foreign key", key="abc")
        trail.raise_later("gone", "cross_tenant", "Foreign key")
        with patch.object(alert_trail, "write_behind_in", side_effect=InterfaceError("cursor already closed")):
            self.assertTrue(trail.flush())
            trail.raise_later(self.env.cr.dbname, "cross_tenant", "Foreign key", key="abc")

        def only_ours(name, *work):
            if name == "gone":
                raise OperationalError("no connection to this database")
            return write_behind_in(name, *work)

        with (
            self.enter_registry_test_mode(),
            patch.object(alert_trail, "write_behind_in", side_effect=only_ours),
            self.assertLogs("odoo.addons.chatwootai_mcp.servers.alert_trail", "ERROR"),
        ):
            self.assertFalse(trail.flush())
        self.assertEqual(self.alerts.search([("kind", "=", "cross_tenant")]).count, 2)
        self.assertFalse(trail._waiting)
