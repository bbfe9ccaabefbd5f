"""The audit's screen says in words who did what to what, with which values; and that a check is under way."""

from odoo.tests import tagged

from .test_audit import AuditCase


@tagged("post_install", "-at_install")
class TestAuditWords(AuditCase):
    def setting(self, tool, arguments, model="res.partner"):
        return self.record(
            kind="configuration", actor=f"user:{self.env.uid}", tool=tool, server="", model=model, arguments=arguments
        )

    def test_a_change_is_told_by_fields_before_and_after(self):
        row = self.setting("change", {"name": ["Ana", None], "is_company": [False, True], "type": [None, "invoice"]})
        self.assertEqual(row.display_name, "Modification: Contact")
        self.assertEqual(row.actor_name, f"User {self.env.user.name}")
        self.assertEqual(
            row.details.splitlines(), ["Name: Ana → –", "Is a Company: No → Yes", "Address Type: – → Invoice"]
        )

    def test_two_numbers_of_a_creation_are_no_change(self):
        row = self.setting("create", {"category_id": [4, 5], "parent_id": 7, "secret": "***"})
        self.assertEqual(row.details.splitlines(), ["Tags: [4, 5]", "Related Company: number 7", "secret: (hidden)"])

    def test_a_parameter_and_a_model_that_is_gone_are_named_as_they_are(self):
        row = self.setting("delete chatwootai.something", {"value": "x"}, model="no.such.model")
        self.assertEqual(row.display_name, "Deletion chatwootai.something: no.such.model")
        self.assertEqual(row.details, "value: x")

    def test_calls_keep_the_names_that_clients_know(self):
        key = self.env["chatwootai.mcp.key"]
        key._issue("Claude of Maria", self.env.user, ["odoo"], False, None)
        row = self.record(actor=f"key:{key.search([], limit=1).key_id}", tool="create_record")
        self.assertEqual((row.action_name, row.actor_name), ("create_record", "Key Claude of Maria"))
        self.assertEqual(self.record(actor="turn:12").actor_name, "Agents, turn 12")
        self.assertEqual(self.record(actor="key:gone").actor_name, "Key gone")

    def test_a_check_is_under_way_until_it_has_looked(self):
        self.record()
        self.chain._seal()
        chain = self.chain.search([])
        self.assertFalse(chain.checking)
        chain.with_user(self.env.ref("base.user_admin")).action_check()
        chain.invalidate_recordset()
        self.assertTrue(chain.checking)
        self.chain._cron_check()
        chain.invalidate_recordset()
        self.assertFalse(chain.checking)
