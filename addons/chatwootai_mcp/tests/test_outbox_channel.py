"""What the channel does to a message: takes files, refuses it later, is shut, or does not answer at all."""

import base64
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.queue_job.tests.common import trap_jobs

from ..chatwoot.errors import Unavailable
from ..chatwoot.state_machine import Standing
from ..models.outbox_rest import note_out_of_reach, seconds_of_rest
from .chatwoot_case import ChatwootCase

ERROR = "131047: Re-engagement message"


class AnswerCase(ChatwootCase):
    def parts(self, *words, floor=None):
        floor = floor or self.chatwoot.add(25, "Oi")
        with trap_jobs():
            return self.outbox.enqueue_all(
                self.connection,
                25,
                [("message", {"content": one}) for one in words],
                "turn:1",
                guarded=True,
                floor=floor,
            )

    def refuse(self, entry, error=ERROR):
        """The channel's refusal as the webhook tells it; how many jobs it made, run at once."""
        with self.own_transactions(), trap_jobs() as trap:
            self.outbox.refused_by_channel(self.connection, 25, entry.chatwoot_message_id or 1, error)
            made = len(trap.enqueued_jobs)
            trap.perform_enqueued_jobs()
        return made


@tagged("post_install", "-at_install")
class TestParts(AnswerCase):
    def test_parts_of_an_answer_arrive_in_order_each_as_an_entry(self):
        parts = self.parts("Um", "Dois", "Três")
        self.deliver()
        self.assertEqual(self.chatwoot.said(25), ["Um", "Dois", "Três"])
        self.assertEqual(parts.mapped("state"), ["sent"] * 3)

    def test_the_rest_is_withheld_when_a_person_takes_over_between_the_parts(self):
        parts = self.parts("Um", "Dois", "Três")

        def take_over(action, _body):
            self.chatwoot.before_write = None
            self.chatwoot.add(25, "Eu respondo", 1, {"id": 3, "type": "user"})

        self.chatwoot.before_write = take_over
        self.deliver()
        self.assertEqual(self.chatwoot.said(25), ["Eu respondo", "Um"])
        self.assertEqual(parts.mapped("state"), ["sent", "withheld", "withheld"])

    def test_a_rest_that_was_withheld_is_not_said_when_the_person_gives_it_back(self):
        self.parts("Um", "Dois")
        self.chatwoot.conversation(25, status="open")
        self.deliver()
        self.chatwoot.conversation(25, status="pending")
        self.deliver()
        self.assertEqual(self.chatwoot.said(25), [])

    def test_after_a_part_that_chatwoot_refuses_the_rest_is_peoples(self):
        parts = self.parts("Um", "Dois")
        self.chatwoot.faults = [(422, {"error": "no"})]
        self.deliver()
        self.assertEqual(parts.mapped("state"), ["failed", "withheld"])
        [note] = self.chatwoot.said(25, private=True)
        self.assertIn("Um\n\nDois", note)
        self.assertEqual(self.chatwoot.said(25), [])


@tagged("post_install", "-at_install")
class TestSentAgain(AnswerCase):
    def refused(self):
        [entry] = self.parts("Custa R$ 10")
        self.deliver()
        self.refuse(entry)
        self.deliver()
        self.chatwoot.conversation(25, status="pending")  # a person gives it back
        return entry

    def send_again(self, entry):
        with trap_jobs():
            entry.action_send_again()
        self.deliver()

    def test_what_the_channel_refused_is_sent_as_a_new_message_once(self):
        entry = self.refused()
        self.send_again(entry)
        self.assertEqual(self.chatwoot.said(25), ["Custa R$ 10"] * 2)
        again = entry.sent_again_id
        self.assertEqual((entry.state, again.state), ("refused", "sent"))
        self.assertNotEqual(entry.chatwoot_message_id, again.chatwoot_message_id)
        with self.assertRaises(UserError):
            entry.action_send_again()

    def test_refused_again_people_are_called_again(self):
        entry = self.refused()
        self.send_again(entry)
        self.refuse(entry.sent_again_id)
        self.deliver()
        self.assertEqual(len(self.chatwoot.said(25, private=True)), 2)
        self.assertEqual(self.chatwoot.conversation(25)["status"], "open")

    def test_what_people_said_meanwhile_does_not_hold_it_back(self):
        entry = self.refused()
        self.chatwoot.add(25, "Um momento", 1, {"id": 3, "type": "user"})
        with patch.object(type(self.outbox), "_newest_message", lambda *_: self.chatwoot.next_id):
            self.send_again(entry)
        self.assertEqual(entry.sent_again_id.state, "sent")

    def test_where_people_have_the_conversation_it_is_said_what_to_do(self):
        entry = self.refused()
        with (
            patch.object(type(self.outbox), "_standing_of", lambda *_: Standing(status="open")),
            self.assertRaisesRegex(UserError, "pending"),
        ):
            entry.action_send_again()
        self.assertFalse(entry.sent_again_id)


