"""Who gives a conversation back has its unanswered messages answered: no customer waits for having to write again."""

import time
from dataclasses import replace
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.chatwootai_mcp.models import outbox_delivery

from ..crews.part import Part
from ..crews.reply import HandOff, Reply
from ..turns.run import TurnRun
from .test_handing_over import CLOSED, OPENING, HandOffCase
from .test_sweep import SweepCase

LUIS = {"id": 3, "type": "user", "name": "Luis"}


class GivingBackCase(SweepCase):
    def setUp(self):
        super().setUp()
        self.customer_says("Oi")
        self.answer()
        self.receive(self.chatwoot.webhook(25, self.chatwoot.next_id))

    def assigned(self, person):
        self.chatwoot.conversation(25, assignee=person)
        self.receive({"event": "conversation_updated", **self.chatwoot.shown(25)})

    def assert_answered(self, words):
        self.assertEqual(self.answer()[-1], f"Resposta a: {words}")
        self.assertEqual(self.states()[-1], "answered")

    def assert_left(self, state="with_people"):
        asked = len(self.crew.asked)
        self.answer()
        self.assertEqual((len(self.crew.asked), self.states()[-1]), (asked, state))


@tagged("post_install", "-at_install")
class TestGivingBack(GivingBackCase):
    def test_what_nobody_answered_is_answered_when_it_is_set_to_pending(self):
        self.status_becomes("open")
        self.customer_says("Tem sérum?")
        self.customer_says("E creme?")
        self.status_becomes("pending")
        self.assert_answered("Tem sérum?\nE creme?")

    def test_and_when_whoever_was_assigned_lets_go_of_it(self):
        self.assigned(LUIS)
        self.customer_says("Tem sérum?")
        self.assigned(None)
        self.assert_answered("Tem sérum?")

    def test_the_job_is_there_at_once(self):
        self.status_becomes("open")
        self.customer_says("Tem sérum?")
        self.chatwoot.conversation(25, status="pending")
        jobs = self.receive({"event": "conversation_status_changed", **self.chatwoot.shown(25)})
        self.assertEqual(jobs, 1)

    def test_what_a_person_answered_is_not_answered_again(self):
        self.status_becomes("open")
        self.customer_says("Tem sérum?")
        self.person_says("Temos")
        self.status_becomes("pending")
        self.assert_left()

    def test_what_came_after_a_persons_last_word_is_answered_alone(self):
        self.status_becomes("open")
        self.customer_says("Tem sérum?")
        self.person_says("Temos")
        self.customer_says("Quanto custa?")
        self.status_becomes("pending")
        self.assert_answered("Quanto custa?")

    def test_what_the_agents_handed_over_stays_so_and_what_followed_it_is_answered(self):
        self.customer_says("Quero uma pessoa")
        self.crew.answers = [HandOff("person", "pede uma pessoa", "Vou chamar alguém")]
        self.turn()
        self.customer_says("E tem sérum?")
        self.turn()
        self.deliver()
        self.status_becomes("open")
        self.status_becomes("pending")
        self.assert_answered("E tem sérum?")
        self.assertEqual(self.states(), ["answered", "handed_over", "answered"])

    def test_a_goodbye_needs_no_answer(self):
        self.status_becomes("open")
        self.customer_says("Obrigada, tchau!")
        self.status_becomes("pending")
        self.assert_left()

    def test_what_was_said_before_it_was_resolved_is_over(self):
        self.status_becomes("open")
        self.customer_says("Tem sérum?")
        self.status_becomes("resolved")
        self.status_becomes("open")
        self.status_becomes("pending")
        self.assert_left()

    def test_neither_chatwoots_own_lines_nor_notes_are_an_answer(self):
        self.status_becomes("open")
        self.customer_says("Tem sérum?")
        for values in ({"message_type": 3, "sender": None}, {"message_type": 1, "sender": LUIS, "private": True}):
            message_id = self.chatwoot.add(25, "Olá", **values)
            self.receive(self.chatwoot.webhook(25, message_id))
        self.status_becomes("pending")
        self.assert_answered("Tem sérum?")

    def test_a_message_of_which_word_comes_after_the_giving_back_is_answered_once(self):
        self.status_becomes("open")
        message_id = self.chatwoot.add(25, "Tem sérum?")
        self.status_becomes("pending")
        self.receive(self.chatwoot.webhook(25, message_id))
        self.assert_answered("Tem sérum?")
        self.assertEqual(len(self.crew.asked), 2)

    def test_a_person_who_answers_it_after_all_is_not_talked_over(self):
        self.status_becomes("open")
        self.customer_says("Tem sérum?")
        self.status_becomes("pending")
        self.crew.while_thinking = lambda: self.person_says("Temos")
        self.answer()
        self.assertEqual((self.chatwoot.said(25)[-1], self.states()[-1]), ("Temos", "with_people"))

    def test_a_persons_answer_no_webhook_told_of_is_seen(self):
        self.status_becomes("open")
        self.customer_says("Tem sérum?")
        self.chatwoot.add(25, "Temos", 1, LUIS)
        self.status_becomes("pending")
        self.answer()
        self.assertEqual((self.chatwoot.said(25)[-1], self.states()[-1]), ("Temos", "with_people"))

    def test_given_back_again_and_again_it_is_answered_once(self):
        self.status_becomes("open")
        self.customer_says("Tem sérum?")
        for _time in range(2):
            self.status_becomes("pending")
            self.crew.while_thinking = lambda: self.status_becomes("open")
            self.answer()
            self.assertEqual(self.states()[-1], "with_people")
        self.crew.while_thinking = None
        self.status_becomes("pending")
        self.assert_answered("Tem sérum?")
        self.status_becomes("open")
        self.status_becomes("pending")
        self.assert_left("answered")

    def test_what_was_said_in_part_is_not_said_again(self):
        self.customer_says("Tem sérum?")
        self.crew.replies = lambda: Reply("Um\n\nDois", "sales", parts=(Part("Um"), Part("Dois")))
        self.turn()
        self.chatwoot.before_write = lambda *_: self.chatwoot.conversation(25, status="open")
        self.deliver()
        self.assertEqual((self.chatwoot.said(25)[-1], self.states()[-1]), ("Um", "with_people"))
        self.status_becomes("pending")
        self.assert_left()

    def test_that_it_waited_for_people_counts_for_nothing(self):
        self.inbox.pause_seconds = 10
        self.status_becomes("open")
        self.customer_says("Tem sérum?", created_at=int(time.time()) - 8 * 3600)
        self.age(self.conversation.chat_ids[-1], 8 * 3600, "received_at")
        self.env.flush_all()
        with self.at(fields.Datetime.now()):
            self.status_becomes("pending")
            self.assertEqual(self.turn(), 10)
        self.inbox.pause_seconds = 0
        self.assert_answered("Tem sérum?")

    def test_its_files_are_heard_and_seen_then(self):
        with patch.object(type(self.env["chatwootai.message"]), "_kinds_read", lambda _message: {"image"}):
            self.status_becomes("open")
            self.customer_says("Tem este?", attachments=[{"id": 1, "file_type": "image"}])
            self.assertFalse(self.conversation.chat_ids[-1].readings)
            self.status_becomes("pending")
        self.assertTrue(self.conversation.chat_ids[-1].readings)


