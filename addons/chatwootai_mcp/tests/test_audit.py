"""The audit grows and never changes."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged

from ..tenancy.audit import AuditEvent, mask


@tagged("post_install", "-at_install")
class TestAudit(TransactionCase):
    def _recorded(self, **changes):
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
        self.env["chatwootai.audit"]._record([AuditEvent(**(event | changes))])
        return self.env["chatwootai.audit"].search([], limit=1)

    def test_a_call_is_kept_with_who_what_and_how_it_went(self):
        row = self._recorded()
        self.assertEqual(
            (row.actor, row.tool, row.outcome, row.duration_ms), ("key:abc", "search_records", "success", 7)
        )
        self.assertEqual(row.account_id, self.env.cr.dbname)
        self.assertEqual(row.record_ids, "3,5")
        self.assertEqual(row.arguments, '{"model": "res.partner"}')

    def test_nobody_changes_deletes_or_copies_a_row(self):
        row = self._recorded()
        for work in (lambda: row.write({"actor": "x"}), row.unlink, row.copy, lambda: row.sudo().write({"actor": "x"})):
            with self.assertRaises(UserError):
                work()

    def test_not_even_a_manager_adds_one(self):
        manager = new_test_user(self.env, "auditor", groups="chatwootai_mcp.group_mcp_manager")
        self._recorded().with_user(manager).read(["tool"])
        with self.assertRaises(AccessError):
            self.env["chatwootai.audit"].with_user(manager).create({"tool": "x"})
        with self.assertRaises(AccessError):
            self.env["chatwootai.audit"].with_user(new_test_user(self.env, "anybody")).search([])

    def test_the_call_of_a_user_who_is_gone_is_kept(self):
        self.assertFalse(self._recorded(user_id=2**30).user_id)

    def test_arguments_are_masked(self):
        row = self._recorded(arguments=mask({"api_key": "k", "domain": [["email", "=", "ana@example.com"]]}))
        self.assertNotIn("ana@", row.arguments)
        self.assertIn("***", row.arguments)
