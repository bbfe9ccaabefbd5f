"""The webhook takes what Chatwoot sends, once; refuses everything else alike; and stores nothing it refuses."""

import json
import time
from http.client import HTTPConnection
from unittest.mock import patch

from odoo.service import model
from odoo.tests import HttpCase, tagged
from odoo.tests.common import HOST
from odoo.tools import mute_logger

from odoo.addons.chatwootai_mcp.chatwoot.signature import sign
from odoo.addons.chatwootai_mcp.settings import get_keyring
from odoo.addons.chatwootai_mcp.tenancy.tokens import mint_webhook_token, new_token_id, tenant_audience
from odoo.addons.chatwootai_mcp.tests.chatwoot_case import ChatwootMixin

from ..controllers import webhook


@tagged("post_install", "-at_install")
class TestWebhook(ChatwootMixin, HttpCase):
    def setUp(self):
        super().setUp()
        self.path = self.connection.webhook_url.partition("/chatwootai/")[2]
        message_id = self.chatwoot.add(25, "Oi")
        self.payload = self.chatwoot.webhook(25, message_id)

    def post(self, payload=None, path=None, secret=None, **headers):
        body = payload if isinstance(payload, bytes) else json.dumps(payload or self.payload).encode()
        sent = {"Content-Type": "application/json", **headers}
        if secret:
            stamp = headers.get("X-Chatwoot-Timestamp") or str(int(time.time()))
            sent |= {"X-Chatwoot-Timestamp": stamp, "X-Chatwoot-Signature": sign(secret, stamp, body)}
        return self.url_open(path or f"/chatwootai/{self.path}", data=body, headers=sent)

    def stored(self):
        return self.env["chatwootai.message"].search_count([])

    def jobs(self):
        return self.env["queue.job"].search_count([("channel", "=", "root.chatwootai_turn")])

    def assert_refused(self, response):
        self.assertEqual((response.status_code, response.text), (401, '{"error":"unauthorized"}'))
        self.assertEqual(self.stored(), 0)

    def test_a_message_is_stored_queued_and_taken(self):
        response = self.post()
        self.assertEqual((response.status_code, response.json()), (200, {"success": True}))
        self.assertEqual((self.stored(), self.jobs()), (1, 1))

    def test_a_duplicate_is_taken_and_changes_nothing(self):
        for _time in range(3):
            self.assertEqual(self.post().status_code, 200)
        self.assertEqual((self.stored(), self.jobs()), (1, 1))

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_what_postgresql_ends_for_a_deadlock_is_taken_again(self):
        left = ["40P01", "40001"]

        def take_in(connection, event):
            webhook_take_in(connection, event)
            if left:
                connection.env.cr.execute(f"DO $$ BEGIN RAISE SQLSTATE '{left.pop()}'; END $$")

        webhook_take_in = webhook.take_in
        with patch.object(webhook, "take_in", take_in), patch.object(model.random, "uniform", return_value=0.0):
            response = self.post()
        self.assertEqual((response.status_code, left), (200, []))
        self.assertEqual((self.stored(), self.jobs()), (1, 1))

    def test_with_a_secret_only_signed_webhooks_are_taken(self):
        self.connection.webhook_secret_ids = [
            (0, 0, {"name": "Bot", "secret": "s3cret"}),
            (0, 0, {"name": "Account", "secret": "0ther"}),
        ]
        self.assert_refused(self.post())
        self.assert_refused(self.post(secret="wrong"))
        self.assert_refused(self.post(secret="s3cret", **{"X-Chatwoot-Timestamp": str(int(time.time()) - 301)}))
        self.assert_refused(self.post(secret="s3cret", **{"X-Chatwoot-Timestamp": str(int(time.time()) + 3600)}))
        self.assert_refused(self.post(**{"X-Chatwoot-Signature": "sha256=00", "X-Chatwoot-Timestamp": "x"}))
        self.assertEqual(self.post(secret="s3cret").status_code, 200)
        self.assertEqual(self.post(secret="0ther").status_code, 200)
        self.assertEqual(self.stored(), 1)

    def test_a_secret_counts_from_when_it_is_there_until_it_is_not(self):
        self.assertEqual(self.post().status_code, 200)
        self.env["chatwootai.message"].search([]).unlink()
        secret = self.env["chatwootai.webhook.secret"].create(
            {"connection_id": self.connection.id, "name": "Bot", "secret": "s3cret"}
        )
        self.assert_refused(self.post())
        secret.secret = "0ther"
        self.assert_refused(self.post(secret="s3cret"))
        secret.unlink()
        self.assertEqual(self.post().status_code, 200)

    def test_a_secret_this_server_cannot_read_opens_nothing(self):
        self.connection.webhook_secret_ids = [(0, 0, {"name": "Bot", "secret": "s3cret"})]
        self.env.flush_all()
        self.env.cr.execute("UPDATE chatwootai_webhook_secret SET secret = 'of another key'")
        with mute_logger("odoo.addons.chatwootai_mcp.models.webhook_door"):
            self.assert_refused(self.post(secret="s3cret"))
            self.assert_refused(self.post())

    def test_an_address_that_was_replaced_is_refused(self):
        self.assertEqual(self.post().status_code, 200)
        self.env["chatwootai.message"].search([]).unlink()
        self.connection.action_new_webhook_url()
        self.assert_refused(self.post())

    def test_an_archived_connection_takes_nothing(self):
        self.assertEqual(self.post().status_code, 200)
        self.env["chatwootai.message"].search([]).unlink()
        self.connection.active = False
        self.assert_refused(self.post())

    def test_an_address_that_this_server_did_not_give_is_refused(self):
        account_id = self.env.cr.dbname
        unknown = mint_webhook_token(get_keyring(), tenant_audience(account_id), new_token_id())
        anothers = mint_webhook_token(get_keyring(), tenant_audience("another"), self.connection.webhook_token_id)
        forged = self.path.split("/")[-1][:-2] + "xx"
        for token in (unknown, anothers, forged, "short"):
            with self.subTest(token):
                self.assert_refused(self.post(path=f"/chatwootai/webhook/{account_id}/{token}"))

    def test_another_chatwoot_account_is_refused(self):
        self.assert_refused(self.post(self.payload | {"account": {"id": 8}}))

    def test_what_is_not_json_or_not_chatwoots_is_a_bad_request(self):
        for body in (b"{", b"\xff", b"[]", b'{"event": 3}', json.dumps({**self.payload, "id": "x"}).encode()):
            with self.subTest(body[:20]):
                response = self.post(body)
                self.assertEqual(response.status_code, 400)
                self.assertFalse(response.json()["success"])
        self.assertEqual(self.stored(), 0)

    def test_a_body_of_more_than_a_mebibyte_is_refused(self):
        self.assertEqual(self.post(b" " * (1024 * 1024 + 1)).status_code, 413)

    def test_a_length_that_is_no_number_is_refused(self):
        for length in (b"\xb2", b"9" * 5000):
            asking = HTTPConnection(HOST, self.http_port(), timeout=10)
            asking.putrequest("POST", f"/chatwootai/{self.path}")
            asking.putheader("Content-Length", length)
            asking.endheaders()
            self.assertEqual(asking.getresponse().status, 413, length[:5])
            asking.close()

    def test_other_events_are_taken_and_ignored(self):
        response = self.post({"event": "conversation_typing_on", "account": {"id": 7}})
        self.assertEqual(response.status_code, 200)
        self.assertEqual(self.stored(), 0)

    def test_a_conversation_event_of_an_old_version_names_no_account(self):
        event = {"event": "conversation_status_changed", **self.chatwoot.shown(25), "status": "open"}
        self.assertEqual(self.post(event).status_code, 200)
        self.assertEqual(self.env["chatwootai.conversation"].search([]).status, "open")

    def test_what_postgresql_cannot_hold_is_taken_without_it(self):
        self.assertEqual(self.post(self.payload | {"content": "O\0i \ud83d"}).status_code, 200)
        self.assertEqual(self.env["chatwootai.message"].search([]).content, "Oi ?")

    def test_only_post_is_answered(self):
        self.assertEqual(self.url_open(f"/chatwootai/{self.path}").status_code, 405)
