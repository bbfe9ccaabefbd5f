"""A connection that has conversations stays with its account: elsewhere their numbers are other customers'."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.chatwootai_mcp.tests.fake_chatwoot import BOT_TOKEN, USER_TOKEN, FakeChatwoot

from .conversation_case import ConversationCase


@tagged("post_install", "-at_install")
class TestSameChatwoot(ConversationCase):
    def setUp(self):
        super().setUp()
        self.elsewhere = self.enterContext(FakeChatwoot())

    def moved(self):
        return {"base_url": self.elsewhere.url, "user_token": USER_TOKEN, "bot_token": BOT_TOKEN}

    def test_another_account_or_another_chatwoot_is_refused_and_nothing_of_it_answered(self):
        self.customer_says("Quanto custa o sérum?")
        old = self.connection.base_url
        self.elsewhere.next_id = self.chatwoot.next_id - 1
        self.elsewhere.add(25, "Outra pessoa, mesmo número")
        for values in ({"chatwoot_account": 8}, self.moved()):
            with self.assertRaisesRegex(UserError, "new connection"):
                self.connection.write(values)
        self.assertEqual((self.connection.base_url, self.connection.chatwoot_account), (old, 7))
        self.answer()
        self.assertEqual(self.elsewhere.said(25), [])

    def test_a_chatwoot_that_has_moved_is_followed(self):
        self.customer_says("Quanto custa o sérum?")
        self.elsewhere.conversations = self.chatwoot.conversations
        self.connection.write(self.moved())
        self.answer()
        self.assertEqual(self.elsewhere.said(25), ["Resposta a: Quanto custa o sérum?"])

    def test_an_address_at_which_nobody_answers_can_be_tried_later(self):
        self.customer_says("Oi")
        self.elsewhere.down = True
        with self.assertRaisesRegex(UserError, "Try again"):
            self.connection.write(self.moved())

    def test_a_stored_token_is_shown_to_no_other_server(self):
        self.customer_says("Oi")
        self.elsewhere.conversations = self.chatwoot.conversations
        with self.assertRaisesRegex(UserError, "Enter the access tokens again"):
            self.connection.base_url = self.elsewhere.url
        self.assertEqual(self.elsewhere.calls, [])

    def test_what_was_only_sent_to_keeps_it_where_it_is(self):
        self.enqueue()
        with self.assertRaises(UserError):
            self.connection.chatwoot_account = 8

    def test_one_that_holds_nothing_may_go_anywhere(self):
        self.connection.write({"base_url": self.elsewhere.url, "chatwoot_account": 8})
        self.assertEqual(self.connection.chatwoot_account, 8)

    def test_another_spelling_of_the_address_is_no_move(self):
        self.customer_says("Oi")
        self.connection.base_url = f"{self.connection.base_url}/"
        self.assertEqual(self.connection.base_url, self.chatwoot.url)
