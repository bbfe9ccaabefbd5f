"""Refused credentials are told to the account they name, counted, and never tell an account of another."""

import json
from datetime import timedelta
from unittest.mock import Mock, patch

from odoo import fields
from odoo.tests import TransactionCase, tagged

from ..servers import refusals as refusals_module
from ..servers.alert_trail import alerts
from ..servers.audit_trail import trail
from ..servers.refusals import Refusal, Refusals, address_of, refusals
from ..servers.stores_of_process import get_stores
from ..settings import get_keyring
from ..tenancy.tokens import mint_mcp_key, new_token_id
from .http_case import McpHttpCase
from .test_mcp_access import PING


class _Behind:
    """The control database knows this tenant and another, which has no database here."""

    def watch(self):
        self.account_id = self.env.cr.dbname
        self.operator = Mock(tenants=Mock(return_value=[self.account_id]))
        self.enterContext(patch.object(refusals_module, "get_control", return_value=self.operator))
        for waiting in (trail, alerts, refusals):
            waiting.forget(self.account_id)
        get_stores().cache.drop(self.account_id)  # what other tests counted
        refusals._waiting.clear()

    def rows(self):
        return self.env["chatwootai.audit"].search([("kind", "=", "refused")], order="id")

    def open_alerts(self):
        return self.env["chatwootai.alert"].search([("state", "=", "open")])

    def write_behind(self, watched):
        watched.flush()
        trail.flush()
        alerts.flush()


@tagged("post_install", "-at_install")
class TestRefusals(_Behind, TransactionCase):
    def setUp(self):
        super().setUp()
        self.registry_enter_test_mode()
        self.watch()
        self.refusals = Refusals()

    def note(self, times=1, **changes):
        refusal = {
            "account_id": self.account_id,
            "owner": "",
            "credential_id": "",
            "route": "mcp",
            "address": "203.0.113.7",
            "empty": False,
        }
        for _time in range(times):
            self.refusals.note(Refusal(**(refusal | changes)))
        self.write_behind(self.refusals)

    def test_what_repeats_within_a_minute_is_one_row_and_one_with_the_rest(self):
        self.note(3)
        self.note(4)
        self.assertEqual(json.loads(self.rows().arguments), {"address": "203.0.113.7", "times": 3})
        self.assertEqual(self.rows().actor, "address:203.0.113.7")
        self.refusals._end()
        self.assertEqual([json.loads(row.arguments)["times"] for row in self.rows()], [3, 4])

    def test_a_flood_from_everywhere_leaves_few_rows(self):
        for number in range(500):
            self.refusals.note(Refusal(self.account_id, "", "", "mcp", f"203.0.113.{number}", False))
        self.note()
        self.refusals._end()
        self.assertEqual(len(self.rows()), refusals_module._ROWS_A_MINUTE + 1)
        self.assertEqual(sum(json.loads(row.arguments)["times"] for row in self.rows()), 501)

    def test_too_many_from_one_address_are_one_alert(self):
        self.note(9)
        self.assertFalse(self.open_alerts())
        self.note(1)
        self.note(30)
        self.assertEqual(self.open_alerts().mapped("kind"), ["refused_credentials"])
        self.assertIn("203.0.113.7", self.open_alerts().note)

    def test_too_many_from_many_addresses_too(self):
        for number in range(60):
            self.refusals.note(Refusal(self.account_id, "", "", "mcp", f"2001:db8::{number:x}", False))
        self.note(0)
        self.assertEqual(self.open_alerts().mapped("kind"), ["refused_credentials"])

    def test_whoever_shows_nothing_guesses_nothing(self):
        self.note(100, empty=True)
        self.assertEqual(self.rows().error, "no credential")
        self.assertFalse(self.open_alerts())

    def test_of_accounts_that_do_not_exist_only_the_operator_is_told_and_once(self):
        for number in range(200):
            self.note(account_id=f"no-such-{number}")
        self.assertFalse(self.rows())
        self.assertFalse(self.open_alerts())
        self.operator.alert.assert_called_once()
        self.assertIsNone(self.operator.alert.call_args.args[0])

    def test_a_key_used_at_another_accounts_address_alerts_its_own_account_without_naming_the_other(self):
        self.note(account_id="globex", owner=self.account_id, credential_id="their0key0id")
        self.assertEqual(self.rows().actor, "key:their0key0id")
        [alert] = self.open_alerts()
        self.assertEqual(alert.kind, "cross_tenant")
        told = str(self.rows().read()) + str(alert.read())
        self.assertNotIn("globex", told)

    def test_the_account_whose_address_it_was_learns_neither_the_key_nor_its_account(self):
        self.note(owner="globex", credential_id="their0key0id")
        self.assertEqual(
            (self.rows().actor, self.rows().error), ("address:203.0.113.7", "another account's credential")
        )
        self.assertNotIn("their0key", str(self.rows().read()))
        self.assertNotIn("globex", str(self.rows().read()))

    def test_what_waits_is_bounded(self):
        for number in range(refusals_module._MAX_WAITING + 10):
            self.refusals.note(Refusal(f"no-such-{number}", "", "", "mcp", "203.0.113.7", False))
        self.assertEqual(len(self.refusals._waiting), refusals_module._MAX_WAITING)

    def test_the_address_is_the_one_the_proxy_saw(self):
        behind_proxy = {
            "REMOTE_ADDR": "10.0.0.1",
            "HTTP_X_FORWARDED_HOST": "agents.example.com",
            "HTTP_X_FORWARDED_FOR": "6.6.6.6, 203.0.113.7",
        }
        with patch.dict(refusals_module.config.options, {"proxy_mode": True}):
            self.assertEqual(address_of(behind_proxy), "203.0.113.7")
            self.assertEqual(address_of(behind_proxy | {"HTTP_X_FORWARDED_FOR": "<script>"}), "?")
            self.assertEqual(address_of({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "6.6.6.6"}), "10.0.0.1")


@tagged("post_install", "-at_install")
class TestRefusalsAtTheDoor(_Behind, McpHttpCase):
    def setUp(self):
        super().setUp()
        self.watch()

    def test_each_refused_credential_is_told_with_the_reason_that_the_caller_does_not_learn(self):
        good, revoked, expired = self.issue(), self.issue(), self.issue(days=1)
        self.key_of(revoked).action_revoke()
        self.key_of(expired).expires_on = fields.Datetime.now() - timedelta(seconds=1)
        narrow = self.issue(servers=("mongodb",))
        for token, path in (
            ("nonsense", ""),
            (None, ""),
            (revoked, ""),
            (expired, ""),
            (narrow, "/odoo"),
            (mint_mcp_key(get_keyring(), self.account_id, new_token_id()), ""),
            (mint_mcp_key(get_keyring(), "globex", new_token_id()), ""),
        ):
            self.assertEqual(self.post(f"/mcp/{self.account_id}{path}", PING, token).status_code, 401)
        self.assertEqual(self.post(f"/mcp/{self.account_id}", PING, good).status_code, 200)
        self.assertEqual(self.post(f"/chatwootai/config/{self.account_id}", {}, "x").status_code, 401)
        with self.enter_registry_test_mode():
            self.write_behind(refusals)
        self.assertEqual(
            sorted(self.rows().mapped("error")),
            sorted(
                [
                    "not a credential of this server",
                    "no credential",
                    "revoked",
                    "expired",
                    "outside its servers",
                    "never issued, or deleted",
                    "another account's credential",
                    "not a credential of this server",
                ]
            ),
        )
        self.assertEqual(set(self.rows().mapped("tool")), {"mcp", "config"})
