"""People who may look see conversations and turns, and change nothing; what is secret stays so."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .conversation_case import ConversationCase


@tagged("post_install", "-at_install")
class TestConversationAccess(ConversationCase):
    def setUp(self):
        super().setUp()
        self.customer_says("Oi")
        self.answer()
        self.reader = new_test_user(self.env, "reader", "chatwootai_agent.group_agent_user")

    def shown(self, record, view_type):
        """What a view of the record shows the reader."""
        record = record.with_user(self.reader)
        view = record.get_view(view_type=view_type)
        names = [name for name in view["models"][record._name] if name in record._fields]
        return record.read(names)[0]

    def test_a_reader_sees_conversations_and_turns(self):
        self.assertEqual(self.shown(self.conversation, "form")["answered_by"], "agents")
        self.assertEqual(self.shown(self.conversation, "list")["turn_count"], 1)
        self.assertEqual(self.shown(self.turns, "form")["reply"], "Resposta a: Oi")
        self.assertEqual(self.shown(self.turns.step_ids, "form")["name"], "find_products")
        self.assertIn("/app/accounts/7/conversations/25", self.conversation.with_user(self.reader).chatwoot_url)

    def test_a_reader_finds_the_menus(self):
        visible = self.env["ir.ui.menu"].with_user(self.reader)._visible_menu_ids()
        for name in ("chatwootai_mcp.menu_root", "chatwootai_agent.menu_conversation", "chatwootai_agent.menu_turn"):
            self.assertIn(self.env.ref(name).id, visible)

    def test_a_reader_changes_nothing(self):
        for record in (self.conversation, self.conversation.chat_ids, self.turns, self.turns.step_ids):
            with self.assertRaises(AccessError):
                record.with_user(self.reader).write({"create_uid": self.reader.id})
            with self.assertRaises(AccessError):
                record.with_user(self.reader).unlink()

    def test_a_reader_sees_no_tokens_and_no_webhook_address(self):
        connection = self.connection.with_user(self.reader)
        self.assertEqual(connection.name, "Acme")
        for name in ("user_token", "bot_token", "webhook_url", "webhook_token_id", "webhook_secret_ids"):
            with self.assertRaises(AccessError):
                connection.read([name])

    def test_others_see_nothing(self):
        other = new_test_user(self.env, "other")
        for record in (self.conversation, self.conversation.chat_ids, self.turns):
            with self.assertRaises(AccessError):
                record.with_user(other).read(["id"])

    def test_whoever_may_not_see_a_conversation_is_called_to_its_alert_and_offered_no_button_to_open_it(self):
        mcp = new_test_user(self.env, "mcp-only", "chatwootai_mcp.group_mcp_manager")
        manager = new_test_user(self.env, "agents-too", "chatwootai_agent.group_agent_manager")
        alert = self.env["chatwootai.alert"]._raise("failed_turn", "Failed", record=self.conversation)
        self.assertIn(manager, self.conversation.activity_ids.user_id)
        self.assertNotIn(mcp, self.conversation.activity_ids.user_id)
        self.assertEqual(alert.activity_ids.user_id, mcp)
        self.assertEqual([alert.with_user(user).can_open for user in (mcp, manager)], [False, True])
        alert._close()
        self.assertFalse(alert.activity_ids | self.conversation.activity_ids)

    def test_every_view_opens(self):
        for model, views in (
            ("chatwootai.conversation", ("list", "form", "search")),
            ("chatwootai.turn", ("list", "form", "search", "graph", "pivot")),
        ):
            for view_type in views:
                self.assertTrue(self.env[model].with_user(self.reader).get_view(view_type=view_type)["arch"])
