"""How often a webhook asks PostgreSQL: each time is a round trip, and Chatwoot waits for all of them."""

from odoo.tests import HttpCase, tagged

from odoo.addons.chatwootai_mcp.tests.chatwoot_case import ChatwootMixin
from odoo.addons.chatwootai_mcp.tests.common import statements


@tagged("post_install", "-at_install")
class TestWebhookStatements(ChatwootMixin, HttpCase):
    def setUp(self):
        super().setUp()
        self.path = "/chatwootai/" + self.connection.webhook_url.partition("/chatwootai/")[2]
        self.says(25)  # what is asked once, for many webhooks

    def says(self, conversation):
        payload = self.chatwoot.webhook(conversation, self.chatwoot.add(conversation, "Oi"))
        with statements() as executed:
            response = self.url_open(self.path, json=payload)
        self.assertEqual(response.status_code, 200)
        return executed

    def test_a_message_of_a_known_conversation_that_waits_already_is_four_statements(self):
        [conversation, message, job, last] = self.says(25)
        self.assertRegex(conversation, r'^SELECT "chatwootai_conversation".* FOR NO KEY UPDATE$')
        self.assertRegex(message, r"^INSERT INTO chatwootai_message")
        self.assertRegex(job, r"^SELECT id, eta FROM queue_job")
        self.assertRegex(last, r'^UPDATE "chatwootai_conversation"')

    def test_a_message_that_begins_a_conversation_asks_little_more_than_queue_job_does(self):
        ours = [statement for statement in self.says(26) if 'FROM "queue_job"' not in statement]
        self.assertLessEqual(len(ours), 9, ours)
