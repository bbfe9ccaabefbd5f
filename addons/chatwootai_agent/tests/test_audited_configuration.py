"""What a company sets for its agents is in the audit."""

import json

from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestAuditedConfiguration(TransactionCase):
    def setUp(self):
        super().setUp()
        self.registry_enter_test_mode()

    def told(self, model):
        """What the newest row of a model tells, and its word."""
        row = self.env["chatwootai.audit"].search([("model", "=", model)], limit=1)
        return row.tool, json.loads(row.arguments)

    def test_rules_documents_and_profile(self):
        rule = self.env["company.services.rule"].create({"name": "Exchange", "description": "Within 7 days"})
        self.assertEqual(self.told(rule._name)[0], "create")
        rule.description = "Within 30 days"
        self.assertEqual(self.told(rule._name), ("change", {"description": ["Within 7 days", "Within 30 days"]}))
        profile = self.env["company.services.profile"]._of_company()
        profile.tone = "formal"
        self.assertEqual(self.told(profile._name), ("change", {"tone": ["friendly", "formal"]}))
        document = self.env["company.services.document"].create({"name": "Care", "text": "Keep it dry"})
        document.unlink()
        self.assertEqual(self.told(document._name)[0], "delete")

    def test_the_agents_settings_on_the_company_and_nothing_else_of_it(self):
        company = self.env.company
        company.write({"chatwootai_llm_api_key": "k3y-of-the-model", "chatwootai_max_steps": 9, "phone": "1"})
        word, details = self.told("res.company")
        self.assertEqual(
            (word, details), ("change", {"chatwootai_llm_api_key": [None, "***"], "chatwootai_max_steps": [6, 9]})
        )
        before = self.env["chatwootai.audit"].search_count([])
        company.phone = "2"
        self.assertEqual(self.env["chatwootai.audit"].search_count([]), before)
