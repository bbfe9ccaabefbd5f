"""MCP keys: who may issue one, what is kept of it, and what it carries."""

from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import ForeignKeyViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..settings import get_keyring
from ..tenancy.tokens import verify_mcp_key
from ..wizards.new_mcp_key import CLIENTS


@tagged("post_install", "-at_install")
class TestMcpKey(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys = cls.env["chatwootai.mcp.key"]
        cls.manager = new_test_user(cls.env, "mcp-manager", groups="chatwootai_mcp.group_mcp_manager")
        cls.agent = cls.env.ref("chatwootai_mcp.user_agent")
        cls.admin = cls.env.ref("base.user_admin")

    def _issued(self, **options):
        claims = verify_mcp_key(get_keyring(), self.keys._issue("test", **options))
        return self.keys.search([("key_id", "=", claims.key_id)])

    def test_a_key_names_its_tenant_and_row_and_is_stored_nowhere(self):
        token = self.keys._issue("test")
        claims = verify_mcp_key(get_keyring(), token)
        self.assertEqual(claims.account_id, self.env.cr.dbname)
        key = self.keys.search([("key_id", "=", claims.key_id)])
        self.assertEqual(key.user_id, self.agent)
        self.env.flush_all()
        self.env.cr.execute("SELECT k::text FROM chatwootai_mcp_key k WHERE id = %s", [key.id])
        self.assertNotIn(token.split("_", 3)[3], self.env.cr.fetchone()[0])

    def test_a_principal_is_what_the_row_says(self):
        key = self._issued(servers=["odoo", "mongodb"], write=True)
        principal = self.keys._principal(key.key_id)
        self.assertEqual(principal.user_id, self.agent.id)
        self.assertEqual(principal.servers, {"odoo", "mongodb"})
        self.assertTrue(principal.write)
        self.assertEqual(principal.actor, f"key:{key.key_id}")

    def test_changes_hold_from_the_next_call_on(self):
        key = self._issued()
        self.assertIn("odoo", self.keys._principal(key.key_id).servers)
        key.server_odoo = False
        self.assertNotIn("odoo", self.keys._principal(key.key_id).servers)
        key.expires_on = fields.Datetime.now() - timedelta(seconds=1)
        self.assertIsNone(self.keys._principal(key.key_id))
        self.assertEqual(key.state, "expired")
        key.expires_on = False
        self.assertIsNotNone(self.keys._principal(key.key_id))
        key.action_revoke()
        self.assertIsNone(self.keys._principal(key.key_id))
        self.assertEqual(key.state, "revoked")

    def test_a_key_is_read_once_and_not_kept_by_who_read_it_before_a_change_was_told_of(self):
        key = self._issued()
        sequences = self.env.registry.cache_sequences
        with patch.object(type(self.keys), "_row", autospec=True, side_effect=type(self.keys)._row) as read:
            for _ in range(3):
                self.assertTrue(self.keys._principal(key.key_id))
            self.assertEqual(read.call_count, 1)
            with patch.dict(sequences, default=sequences["default"] + 1):  # told by another; not in this snapshot
                for _ in range(3):
                    self.assertTrue(self.keys._principal(key.key_id), "who began before may go on")
            self.assertEqual(read.call_count, 4, "what a late reader read is kept for nobody")

    def test_archiving_the_user_closes_its_keys(self):
        user = new_test_user(self.env, "leaving")
        key = self._issued(user=user)
        self.assertIsNotNone(self.keys._principal(key.key_id))
        user.active = False
        self.assertIsNone(self.keys._principal(key.key_id))

    def test_a_key_goes_with_no_user_untold(self):
        """A row that PostgreSQL deletes with its user's is in no audit."""
        user = new_test_user(self.env, "leaving-for-good")
        self._issued(user=user)
        with mute_logger("odoo.sql_db"), self.assertRaises(ForeignKeyViolation):
            user.unlink()

    def test_a_revoked_key_stays_revoked_and_a_key_keeps_its_user(self):
        key = self._issued()
        key.action_revoke()
        for vals in ({"active": True}, {"user_id": self.admin.id}, {"key_id": "a" * 12}):
            with self.assertRaises(ValidationError):
                key.write(vals)

    def test_a_key_needs_a_server_that_exists(self):
        for servers in ([], ["postgres"], ["odoo", "x"]):
            with self.assertRaises(ValidationError):
                self.keys._issue("test", servers=servers)
        with self.assertRaises(ValidationError):
            self._issued(servers=["odoo"]).server_odoo = False

    def test_a_manager_issues_for_himself_and_the_agent_but_not_with_the_rights_of_others(self):
        keys = self.keys.with_user(self.manager)
        keys._issue("mine", self.manager)
        keys._issue("agent's")
        with self.assertRaises(AccessError):
            keys._issue("admin's", self.admin)
        with self.assertRaises(AccessError):
            keys.create({"name": "admin's", "user_id": self.admin.id})
        admins = self._issued(user=self.admin, servers=["mongodb"])
        with self.assertRaises(AccessError):
            admins.with_user(self.manager).write({"server_odoo": True})
        admins.with_user(self.manager).action_revoke()
        self.keys.with_user(self.admin)._issue("someone's", self.manager)

    def test_the_wizard_offers_only_those_whom_a_key_may_be_issued_for(self):
        for user, offered in (
            (self.manager, self.manager | self.env.ref("chatwootai_mcp.user_agent")),
            (self.admin, self.env["res.users"].search([("share", "=", False)])),
        ):
            wizard = self.env["chatwootai.mcp.key.new"].with_user(user)
            domain = wizard.fields_get(["user_id"])["user_id"]["domain"]
            self.assertEqual(self.env["res.users"].search(domain), offered)

    def test_other_users_see_no_keys(self):
        user = new_test_user(self.env, "nobody")
        for work in (lambda: self.keys.with_user(user).search([]), lambda: self.keys.with_user(user)._issue("x", user)):
            with self.assertRaises(AccessError):
                work()

    def test_the_wizard_shows_the_key_once_and_keeps_it_nowhere(self):
        with Form(self.env["chatwootai.mcp.key.new"].with_user(self.manager)) as form:
            form.name = "Claude"
            form.days = 30
        action = form.record.action_issue()
        token = action["context"]["default_token"]
        self.assertIsNotNone(verify_mcp_key(get_keyring(), token))
        shown = Form(self.env[action["res_model"]].with_user(self.manager).with_context(**action["context"]))
        self.assertEqual(shown.token, token)
        self.assertIn(f"/mcp/{self.env.cr.dbname}", shown.endpoint)
        for client in CLIENTS:
            with self.subTest(client):
                self.assertIn(f"Bearer {token}", shown[client])
                self.assertIn(shown.endpoint, shown[client])
        kept = shown.save()
        kept.invalidate_recordset()
        self.assertFalse(kept.with_context({}).token)
        form.record.days = -1
        with self.assertRaises(UserError):
            form.record.action_issue()
