"""Who sets what is in the audit, in the same transaction; of secrets only that they were set."""

import json

from odoo.tests import TransactionCase, new_test_user, tagged

from ..models.secret_field import MASK


@tagged("post_install", "-at_install")
class TestAudited(TransactionCase):
    def setUp(self):
        super().setUp()
        self.registry_enter_test_mode()
        self.manager = new_test_user(self.env, "settings-manager", groups="chatwootai_mcp.group_mcp_manager")
        self.env["chatwootai.audit.chain"]._chain()

    def last(self):
        row = self.env["chatwootai.audit"].search([], limit=1)
        return row, json.loads(row.arguments or "{}")

    def connect(self, **values):
        connections = self.env["chatwootai.chatwoot.connection"].with_user(self.manager)
        values = {"name": "Shop", "base_url": "https://chat.example.com", "chatwoot_account": 1, **values}
        return connections.create(values)

    def test_a_change_is_kept_with_who_what_before_and_after(self):
        connection = self.connect(chatwoot_account=7)
        connection.write({"chatwoot_account": 8})
        row, details = self.last()
        self.assertEqual((row.kind, row.tool, row.model), ("configuration", "change", connection._name))
        self.assertEqual((row.actor, row.record_ids), (f"user:{self.manager.id}", str(connection.id)))
        self.assertEqual(details, {"chatwoot_account": [7, 8]})

    def test_what_did_not_change_is_no_change(self):
        connection = self.connect(user_token="t0ken-of-the-user")
        before, _details = self.last()
        connection.write({"name": "Shop", "user_token": MASK})
        connection.write({"tested_at": "2026-01-01 00:00:00"})
        self.assertEqual(self.last()[0], before)

    def test_of_a_secret_only_that_it_was_set_changed_or_taken_away(self):
        connection = self.connect(user_token="t0ken-of-the-user")
        self.assertEqual(self.last()[1]["user_token"], "***")
        connection.write({"user_token": "another-t0ken"})
        self.assertEqual(self.last()[1], {"user_token": ["***", "***"]})
        connection.write({"user_token": False})
        self.assertEqual(self.last()[1], {"user_token": ["***", None]})
        connection.action_new_webhook_url()
        self.assertEqual(self.last()[1], {"webhook_token_id": ["***", "***"]})
        self.assertNotIn("t0ken", str(self.env["chatwootai.audit"].search([]).read()))

    def test_a_deletion_tells_what_was_there(self):
        connection = self.connect()
        connection.unlink()
        row, details = self.last()
        self.assertEqual((row.tool, details["chatwoot_account"]), ("delete", 1))

    def test_the_life_of_a_key(self):
        keys = self.env["chatwootai.mcp.key"]
        token = keys._issue("Robot", servers=("odoo",), days=3)
        key = keys.search([("key_id", "=", token.split("_")[2])])
        self.assertEqual((self.last()[0].kind, self.last()[0].tool), ("key", "issue"))
        self.assertNotIn(token.split("_", 3)[3], self.last()[0].arguments)
        key.can_write = True
        self.assertEqual(self.last()[1], {"can_write": [None, True]})
        key.action_revoke()
        self.assertEqual((self.last()[0].kind, self.last()[0].tool), ("key", "revoke"))

    def test_our_parameters_are_configuration_others_are_not(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("company_services.webhook_token", "s3cret-token-of-the-webhook")
        row, details = self.last()
        self.assertEqual((row.tool, details["value"]), ("create company_services.webhook_token", "***"))
        parameters.set_param("chatwootai_mcp.audit_days", "90")
        parameters.set_param("chatwootai_mcp.audit_days", "60")
        self.assertEqual(self.last()[1], {"value": ["90", "60"]})
        parameters.set_param("web.something", "1")
        self.assertEqual(self.last()[1], {"value": ["90", "60"]})

    def test_a_change_that_is_undone_leaves_no_row(self):
        before, _details = self.last()
        with self.env.cr.savepoint() as savepoint:
            self.connect()
            savepoint.rollback()
        self.assertEqual(self.last()[0], before)