@tagged("post_install", "-at_install")
class TestRefusedByChannel(AnswerCase):
    def test_a_refusal_is_put_before_people_once(self):
        [entry] = self.parts("Custa R$ 10")
        self.deliver()
        self.assertEqual(self.refuse(entry), 1)
        self.assertEqual(entry.state, "refused")
        self.assertIn(ERROR, entry.last_error)
        self.refuse(entry)
        self.deliver()
        self.assertEqual(len(self.chatwoot.said(25, private=True)), 1)
        self.assertIn("Custa R$ 10", self.chatwoot.said(25, private=True)[0])
        self.assertEqual(self.chatwoot.conversation(25)["status"], "open")
        self.assertTrue(entry.activity_ids)

    def test_two_refused_parts_of_an_answer_call_people_once(self):
        parts = self.parts("Um", "Dois")
        self.deliver()
        for part in parts:
            self.refuse(part)
        self.deliver()
        self.assertEqual(parts.mapped("state"), ["refused", "refused"])
        self.assertEqual(len(self.chatwoot.said(25, private=True)), 1)

    def test_a_refusal_of_another_conversations_or_a_persons_message_is_nothing(self):
        [entry] = self.parts("Um")
        self.deliver()
        with trap_jobs() as trap:
            self.outbox.refused_by_channel(self.connection, 26, entry.chatwoot_message_id, ERROR)
            self.outbox.refused_by_channel(self.connection, 25, entry.chatwoot_message_id + 1, ERROR)
            trap.assert_jobs_count(0)

    def test_a_refusal_that_comes_before_the_sending_was_noted_waits_for_it(self):
        [entry] = self.parts("Um")
        self.chatwoot.faults = ["lost"]
        self.deliver()
        self.assertEqual(entry.state, "sending")
        with self.own_transactions(), trap_jobs() as trap:
            self.outbox.refused_by_channel(self.connection, 25, self.chatwoot.next_id, ERROR)
            trap.assert_jobs_count(1)
        self.let_time_pass()
        self.deliver()
        with self.own_transactions(), trap_jobs():
            self.outbox._job_refused_by_channel(self.connection.id, 25, self.chatwoot.next_id, ERROR)
        self.assertEqual(entry.state, "refused")


@tagged("post_install", "-at_install")
class TestWindow(AnswerCase):
    def test_outside_the_window_nothing_plain_is_sent_and_people_are_told(self):
        parts = self.parts("Um", "Dois")
        self.chatwoot.conversation(25, can_reply=False)
        self.deliver()
        self.assertEqual(self.chatwoot.said(25), [])
        self.assertEqual(parts.mapped("state"), ["failed", "failed"])
        self.assertIn("Um\n\nDois", self.chatwoot.said(25, private=True)[0])
        self.assertEqual(self.chatwoot.conversation(25)["status"], "open")

    def test_outside_the_window_the_inboxs_template_is_sent_instead(self):
        template = {"content": "Olá de novo", "template_params": {"name": "volta", "language": "pt_BR"}}
        self.patch(
            type(self.outbox), "reopening_template", lambda entry, inbox_id: template if inbox_id == 17 else None
        )
        self.parts("Um", "Dois")
        self.chatwoot.conversation(25, can_reply=False)
        self.deliver()
        self.assertEqual(self.chatwoot.said(25), ["Olá de novo"])
        [sent] = [one for one in self.chatwoot.conversation(25)["messages"] if one["content"] == "Olá de novo"]
        self.assertEqual(sent["template_params"]["name"], "volta")
        self.assertIn("Um\n\nDois", self.chatwoot.said(25, private=True)[0])
        self.assertEqual(self.chatwoot.conversation(25)["status"], "pending")


