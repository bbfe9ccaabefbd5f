"""A tenant's flood is answered with when to come again; its webhooks are always taken, and others' calls at once."""

from contextlib import ExitStack
from unittest.mock import patch

from odoo.tests import tagged

from ..servers import admission
from ..tenancy.bulkhead import Bounds, Bulkhead
from .http_case import McpHttpCase


@tagged("post_install", "-at_install")
class TestAdmission(McpHttpCase):
    def setUp(self):
        super().setUp()
        self.calls = Bulkhead(Bounds(1, patience=0.0))
        self.webhooks = Bulkhead(Bounds(1, patience=0.0, let_in=True))
        self.enterContext(patch.multiple(admission, calls=self.calls, webhooks=self.webhooks))
        self.key = self.issue()

    def ping(self):
        return self.post(f"/mcp/{self.account_id}", {"jsonrpc": "2.0", "id": 1, "method": "ping"}, self.key)

    def test_a_call_over_the_share_is_told_when_to_come_again(self):
        with self.calls.admitted(self.account_id):
            response = self.ping()
        self.assertEqual(response.status_code, 429)
        self.assertGreaterEqual(int(response.headers["Retry-After"]), 1)
        self.assertIn("try again", response.json()["error"])
        self.assertEqual(self.ping().status_code, 200)

    def test_another_tenants_flood_refuses_nobody_here(self):
        with ExitStack() as stack:
            for lane in (self.calls, self.webhooks):
                stack.enter_context(lane.admitted("another"))
            self.assertEqual(self.ping().status_code, 200)

    def test_a_webhook_is_never_refused_for_want_of_a_place(self):
        with self.webhooks.admitted(self.account_id):
            response = self.post(f"/chatwootai/config/{self.account_id}", {}, self.key)
        self.assertEqual(response.status_code, 401)  # this one's key is no webhook's: refused for that, as always
        with self.webhooks.admitted(self.account_id), self.calls.admitted(self.account_id):
            response = self.post(f"/chatwootai/config/{self.account_id}", b"{", self.config_token())
        self.assertEqual(response.status_code, 400)  # let in, and read

    def config_token(self):
        from ..settings import get_keyring
        from ..tenancy.tokens import config_audience, mint_webhook_token, new_token_id

        token_id = new_token_id()
        self.env["ir.config_parameter"].set_param("chatwootai_mcp.config_token_id", token_id)
        return mint_webhook_token(get_keyring(), config_audience(self.account_id), token_id)

    def test_a_call_that_waits_for_the_network_leaves_its_place_to_another(self):
        with admission.admitted_call(self.account_id):
            self.assertEqual(self.ping().status_code, 429)
            admission.step_aside()
            self.assertEqual(self.ping().status_code, 200)
            admission.step_aside()
        self.assertEqual(self.calls.uses()[self.account_id].running, 0)
        admission.step_aside()  # no call of a client's is under way, as in a crew: nothing to leave
        self.assertEqual(self.calls.uses()[self.account_id].running, 0)

    def test_every_place_is_given_back(self):
        self.ping()
        self.post(f"/mcp/{self.account_id}", b"{", self.key)
        self.assertEqual(self.calls.uses()[self.account_id].running, 0)