@tagged("post_install", "-at_install")
class TestWordOfItLost(GivingBackCase):
    def test_the_sweep_sees_it_though_nobody_wrote_since(self):
        self.status_becomes("open")
        self.customer_says("Tem sérum?")
        self.conversation.read_through = self.chatwoot.next_id
        self.sweep()
        self.assertEqual(self.states()[-1], "with_people")
        self.chatwoot.conversation(25, status="pending")
        self.sweep()
        self.assert_answered("Tem sérum?")

    def test_the_sweep_reads_before_the_agents_speak_what_people_said(self):
        self.status_becomes("open")
        self.customer_says("Tem sérum?")
        self.chatwoot.add(25, "Temos", 1, LUIS)
        self.chatwoot.conversation(25, status="pending")
        self.sweep()
        self.assert_left()

    def test_where_it_may_have_been_hours_ago_people_are_asked(self):
        self.status_becomes("open")
        self.customer_says("Tem sérum?", created_at=int(time.time()) - 7 * 3600)
        self.chatwoot.conversation(25, status="pending")
        self.sweep()
        self.assert_left("handed_over")
        self.assertEqual(self.chatwoot.conversation(25)["status"], "open")

    def test_a_take_over_that_only_the_outbox_saw_is_given_back_too(self):
        self.customer_says("Tem sérum?")
        with patch.object(TurnRun, "_read_again", lambda *_: (None, ())):
            self.turn()
        self.chatwoot.conversation(25, status="open")
        self.deliver()
        self.assertEqual((self.states()[-1], self.conversation.answered_by), ("with_people", "people"))
        self.status_becomes("pending")
        self.assert_answered("Tem sérum?")

    def test_so_is_one_that_was_given_back_before_the_outbox_noted_it(self):
        self.customer_says("Tem sérum?")
        self.turn()
        self.status_becomes("open")
        note = outbox_delivery._note_withheld

        def given_back_first(env, entry_id, said, seen):
            self.conversation.chatwoot_updated_at = 1.0
            self.status_becomes("pending")
            note(env, entry_id, said, replace(seen, updated_at=0.5))

        with patch.object(outbox_delivery, "_note_withheld", given_back_first):
            self.deliver()
        self.assert_answered("Tem sérum?")

    def test_what_only_the_outbox_saw_a_person_say_silences_and_answers(self):
        self.customer_says("Tem sérum?")
        with patch.object(TurnRun, "_read_again", lambda *_: (None, ())):
            self.turn()
        self.chatwoot.add(25, "Temos", 1, LUIS)
        self.deliver()
        self.assertEqual(self.conversation.silence, "person_spoke")
        self.status_becomes("open")
        self.status_becomes("pending")
        self.assert_left()


@tagged("post_install", "-at_install")
class TestGivenBackWhileClosed(HandOffCase, SweepCase):
    def setUp(self):
        super().setUp()
        self.keep_hours(away_message="Estamos fechados.", when_closed="people")
        with self.at(CLOSED):
            self.customer_says("Oi")
            self.answer()
            self.status_becomes("open")

    def test_the_agents_do_not_open_it_again_and_again(self):
        with self.at(CLOSED):
            self.status_becomes("pending")
            self.answer()
        self.assertEqual((self.states(), self.chatwoot.conversation(25)["status"]), (["with_people"], "pending"))
        self.assertEqual(len(self.chatwoot.said(25, private=True)), 1)

    def test_once_it_opens_they_find_it(self):
        with self.at(CLOSED):
            self.status_becomes("pending")
            self.sweep()
        with self.at(OPENING):
            self.sweep()
            self.assertEqual(self.answer(), ["Estamos fechados.", "Resposta a: Oi"])

    def test_given_back_once_it_is_open_they_answer(self):
        with self.at(OPENING):
            self.status_becomes("pending")
            self.assertEqual(self.answer(), ["Estamos fechados.", "Resposta a: Oi"])
