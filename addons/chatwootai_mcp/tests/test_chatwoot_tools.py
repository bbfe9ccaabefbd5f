"""MCP clients speak in Chatwoot only through the outbox, with a key that may write, where they may."""

from dataclasses import replace

from odoo.tests import tagged

from odoo.addons.queue_job.tests.common import trap_jobs

from .common import ToolCase


@tagged("post_install", "-at_install")
class TestChatwootTools(ToolCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection = cls.env["chatwootai.chatwoot.connection"].create(
            {"name": "Acme", "base_url": "http://127.0.0.1:9", "chatwoot_account": 7, "user_token": "t"}
        )
        cls.writer = cls.principal_of(cls.agent, write=True)

    def test_a_message_is_queued_as_what_asked_for_it(self):
        with trap_jobs() as trap:
            result = self.call("send_message", self.writer, conversation_id=25, content="Olá")
            trap.assert_jobs_count(1)
        entry = self.env["chatwootai.outbox"].browse(result["outbox_id"])
        self.assertEqual((entry.kind, entry.state, entry.origin), ("message", "queued", "key:test"))
        self.assertEqual(entry.payload, {"content": "Olá"})
        self.assertEqual(entry.conversation_display_id, 25)

    def test_a_private_message_is_a_note(self):
        with trap_jobs():
            result = self.call("send_message", self.writer, conversation_id=25, content="Nota", private=True)
        self.assertEqual(self.env["chatwootai.outbox"].browse(result["outbox_id"]).kind, "private_note")

    def test_a_hand_off_queues_message_note_and_status(self):
        with trap_jobs():
            self.call("hand_off", self.writer, conversation_id=25, reason="Reembolso", message="Um momento")
        kinds = self.env["chatwootai.outbox"].search([], order="id").mapped("kind")
        self.assertEqual(kinds, ["message", "private_note", "status"])

    def test_a_key_that_only_reads_may_not_speak(self):
        self.assertIn("read", self.refusal("send_message", conversation_id=25, content="Olá"))
        self.assertFalse(self.env["chatwootai.outbox"].search([]))

    def test_wrong_arguments_are_refused(self):
        for wrong in (
            {"content": ""},
            {"content": "x" * 20_001},
            {"content": "a", "conversation_id": 0},
            {"content": " "},
        ):
            self.refusal("send_message", self.writer, **({"conversation_id": 25} | wrong))

    def test_with_several_chatwoots_the_account_must_be_named(self):
        self.connection.copy({"chatwoot_account": 8, "user_token": "t"})
        self.assertIn("7, 8", self.refusal("send_message", self.writer, conversation_id=25, content="Olá"))
        with trap_jobs():
            self.call("send_message", self.writer, conversation_id=25, content="Olá", chatwoot_account=8)
        self.assertEqual(self.env["chatwootai.outbox"].search([]).connection_id.chatwoot_account, 8)

    def test_without_a_connection_it_says_so(self):
        self.connection.active = False
        self.assertIn("connected", self.refusal("send_message", self.writer, conversation_id=25, content="Olá"))

    def test_a_crew_is_bound_to_its_conversation(self):
        if "chatwootai.conversation" not in self.env:
            self.skipTest("conversations are chatwootai_agent's")
        own = self.env["chatwootai.conversation"].create({"connection_id": self.connection.id, "display_id": 25})
        crew = replace(self.writer, conversation_id=own.id)
        self.refusal("send_message", crew, conversation_id=26, content="Olá")
        with trap_jobs():
            self.call("send_message", crew, conversation_id=25, content="Olá")
