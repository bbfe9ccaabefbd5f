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


@tagged("post_install", "-at_install")
class TestFailingSyncs(TransactionCase):
    def open_alerts(self):
        return self.env["chatwootai.alert"].search([("kind", "=", "failed_sync"), ("state", "=", "open")])

    def test_a_profile_that_does_not_reach_the_agents_is_an_alert_until_it_does(self):
        profile = self.env["company.services.profile"]._of_company()
        for _try in range(2):
            profile._end_failed("No server")
        self.assertEqual((self.open_alerts().count, self.open_alerts().note), (2, "No server"))
        profile._end_done(profile.revision)
        self.assertFalse(self.open_alerts())

    def test_knowledge_that_could_not_be_indexed_is_one_too(self):
        knowledge = self.env["chatwootai.knowledge"]
        knowledge._note_error("products", "The vectors can't be used now")
        self.assertEqual(self.open_alerts().res_id, knowledge._row("products").id)
