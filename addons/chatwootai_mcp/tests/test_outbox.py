"""What the agents say arrives once, in order, and not at all where a person has taken over."""

from contextlib import suppress  # Odoo's assertRaises rolls back what the killed process had committed
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.queue_job.tests.common import trap_jobs

from ..chatwoot.client import ChatwootClient
from .chatwoot_case import ChatwootCase
from .fake_chatwoot import BOT_TOKEN


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


@tagged("post_install", "-at_install")
class TestOutbox(ChatwootCase):
    def test_a_message_is_sent_once_with_the_bots_token(self):
        entry = self.enqueue()
        self.assertIsNone(self.deliver())
        self.assertIsNone(self.deliver())
        self.assertEqual(self.chatwoot.said(25), ["Olá"])
        self.assertEqual((entry.state, entry.attempts), ("sent", 1))
        self.assertEqual(entry.chatwoot_message_id, self.chatwoot.next_id)
        self.assertEqual({token for verb, *_rest, token, _body in self.chatwoot.calls if verb == "POST"}, {BOT_TOKEN})

    def test_each_thing_stored_gets_a_job(self):
        with trap_jobs() as trap:
            self.outbox.enqueue(self.connection, 25, "message", {"content": "Um"})
            self.outbox.enqueue(self.connection, 25, "message", {"content": "Dois"})
            trap.assert_jobs_count(2)
            self.assertEqual({job.channel for job in trap.enqueued_jobs}, {"root.chatwootai_outbox"})

    def test_entries_of_a_conversation_arrive_in_order(self):
        for words in ("Um", "Dois", "Três"):
            self.enqueue(payload={"content": words})
        self.deliver()
        self.assertEqual(self.chatwoot.said(25), ["Um", "Dois", "Três"])

    def test_a_crash_between_posting_and_noting_does_not_send_twice(self):
        entry = self.enqueue()
        post = ChatwootClient.send_message

        def post_and_die(client, *arguments, **options):
            post(client, *arguments, **options)
            raise Killed

        with patch.object(ChatwootClient, "send_message", post_and_die), suppress(Killed):
            self.deliver()
        self.assertEqual(entry.state, "sending")
        self.assertIsNone(self.deliver())
        self.assertEqual(self.chatwoot.said(25), ["Olá"])
        self.assertEqual((entry.state, entry.chatwoot_message_id), ("sent", self.chatwoot.next_id))

    def test_a_crash_before_posting_still_sends(self):
        entry = self.enqueue()

        def die(*_arguments, **_options):
            raise Killed

        with patch.object(ChatwootClient, "send_message", die), suppress(Killed):
            self.deliver()
        self.assertEqual(entry.state, "sending")
        self.assertIsNone(self.deliver())
        self.assertEqual(self.chatwoot.said(25), ["Olá"])

    def test_an_answer_that_was_lost_is_looked_for_before_sending_again(self):
        entry = self.enqueue()
        self.chatwoot.faults = ["lost"]
        self.assertEqual(self.deliver(), 5)
        self.assertEqual(entry.state, "sending")
        self.let_time_pass()
        self.assertIsNone(self.deliver())
        self.assertEqual(self.chatwoot.said(25), ["Olá"])
        self.assertEqual(entry.state, "sent")

    def test_nothing_is_read_back_before_the_last_try_has_surely_ended(self):
        self.env["ir.config_parameter"].set_param("chatwootai_mcp.outbox_settle_seconds", "60")
        self.enqueue()
        self.chatwoot.faults = ["lost"]
        self.assertGreater(self.deliver(), 50)
        self.let_time_pass()
        self.assertGreater(self.deliver(), 50)

    def test_the_same_words_said_before_are_not_taken_for_it(self):
        self.enqueue()
        self.deliver()
        self.enqueue()
        self.chatwoot.faults = [(500, {"error": "no"})]
        self.deliver()
        self.let_time_pass()
        self.deliver()
        self.assertEqual(self.chatwoot.said(25), ["Olá", "Olá"])

    def test_while_chatwoot_is_down_entries_wait_in_order_with_growing_pauses(self):
        self.chatwoot.down = True
        first, second = self.enqueue(payload={"content": "Um"}), self.enqueue(payload={"content": "Dois"})
        pauses = []
        for _try in range(4):
            pauses.append(self.deliver())
            self.let_time_pass()
        self.assertEqual(pauses, [5, 10, 20, 40])
        self.assertEqual((first.failures, second.attempts), (4, 0))
        self.assertTrue(first.last_error)
        self.chatwoot.down = False
        self.assertIsNone(self.deliver())
        self.assertEqual(self.chatwoot.said(25), ["Um", "Dois"])

    def test_what_has_waited_for_an_hour_is_said_once(self):
        self.chatwoot.down = True
        self.enqueue()
        for hours, counts in ((0, []), (2, [1]), (3, [2])):
            self.env.flush_all()
            self.env.cr.execute("UPDATE chatwootai_outbox SET create_date = create_date - interval '%s hours'", [hours])
            self.env.invalidate_all()
            self.let_time_pass()
            self.deliver()
            self.assertEqual(self.env["chatwootai.alert"].search([]).mapped("count"), counts)

    def test_whom_it_cannot_be_assigned_to_keeps_no_conversation_from_being_opened(self):
        refused = {"/assignments": [(500, {"error": "no"})]}
        self.chatwoot.before_write = lambda action, _body: self.chatwoot.faults.extend(refused.get(action, ()))
        assignment = self.enqueue("assignment", {"team_id": 4})
        self.enqueue("status", {"status": "open"})
        for _try in range(5):
            self.assertEqual(self.chatwoot.conversation(25)["status"], "pending")
            self.deliver()
            self.let_time_pass()
        self.assertGreater(self.deliver(), 0)
        self.assertEqual((self.chatwoot.conversation(25)["status"], assignment.state), ("open", "sending"))
        refused.clear()
        self.let_time_pass()
        self.deliver()
        self.assertEqual((self.chatwoot.conversation(25)["team"], assignment.state), (4, "sent"))

    def test_before_its_time_an_entry_is_not_tried(self):
        self.chatwoot.down = True
        self.enqueue()
        self.deliver()
        calls = len(self.chatwoot.calls)
        self.assertGreater(self.deliver(), 0)
        self.assertEqual(len(self.chatwoot.calls), calls)

    def test_what_chatwoot_refuses_fails_alerts_and_is_put_before_people(self):
        entry = self.enqueue(guarded=True)
        self.chatwoot.faults = [(422, {"error": "Content is wrong"})]
        self.assertIsNone(self.deliver())
        self.assertEqual(entry.state, "failed")
        self.assertIn("Content is wrong", entry.last_error)
        self.assertTrue(entry.activity_ids)
        self.assertEqual(self.chatwoot.conversation(25)["status"], "open")
        self.assertIn("Olá", self.chatwoot.said(25, private=True)[0])

    def test_what_failed_can_be_sent_again(self):
        entry = self.enqueue()
        self.chatwoot.faults = [(422, {"error": "no"})]
        self.deliver()
        with trap_jobs():
            entry.action_send_again()
        self.deliver()
        self.assertEqual(self.chatwoot.said(25), ["Olá"])
        self.assertFalse(entry.activity_ids)

    def test_what_waits_was_sent_or_withheld_is_not_sent_again(self):
        entry = self.enqueue()
        with self.assertRaises(UserError):
            entry.action_send_again()
        self.deliver()
        with self.assertRaises(UserError):
            entry.action_send_again()

    def test_only_administrators_send_again(self):
        entry = self.enqueue()
        user = new_test_user(self.env, "plain")
        with self.assertRaises(AccessError):
            entry.with_user(user).action_send_again()

    def test_a_refused_token_waits_for_another_and_alerts_once(self):
        self.connection.bot_token = "wrong"
        entry = self.enqueue()
        self.deliver()
        self.let_time_pass()
        self.deliver()
        self.assertEqual(entry.state, "queued")
        members = self.env.ref("chatwootai_mcp.group_mcp_manager").all_user_ids.filtered("active")
        self.assertEqual(len(self.connection.activity_ids), len(members))
        with trap_jobs() as trap:
            self.connection.bot_token = BOT_TOKEN
            trap.assert_jobs_count(1)
        self.assertIsNone(self.deliver())
        self.assertEqual(self.chatwoot.said(25), ["Olá"])

    def test_a_guarded_message_is_withheld_where_people_answer(self):
        takeovers = {
            "open": lambda: self.chatwoot.conversation(25, status="open"),
            "assigned": lambda: self.chatwoot.conversation(25, assignee={"id": 3, "type": "user", "name": "Luis"}),
            "spoke": lambda: self.chatwoot.add(25, "Eu respondo", 1, {"id": 3, "type": "user"}),
            "echo": lambda: self.chatwoot.add(25, "Do celular", 1, {}, content_attributes={"external_echo": True}),
        }
        for how, take_over in takeovers.items():
            with self.subTest(how):
                self.chatwoot.conversations.clear()
                floor = self.chatwoot.add(25, "Oi")
                entry = self.enqueue(payload={"content": f"Resposta {how}"}, guarded=True, floor=floor)
                take_over()
                self.assertIsNone(self.deliver())
                self.assertEqual(entry.state, "withheld")
                self.assertNotIn(f"Resposta {how}", self.chatwoot.said(25))

    def test_the_agents_own_words_do_not_silence_them(self):
        floor = self.chatwoot.add(25, "Oi")
        for words in ("Um", "Dois"):
            self.enqueue(payload={"content": words}, guarded=True, floor=floor)
        self.connection.bot_token = False  # Chatwoot then shows them as the user's
        self.deliver()
        self.assertEqual(self.chatwoot.said(25), ["Um", "Dois"])

    def test_a_guarded_message_waits_while_it_cannot_be_known_who_answers(self):
        entry = self.enqueue(guarded=True)
        self.chatwoot.down = True
        self.assertTrue(self.deliver())
        self.assertEqual(entry.state, "queued")

    def test_a_person_who_speaks_between_the_two_looks_is_not_missed(self):
        """Messages are read first, and how the conversation stands last: it tells that something was said meanwhile."""
        floor = self.chatwoot.add(25, "Oi")
        entry = self.enqueue(guarded=True, floor=floor)
        look = ChatwootClient.conversation

        def late(client, number):
            if self.chatwoot.next_id == floor:
                self.chatwoot.add(25, "Oi, é a Paula.", 1, {"id": 4, "type": "user", "name": "Paula"})
            return replace(look(client, number), newest_message_id=self.chatwoot.next_id)

        with patch.object(ChatwootClient, "conversation", late):
            self.deliver()
        self.assertEqual(entry.state, "withheld")
        self.assertEqual(self.chatwoot.said(25), ["Oi, é a Paula."])

    def test_a_hand_off_tells_the_customer_and_the_people_and_opens(self):
        with trap_jobs() as trap:
            self.outbox.hand_off(
                self.connection, 25, note="Pede reembolso", message="Um momento", team_id=4, labels=["ia"]
            )
            trap.assert_jobs_count(1)
        self.deliver()
        conversation = self.chatwoot.conversation(25)
        self.assertEqual(self.chatwoot.said(25), ["Um momento"])
        self.assertEqual(self.chatwoot.said(25, private=True), ["Pede reembolso"])
        self.assertEqual((conversation["status"], conversation["team"], conversation["labels"]), ("open", 4, ["ia"]))

    def test_a_conversation_that_was_resolved_meanwhile_is_not_opened_again(self):
        with trap_jobs():
            self.outbox.hand_off(self.connection, 25, note="Pede reembolso", message="Um momento")
        self.chatwoot.conversation(25, status="resolved")
        self.deliver()
        self.assertEqual(self.chatwoot.conversation(25)["status"], "resolved")
        self.assertEqual(self.chatwoot.said(25), [])
        self.assertEqual(self.chatwoot.said(25, private=True), ["Pede reembolso"])

    def test_empty_and_endless_messages_are_refused(self):
        for content in ("", "  ", None, "x" * 20_001):
            with self.assertRaises(UserError):
                self.enqueue(payload={"content": content, "other": 1})

    def test_an_entry_whose_job_is_gone_gets_another(self):
        entry = self.enqueue()
        for minutes, jobs in ((0, 0), (5, 1)):
            self.env.flush_all()  # its own date is when the transaction began: with the class's first test
            self.env.cr.execute(
                "UPDATE chatwootai_outbox SET write_date = %s WHERE id = %s",
                [fields.Datetime.now() - timedelta(minutes=minutes), entry.id],
            )
            self.env.invalidate_all()
            with trap_jobs() as trap:
                self.outbox._cron_resume()
                trap.assert_jobs_count(jobs)