@tagged("post_install", "-at_install")
class TestWordsAndFiles(AnswerCase):
    def test_liquid_is_never_sent_and_what_was_sent_is_recognised(self):
        entry = self.enqueue(payload={"content": "Olá {{contact.email}} {% if x %}"})
        self.chatwoot.faults = ["lost"]
        self.deliver()
        self.let_time_pass()
        self.assertIsNone(self.deliver())
        self.assertEqual(self.chatwoot.said(25), ["Olá { {contact.email}} { % if x %}"])
        self.assertEqual(entry.state, "sent")

    def file(self, name="manual.pdf"):
        return self.env["ir.attachment"].create({"name": name, "datas": base64.b64encode(b"12345")})

    def test_a_file_goes_along_once(self):
        entry = self.enqueue(
            payload={"content": "Segue", "attachment_ids": self.file("file").ids, "file_names": ["manual.pdf"]}
        )
        self.chatwoot.faults = ["lost"]
        self.deliver()
        self.let_time_pass()
        self.deliver()
        [message] = self.chatwoot.conversation(25)["messages"]
        [sent] = message["attachments"]
        self.assertEqual((message["content"], sent["name"], sent["size"]), ("Segue", "manual.pdf", 5))
        self.assertEqual((entry.state, entry.attempts), ("sent", 1))
        self.assertIn("manual.pdf", entry.content)

    def test_the_same_words_without_the_file_are_another_message(self):
        self.enqueue(payload={"content": "Segue", "attachment_ids": self.file().ids})
        self.chatwoot.faults = [(500, {"error": "no"})]
        self.deliver()
        self.chatwoot.add(25, "Segue", 1, {"id": 5, "type": "agent_bot"})
        self.let_time_pass()
        self.deliver()
        self.assertEqual(self.chatwoot.said(25), ["Segue", "Segue"])

    def test_a_file_that_is_gone_stays_behind(self):
        file = self.file()
        self.enqueue(payload={"content": "Segue", "attachment_ids": file.ids})
        file.unlink()
        self.deliver()
        self.assertEqual(self.chatwoot.said(25), ["Segue"])

    def test_what_is_done_reads_as_words(self):
        for kind, payload, words in (
            ("status", {"status": "open", "when": "pending"}, "Status: Open (only if still Pending)"),
            ("status", {"status": "resolved"}, "Status: Resolved"),
            ("labels", {"labels": ["vip", "novo"]}, "Labels: vip, novo"),
            ("priority", {"priority": None}, "Priority: none"),
            ("assignment", {"team_id": 4, "assignee_id": None}, "Assigned to team number 4"),
        ):
            with self.subTest(kind=kind):
                self.assertEqual(self.enqueue(kind, payload).summary, words)


@tagged("post_install", "-at_install")
class TestRest(AnswerCase):
    def other_conversation(self):
        self.chatwoot.conversation(26)
        with trap_jobs():
            self.outbox.enqueue(self.connection, 26, "message", {"content": "Outra"})

    def fail_twice_beside_another_conversation(self):
        self.other_conversation()
        entry = self.enqueue()
        self.chatwoot.down = True
        for _try in range(2):
            self.deliver()
            entry.next_attempt_at = False

    def test_a_connection_that_just_failed_is_not_tried_for_other_conversations(self):
        self.fail_twice_beside_another_conversation()
        calls = len(self.chatwoot.calls)
        self.CONVERSATION = 26
        self.assertGreater(self.deliver(), 0)
        self.assertEqual(len(self.chatwoot.calls), calls)

    def test_when_it_answers_again_all_that_waits_is_delivered_at_once(self):
        self.fail_twice_beside_another_conversation()
        self.chatwoot.down = False
        self.age_rest()
        with self.own_transactions(), trap_jobs() as trap:
            self.outbox._job_deliver(self.connection.id, 25)
            self.assertEqual({job.args for job in trap.enqueued_jobs}, {(self.connection.id, 26)})
        self.assertFalse(self.connection.resting_until)
        self.CONVERSATION = 26
        self.assertIsNone(self.deliver())
        self.assertEqual(self.chatwoot.said(26), ["Outra"])

    def test_after_a_rest_one_tries_for_all(self):
        for _failure in range(2):
            note_out_of_reach(self.env, self.connection.id, Unavailable("down", out_of_reach=True))
        self.assertGreater(seconds_of_rest(self.env, self.connection.id), 0)
        self.age_rest()
        self.assertEqual(seconds_of_rest(self.env, self.connection.id), 0)
        self.assertGreater(seconds_of_rest(self.env, self.connection.id), 10)

    def test_one_connection_that_broke_gives_no_rest_and_is_forgotten_when_the_next_is_answered(self):
        self.other_conversation()
        self.enqueue()
        self.chatwoot.faults = ["lost"]
        self.deliver()
        self.assertEqual(self.connection.failed_in_a_row, 1)
        self.assertFalse(self.connection.resting_until)
        self.CONVERSATION = 26
        self.assertIsNone(self.deliver())
        self.assertEqual(self.connection.failed_in_a_row, 0)

    def test_an_answer_that_is_a_failure_ends_the_rest_too(self):
        self.enqueue()
        for _failure in range(2):
            note_out_of_reach(self.env, self.connection.id, Unavailable("down", out_of_reach=True))
        self.age_rest()
        self.chatwoot.faults = [(500, {"error": "Internal Server Error"})]
        self.assertEqual(self.deliver(), 5)
        self.assertFalse(self.connection.resting_until)

    def test_what_concerns_one_conversation_alone_gives_no_rest(self):
        self.enqueue()
        self.chatwoot.faults = [(422, {"error": "Too many messages"})]
        self.deliver()
        self.assertFalse(self.connection.resting_until)

    def age_rest(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE chatwootai_chatwoot_connection SET resting_until = resting_until - interval '1 hour' WHERE id = %s",
            [self.connection.id],
        )
        self.env.invalidate_all()
