"""What MCP clients read from Chatwoot and correct there: bounded, without its secrets, beside no open transaction."""

from dataclasses import replace
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.queue_job.tests.common import trap_jobs

from ..servers.call import OwnDatabase
from ..servers.orchestrator import get_orchestrator
from .chatwoot_case import ChatwootMixin
from .common import ToolCase
from .fake_chatwoot import BOT_TOKEN, USER_TOKEN

PERSON = {"id": 3, "type": "user", "name": "Luis"}


@tagged("post_install", "-at_install")
class TestChatwootReading(ChatwootMixin, ToolCase):
    def setUp(self):
        super().setUp()
        self.writer = self.principal_of(self.agent, write=True)

    def outcome(self, name, principal=None, /, **arguments):
        """As the crews call: with a cursor of the call's own."""
        with self.own_transactions(), trap_jobs():
            return get_orchestrator().call(principal or self.principal, name, arguments)

    def ids(self, **arguments):
        return [message["id"] for message in self.call("list_messages", conversation_id=25, **arguments)["messages"]]

    def test_a_conversation_is_read_as_it_stands(self):
        self.chatwoot.conversation(25, status="open", labels=["vip"], assignee=PERSON)
        read = self.call("get_conversation", conversation_id=25)["conversation"]
        self.assertEqual((read["id"], read["status"], read["labels"]), (25, "open", ["vip"]))
        self.assertEqual((read["assignee"], read["assignee_is_person"]), ("Luis", True))
        self.assertEqual(read["contact"]["phone_number"], "+5511987654321")

    def test_chatwoots_secrets_reach_no_result(self):
        self.chatwoot.contact(89)
        self.chatwoot.add(25, "Oi")
        for name, arguments in (
            ("get_conversation", {"conversation_id": 25}),
            ("list_messages", {"conversation_id": 25}),
            ("find_contact", {"query": "ana"}),
        ):
            result = str(self.call(name, **arguments))
            for secret in ("pubsub", USER_TOKEN, BOT_TOKEN):
                self.assertNotIn(secret, result, name)

    def test_reading_uses_the_users_token(self):
        self.call("list_messages", conversation_id=25)
        self.assertEqual({token for _method, _path, token, _body in self.chatwoot.calls}, {USER_TOKEN})

    def test_messages_say_who_wrote_them_and_which_are_private(self):
        self.chatwoot.add(25, "Oi")
        self.chatwoot.add(25, "Só entre nós", 1, PERSON, private=True)
        said, noted = self.call("list_messages", conversation_id=25)["messages"]
        self.assertEqual((said["author"], said["private"], said["content"]), ("customer", False, "Oi"))
        self.assertEqual((noted["author"], noted["private"], noted["sender"]), ("person", True, "Luis"))

    def test_messages_come_bounded_and_say_when_there_are_more(self):
        ids = [self.chatwoot.add(25, f"m{number}") for number in range(60)]
        result = self.call("list_messages", conversation_id=25)
        self.assertEqual([message["id"] for message in result["messages"]], ids[-20:])
        self.assertTrue(result["truncated"])
        self.assertEqual(self.ids(limit=50), ids[-50:])
        self.assertEqual(self.ids(before=ids[30], limit=25), ids[5:30])
        self.assertEqual(self.ids(after=ids[55]), ids[56:])
        self.assertEqual(self.ids(after=ids[10], limit=3), ids[11:14])
        self.assertFalse(self.call("list_messages", conversation_id=25, after=ids[55])["truncated"])
        self.assertIn("before", self.refusal("list_messages", conversation_id=25, before=ids[3], after=ids[5]))

    def test_a_long_message_is_cut(self):
        self.chatwoot.add(25, "x" * 100_000)
        [message] = self.call("list_messages", conversation_id=25)["messages"]
        self.assertLess(len(message["content"]), 5000)

    def test_no_transaction_is_open_while_chatwoot_is_asked(self):
        databases, seen = [], []
        begin = OwnDatabase.environment

        def environment(database, milliseconds):
            databases.append(database)
            return begin(database, milliseconds)

        self.chatwoot.contact(89)
        self.chatwoot.while_asked = lambda: seen.append([database._env for database in databases])
        with patch.object(OwnDatabase, "environment", environment):
            self.call("list_messages", conversation_id=25)
            self.call("update_contact", self.writer, contact_id=89, name="Ana Ruiz")
            self.call("assign", self.writer, conversation_id=25, assignee_id=3)
        self.assertEqual(len(seen), 3)
        self.assertTrue(databases)
        self.assertEqual({env for envs in seen for env in envs}, {None})

    def test_what_fails_in_chatwoot_is_said_in_a_sentence(self):
        self.assertIn("no conversation 404", self.refusal("get_conversation", conversation_id=404))
        self.chatwoot.down = True
        self.assertIn("Chatwoot failed: status 503", self.refusal("get_conversation", conversation_id=25))
        self.chatwoot.down = False
        self.connection.user_token = "outdated"
        error = self.refusal("get_conversation", conversation_id=25)
        self.assertIn("refuses the access token", error)
        self.assertNotIn("outdated", error)

    def test_a_tenant_without_chatwoot_is_told_where_to_connect_it(self):
        self.connection.active = False
        for name, arguments in (("get_conversation", {}), ("send_message", {"content": "Oi"})):
            error = self.refusal(name, self.writer, conversation_id=25, **arguments)
            self.assertIn("Configuration / Chatwoot", error)

    def test_without_a_user_token_it_says_which_is_missing(self):
        self.connection.user_token = False
        self.assertIn("user access token", self.refusal("list_messages", conversation_id=25))

    def test_ids_are_numbers_above_zero(self):
        for wrong in (0, -1, 2**31, "25", "25/../../profile", 2.5, True, None):
            self.refusal("get_conversation", conversation_id=wrong)
        self.assertFalse(self.chatwoot.calls)

    def test_contacts_are_found_by_what_is_known_of_them(self):
        self.chatwoot.contact(1, name="Ana Ruiz", email="ana@example.com", custom_attributes={"tier": "gold"})
        self.chatwoot.contact(2, name="Bia")
        result = self.call("find_contact", query="ana@")
        [found] = result["contacts"]
        self.assertEqual((found["id"], found["custom_attributes"]), (1, {"tier": "gold"}))
        self.assertEqual((result["total"], result["truncated"]), (1, False))
        for number in range(10, 30):
            self.chatwoot.contact(number, name="Carla")
        result = self.call("find_contact", query="carla")
        self.assertEqual((result["count"], result["total"], result["truncated"]), (15, 20, True))

    def test_correcting_a_contact_keeps_its_other_attributes(self):
        self.chatwoot.contact(1, custom_attributes={"tier": "gold"})
        changed = self.call("update_contact", self.writer, contact_id=1, custom_attributes={"size": "M"})["contact"]
        self.assertEqual(changed["custom_attributes"], {"tier": "gold", "size": "M"})
        method, _path, token, _body = self.chatwoot.calls[-1]
        self.assertEqual((method, token), ("PUT", USER_TOKEN))
        self.assertIn("no contact 9", self.refusal("update_contact", self.writer, contact_id=9, name="x"))
        self.assertIn("Nothing to change", self.refusal("update_contact", self.writer, contact_id=1))
        self.assertIn("phone_number", self.refusal("update_contact", self.writer, contact_id=1, phone_number="11 99"))

    def test_a_correction_is_audited_and_needs_write_scope(self):
        self.chatwoot.contact(1)
        self.refusal("update_contact", contact_id=1, name="Ana")
        self.assertFalse(self.chatwoot.calls)
        self.call("update_contact", self.writer, contact_id=1, name="Ana")
        row = self.env["chatwootai.audit"].search([("tool", "=", "update_contact"), ("outcome", "=", "success")])
        self.assertEqual((len(row), row.server), (1, "chatwoot"))

    def test_each_action_waits_in_the_outbox(self):
        for name, arguments, kind, payload in (
            ("add_private_note", {"content": "Nota"}, "private_note", {"content": "Nota"}),
            ("set_status", {"status": "resolved"}, "status", {"status": "resolved"}),
            ("add_labels", {"labels": ["vip", "troca-2"]}, "labels", {"labels": ["vip", "troca-2"]}),
            ("assign", {"assignee_id": 3}, "assignment", {"assignee_id": 3}),
            ("assign", {"team_id": 4}, "assignment", {"team_id": 4}),
            ("assign", {"assignee_id": 0}, "assignment", {"assignee_id": None}),
        ):
            result = self.call(name, self.writer, conversation_id=25, **arguments)
            entry = self.env["chatwootai.outbox"].browse(result["outbox_id"])
            self.assertEqual((entry.kind, entry.payload, entry.origin), (kind, payload, "key:test"))

    def test_labels_added_leave_those_there(self):
        self.chatwoot.conversation(25, labels=["vip"])
        self.call("add_labels", self.writer, conversation_id=25, labels=["troca"])
        self.deliver()
        self.assertEqual(self.chatwoot.conversation(25)["labels"], ["vip", "troca"])

    def test_a_person_or_team_that_is_none_is_not_assigned(self):
        self.assertIn("3 Luis", self.refusal("assign", self.writer, conversation_id=25, assignee_id=99))
        self.assertIn("4 Vendas", self.refusal("assign", self.writer, conversation_id=25, team_id=99))
        self.assertIn("either", self.refusal("assign", self.writer, conversation_id=25))
        self.assertFalse(self.outbox.search([]))

    def test_wrong_actions_are_refused(self):
        for name, arguments in (
            ("set_status", {"status": "closed"}),
            ("add_labels", {"labels": []}),
            ("add_labels", {"labels": ["a,b"]}),
            ("add_labels", {"labels": ["a b"]}),
            ("add_private_note", {"content": " "}),
        ):
            self.refusal(name, self.writer, conversation_id=25, **arguments)
        self.assertFalse(self.outbox.search([]))

    def test_a_crew_reaches_no_other_customer(self):
        if "chatwootai.conversation" not in self.env:
            self.skipTest("chatwootai_agent is not installed")
        bound = self.env["chatwootai.conversation"].create({"connection_id": self.connection.id, "display_id": 25})
        crew = replace(self.writer, conversation_id=bound.id)
        self.chatwoot.conversation(26)
        self.chatwoot.add(25, "Oi")
        self.chatwoot.add(25, "Nota", 1, PERSON, private=True)
        [message] = self.call("list_messages", crew, conversation_id=25)["messages"]
        self.assertEqual(message["content"], "Oi", "a private note is not for a crew")
        for name, arguments in (
            ("get_conversation", {"conversation_id": 26}),
            ("list_messages", {"conversation_id": 26}),
            ("add_labels", {"conversation_id": 26, "labels": ["x"]}),
            ("find_contact", {"query": "Ana"}),
            ("update_contact", {"contact_id": 1, "name": "x"}),
        ):
            self.assertIn("only in the conversation", self.refusal(name, crew, **arguments))
