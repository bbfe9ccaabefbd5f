"""Each customer message is answered once or handed to a person, and the agents are silent beside people."""

import time
from contextlib import suppress
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.chatwootai_mcp.chatwoot.state_machine import IllegalMove
from odoo.addons.chatwootai_mcp.control import Control
from odoo.addons.chatwootai_mcp.tenancy.quota import Limits
from odoo.addons.queue_job.tests.common import trap_jobs

from ..crews.errors import ConfigurationMissing, TurnFailed
from ..crews.received import unread_kind
from ..crews.reply import HandOff, Step
from ..turns import end, run
from .conversation_case import ConversationCase


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


@tagged("post_install", "-at_install")
class TestAnswering(ConversationCase):
    def test_a_message_is_answered_once(self):
        self.customer_says("Quanto custa o sérum?")
        self.assertEqual(self.answer(), ["Resposta a: Quanto custa o sérum?"])
        self.assertEqual(self.answer(), ["Resposta a: Quanto custa o sérum?"])
        self.assertEqual(self.states(), ["answered"])

    def test_a_repeated_webhook_changes_nothing(self):
        message_id = self.customer_says("Oi")
        jobs = self.receive(self.chatwoot.webhook(25, message_id))
        self.receive(self.chatwoot.webhook(25, message_id, event="message_updated"))
        self.assertEqual(jobs, 0)
        self.answer()
        self.receive(self.chatwoot.webhook(25, message_id))
        self.assertEqual(self.answer(), ["Resposta a: Oi"])
        self.assertEqual(len(self.conversation.chat_ids), 1)

    def test_the_turn_keeps_how_the_answer_came_about(self):
        self.customer_says("Oi")
        self.answer()
        turn = self.turns
        self.assertEqual((turn.state, turn.intent, turn.reply), ("done", "sales", "Resposta a: Oi"))
        self.assertEqual((turn.tokens_in, turn.tokens_out, turn.llm_calls), (100, 20, 2))
        self.assertEqual(turn.step_ids.mapped("name"), ["find_products"])
        self.assertNotIn("sk-1", turn.step_ids.arguments_text)
        self.assertEqual(turn.outbox_ids.mapped("state"), ["sent"])
        self.assertTrue(turn.ended_at)

    def test_typing_is_shown_while_the_crew_thinks(self):
        self.customer_says("Oi")
        self.answer()
        self.assertEqual(self.chatwoot.conversation(25)["typing"], ["on", "off"])

    def test_the_crew_knows_what_was_said_before_and_to_whom(self):
        partner = self.env["res.partner"].create({"name": "Ana Ruiz", "phone": "+55 (11) 98765-4321"})
        self.customer_says("Oi")
        self.answer()
        self.receive(self.chatwoot.webhook(25, self.chatwoot.next_id))
        self.customer_says("E a entrega?")
        self.answer()
        asked = self.crew.asked[-1]
        self.assertEqual(
            asked["history"],
            [{"role": "user", "content": "Oi"}, {"role": "assistant", "content": "Resposta a: Oi"}],
        )
        self.assertEqual((asked["customer"].name, asked["customer"].partner_id), ("Ana Ruiz", partner.id))

    def test_a_number_of_two_partners_is_nobodys(self):
        for name in ("Ana", "Outra"):
            self.env["res.partner"].create({"name": name, "phone": "011 98765-4321"})
        self.env.company.country_id = self.env.ref("base.br")
        self.customer_says("Oi")
        self.assertFalse(self.conversation.partner_id)
        self.env["res.partner"].search([("name", "=", "Outra")]).active = False
        self.env.invalidate_all()
        self.assertEqual(self.conversation.partner_id.name, "Ana")

    def test_what_is_not_a_customers_public_message_starts_no_turn(self):
        self.customer_says("Oi")
        self.answer()
        others = [
            {"private": True},
            {"message_type": 3, "sender": None},
            {"message_type": 1, "sender": {"id": 9, "type": "agent_bot"}},
            {"message_type": 1, "sender": {"id": 5, "type": "captain_assistant"}},
        ]
        for values in others:
            with self.subTest(values):
                message_id = self.chatwoot.add(25, "Outra coisa", **values)
                self.assertEqual(self.receive(self.chatwoot.webhook(25, message_id)), 0)
        self.assertEqual(self.answer(), ["Resposta a: Oi", "Outra coisa", "Outra coisa"])
        self.assertFalse(self.conversation.silence)

    def test_the_agents_own_reply_comes_back_and_silences_nobody(self):
        for bot_token in ("bot-token", False):
            with self.subTest(bot_token=bot_token):
                self.connection.bot_token = bot_token
                self.customer_says("Oi")
                self.answer()
                self.assertEqual(self.receive(self.chatwoot.webhook(25, self.chatwoot.next_id)), 0)
                self.assertFalse(self.conversation.silence)
                self.assertEqual(self.conversation.chat_ids[-1:].author, "agents")

    def test_a_message_of_only_a_file_is_the_crews_to_hand_over(self):
        self.customer_says(None, attachments=[{"id": 1, "file_type": "image"}])
        self.turn()
        self.assertEqual(unread_kind(self.crew.asked[0]["message"]), "image")
        self.assertEqual(unread_kind(self.conversation.chat_ids.text), "image")

    def test_a_transcribed_audio_is_read(self):
        self.customer_says(None, attachments=[{"id": 1, "file_type": "audio", "transcribed_text": "Tem sérum?"}])
        self.turn()
        self.assertEqual(self.crew.asked[0]["message"], "Tem sérum?")


@tagged("post_install", "-at_install")
class TestBundling(ConversationCase):
    def test_a_burst_is_answered_together(self):
        for words in ("Oi", "tudo bem?", "quanto custa o sérum?"):
            self.customer_says(words)
        self.assertEqual(self.answer(), ["Resposta a: Oi\ntudo bem?\nquanto custa o sérum?"])
        self.assertEqual(set(self.states()), {"answered"})
        self.assertEqual(len(self.turns), 1)

    def test_the_newest_message_decides_the_pause(self):
        self.inbox.pause_seconds = 10
        with self.at(fields.Datetime.now()):
            self.customer_says("Oi")
            self.age(self.conversation.chat_ids, 5, "received_at")
            self.assertEqual(self.turn(), 5)
            self.customer_says("tudo bem?")
            self.assertEqual(self.turn(), 10)
        self.assertFalse(self.crew.asked)
        for message in self.conversation.chat_ids:
            self.age(message, 11, "received_at")
        self.assertIsNone(self.turn())
        self.assertEqual(self.crew.asked[0]["message"], "Oi\ntudo bem?")

    def test_who_writes_on_and_on_is_answered_after_twenty_seconds(self):
        self.inbox.pause_seconds = 4
        self.customer_says("Oi")
        self.age(self.conversation.chat_ids, 21, "received_at")
        self.customer_says("e…")
        self.assertIsNone(self.turn())
        self.assertEqual(self.crew.asked[0]["message"], "Oi\ne…")

    def test_a_job_looks_at_once_and_shows_typing_while_the_customer_may_write_on(self):
        self.inbox.pause_seconds = 10
        with self.at(fields.Datetime.now()):
            self.customer_says("Oi")
            self.assertEqual(self.turn(), 10)
        self.assertFalse(self.crew.asked)
        self.assertEqual(self.chatwoot.conversation(25)["typing"], ["on"])

    def test_a_message_that_arrives_while_the_crew_thinks_is_answered_with_the_others(self):
        self.customer_says("Quanto custa o sérum?")
        self.crew.while_thinking = lambda: self._once(lambda: self.customer_says("e o creme?"))
        self.assertEqual(self.answer(), [])
        self.assertEqual(self.turns.mapped("state"), ["superseded"])
        self.assertEqual(self.answer(), ["Resposta a: Quanto custa o sérum?\ne o creme?"])
        self.assertEqual(set(self.states()), {"answered"})

    def _once(self, act):
        self.crew.while_thinking = None
        act()

    def test_one_whose_webhook_never_came_is_found_and_answered_too(self):
        self.customer_says("Quanto custa o sérum?")
        self.crew.while_thinking = lambda: self._once(lambda: self.chatwoot.add(25, "e o creme?"))
        self.answer()
        self.assertEqual(self.answer(), ["Resposta a: Quanto custa o sérum?\ne o creme?"])

    def test_a_customer_who_never_stops_is_answered_all_the_same(self):
        self.customer_says("Um")
        self.crew.while_thinking = lambda: self.customer_says("mais")
        said = [self.answer() for _turn in range(4)][-1]
        self.assertEqual(len(said), 1)
        self.assertIn("waiting", self.states())

    def test_a_message_taken_back_while_the_crew_thinks_is_not_answered(self):
        message_id = self.customer_says("Oi")
        self.crew.while_thinking = lambda: self.receive(
            self.chatwoot.webhook(25, message_id, event="message_updated", content_attributes={"deleted": True})
        )
        self.assertEqual(self.answer(), [])
        self.assertEqual(self.states(), ["deleted"])

    def test_a_message_corrected_while_the_crew_thinks_is_answered_as_it_reads_now(self):
        message_id = self.customer_says("Tem creme?")

        def correct():
            self.crew.while_thinking = None
            self.receive(self.chatwoot.webhook(25, message_id, event="message_updated", content="Tem sérum?"))

        self.crew.while_thinking = correct
        self.answer()
        self.assertEqual(self.answer(), ["Resposta a: Tem sérum?"])
        self.assertEqual(self.turns.mapped("state"), ["superseded", "done"])

    def test_what_the_customer_took_back_is_not_told_to_the_crew_later(self):
        message_id = self.customer_says("Meu cartão é 4111")
        self.receive(
            self.chatwoot.webhook(25, message_id, event="message_updated", content_attributes={"deleted": True})
        )
        self.customer_says("Oi")
        self.answer()
        self.assertEqual(self.crew.asked[-1]["history"], [])

    def test_messages_whose_turns_never_end_are_put_before_people(self):
        self.customer_says("Oi")
        self.env["chatwootai.message"].search([]).attempts = 8  # as workers that were killed again and again leave it
        self.turn()
        self.deliver()
        self.assertFalse(self.crew.asked)
        self.assertEqual(self.chatwoot.conversation(25)["status"], "open")


@tagged("post_install", "-at_install")
class TestSilence(ConversationCase):
    def take_over_by_reply(self):
        self.person_says("Eu respondo")

    def take_over_by_echo(self):
        message_id = self.chatwoot.add(25, "Do celular", 1, {}, content_attributes={"external_echo": True})
        self.receive(self.chatwoot.webhook(25, message_id))

    def take_over_by_assignment(self):
        self.chatwoot.conversation(25, assignee={"id": 3, "type": "user", "name": "Luis"})
        self.receive({"event": "conversation_updated", **self.chatwoot.shown(25)})

    def take_over_by_opening(self):
        self.status_becomes("open")

    def each_take_over(self):
        for how in ("reply", "echo", "assignment", "opening"):
            with self.subTest(how):
                self.chatwoot.conversations.clear()
                self.env["chatwootai.conversation"].search([]).unlink()
                self.crew.while_thinking = None
                self.crew.asked.clear()
                yield getattr(self, f"take_over_by_{how}")

    def replies(self):
        return [words for words in self.chatwoot.said(25) if words.startswith("Resposta")]

    def test_nothing_is_said_after_a_person_took_over(self):
        for take_over in self.each_take_over():
            self.customer_says("Oi")
            take_over()
            self.customer_says("Alguém?")
            self.answer()
            self.assertEqual((self.replies(), self.crew.asked), ([], []))
            self.assertEqual(set(self.states()), {"with_people"})
            self.assertEqual(self.conversation.answered_by, "people")

    def test_nothing_is_said_when_a_person_takes_over_while_the_crew_thinks(self):
        for take_over in self.each_take_over():
            self.customer_says("Oi")
            self.crew.while_thinking = take_over
            self.answer()
            self.assertEqual(self.replies(), [])
            self.assertEqual(self.turns[-1:].state, "silenced")
            self.assertEqual(set(self.states()), {"with_people"})

    def test_nothing_is_said_when_the_webhook_of_the_take_over_never_comes(self):
        for take_over in self.each_take_over():
            self.customer_says("Oi")
            with patch.object(type(self), "receive", lambda *_: 0):
                self.crew.while_thinking = take_over
                self.turn()
            self.deliver()
            self.assertEqual(self.replies(), [])
            self.assertEqual(self.turns[-1:].state, "silenced")

    def test_nothing_is_said_when_a_person_takes_over_before_the_delivery(self):
        for take_over in self.each_take_over():
            self.customer_says("Oi")
            self.turn()
            take_over()
            self.deliver()
            self.assertEqual(self.replies(), [])
            self.assertEqual(self.turns[-1:].outbox_ids.mapped("state"), ["withheld"])
            self.assertEqual((self.turns[-1:].state, self.states()), ("silenced", ["with_people"]))

    def test_a_person_who_took_over_from_the_start_again_silences_in_the_outbox_too(self):
        luis = {"id": 3, "type": "user", "name": "Luis"}
        self.chatwoot.conversation(25, assignee=luis)
        self.customer_says("Oi")
        self.status_becomes("resolved")
        self.status_becomes("pending")
        self.customer_says("Outra pergunta")
        self.assertEqual(self.answer(), ["Resposta a: Outra pergunta"])
        self.chatwoot.conversation(25, assignee=luis | {"id": 4})
        self.customer_says("E mais uma")
        self.assertEqual(self.answer(), ["Resposta a: Outra pergunta"])

    def test_with_chatwoot_unreadable_after_thinking_the_outbox_still_looks(self):
        self.customer_says("Oi")
        self.crew.while_thinking = lambda: setattr(self.chatwoot, "down", True)
        self.turn()
        self.assertEqual(self.turns.state, "done")
        self.chatwoot.down = False
        self.chatwoot.conversation(25, status="open")
        self.deliver()
        self.assertEqual(self.replies(), [])

    def test_the_agents_come_back_when_it_was_resolved_and_remember_nothing_from_before(self):
        self.customer_says("Oi")
        self.person_says("Eu respondo")
        self.status_becomes("resolved")
        self.chatwoot.conversation(25, status="pending")
        self.customer_says("Outra pergunta")
        self.assertEqual(self.answer()[-1], "Resposta a: Outra pergunta")
        self.assertEqual(self.crew.asked[-1]["history"], [])

    def test_a_message_that_reopens_a_resolved_conversation_is_answered_though_the_status_comes_late(self):
        self.customer_says("Oi")
        self.answer()
        self.status_becomes("resolved")
        self.customer_says("Outra pergunta")
        self.assertEqual(self.states()[-1], "waiting")
        self.chatwoot.conversation(25, status="pending")
        self.assertEqual(self.answer()[-1], "Resposta a: Outra pergunta")

    def resolved_then_written_to(self, **values):
        """The customer wrote to a conversation that people had resolved; word of the resolving comes last."""
        self.chatwoot.conversation(25, status="resolved", updated_at=time.time(), **values)
        resolved = {"event": "conversation_status_changed", **self.chatwoot.shown(25)}
        self.chatwoot.conversation(25, status="pending", updated_at=time.time() + 1)
        self.customer_says("Outra pergunta", created_at=int(time.time()) + 1)
        self.assertEqual(self.states()[-1], "with_people")
        self.receive(resolved)

    def test_word_that_it_was_resolved_may_come_after_what_the_customer_wrote_next(self):
        luis = {"id": 3, "type": "user", "name": "Luis"}
        for assignee in (None, luis):
            with self.subTest(assignee):
                self.chatwoot.conversation(25, assignee=assignee, updated_at=time.time() - 5)
                self.customer_says("Oi")
                self.person_says("Eu respondo", created_at=int(time.time()) - 3)
                self.resolved_then_written_to()
                self.assertEqual(self.answer()[-1], "Resposta a: Outra pergunta")
                self.assertEqual(self.crew.asked[-1]["history"], [])

    def test_word_that_it_was_resolved_may_show_it_as_it_stood_when_the_word_was_sent(self):
        for resolved_first in (True, False):
            with self.subTest(resolved_first=resolved_first):
                self.customer_says("Oi")
                self.person_says("Eu respondo")
                message_id = self.chatwoot.add(25, "Outra pergunta")
                words = [
                    {"event": "conversation_resolved", **self.chatwoot.shown(25)},
                    self.chatwoot.webhook(25, message_id),
                ]
                for word in words if resolved_first else reversed(words):
                    self.receive(word)
                self.assertEqual(self.answer()[-1], "Resposta a: Outra pergunta")
                self.assertEqual(self.crew.asked[-1]["history"], [])

    def test_who_spoke_after_it_was_resolved_is_not_talked_over_when_word_of_that_comes_late(self):
        self.customer_says("Oi")
        self.person_says("Ainda aqui", created_at=int(time.time()) + 30)
        self.resolved_then_written_to()
        self.assertEqual((self.answer()[-1], self.states()[-1]), ("Ainda aqui", "with_people"))

    def test_the_agents_come_back_when_a_person_gives_it_back(self):
        self.customer_says("Oi")
        self.status_becomes("open")
        self.person_says("Um momento")
        self.chatwoot.conversation(25, assignee={"id": 3, "type": "user", "name": "Luis"})
        self.status_becomes("pending")
        self.customer_says("E agora?")
        self.assertEqual(self.answer()[-1], "Resposta a: E agora?")


@tagged("post_install", "-at_install")
class TestHandingOver(ConversationCase):
    def test_the_crews_hand_off_tells_both_sides_and_opens(self):
        self.customer_says("Quero falar com alguém")
        self.crew.answers = [HandOff("person", "pede uma pessoa", "Vou chamar alguém", 4)]
        self.answer()
        conversation = self.chatwoot.conversation(25)
        self.assertEqual(self.chatwoot.said(25), ["Vou chamar alguém"])
        self.assertIn("Quero falar com alguém", self.chatwoot.said(25, private=True)[0])
        self.assertEqual((conversation["status"], conversation["team"]), ("open", 4))
        self.assertEqual((self.turns.state, self.states()), ("handed_over", ["handed_over"]))

    def test_while_the_hand_off_is_under_way_the_agents_are_silent_already(self):
        self.customer_says("Quero falar com alguém")
        self.crew.answers = [HandOff("person", "pede uma pessoa", "Vou chamar alguém")]
        self.turn()
        self.customer_says("Oi?")
        self.turn()
        self.assertEqual(len(self.crew.asked), 1)
        self.assertEqual(self.states(), ["handed_over", "with_people"])

    def test_a_crew_that_fails_for_good_leaves_a_note_opens_and_alerts(self):
        self.customer_says("Oi")
        self.crew.answers = [TurnFailed("the model refuses the key", retryable=False)]
        self.assertIsNone(self.turn())
        self.deliver()
        self.assertEqual(self.chatwoot.conversation(25)["status"], "open")
        self.assertIn("the model refuses the key", self.chatwoot.said(25, private=True)[0])
        self.assertTrue(self.conversation.activity_ids)
        turn = self.turns
        self.assertEqual(
            (turn.state, turn.error, self.states()), ("failed", "the model refuses the key", ["handed_over"])
        )
        self.assertEqual(turn.step_ids.mapped("name"), ["find_products"])

    def test_a_crew_that_may_succeed_later_is_tried_three_times(self):
        self.customer_says("Oi")
        self.crew.answers = [TurnFailed("the model is down", retryable=True) for _try in range(3)]
        self.assertEqual([self.turn(), self.turn(), self.turn()], [5, 15, None])
        self.assertEqual(self.turns.mapped("state"), ["retried", "retried", "failed"])
        self.deliver()
        self.assertEqual(self.chatwoot.conversation(25)["status"], "open")

    def test_one_that_succeeds_the_second_time_answers(self):
        self.customer_says("Oi")
        self.crew.answers = [TurnFailed("the model is down", retryable=True)]
        self.turn()
        self.assertEqual(self.answer(), ["Resposta a: Oi"])
        self.assertFalse(self.chatwoot.said(25, private=True))

    def test_what_stores_and_lookups_said_is_in_the_companys_language_in_note_alert_and_turn(self):
        self.env["res.lang"]._activate_lang("pt_BR")
        self.env.company.partner_id.lang = "pt_BR"
        failed = Step(
            "tool", "search_knowledge", {}, '{"success": false, "error": "Qdrant can\'t be reached now."}', ok=False
        )
        error = ConfigurationMissing("acme", "company_metadata", "MongoDB can't be used now (AutoReconnect).")
        error.retryable, error.steps = False, [failed]
        self.customer_says("Oi")
        with patch.object(run.TurnRun, "_think", side_effect=error):
            self.turn()
        self.deliver()
        why = "o perfil da empresa, O MongoDB não pode ser usado agora (AutoReconnect)"
        alert = self.env["chatwootai.alert"].search([("kind", "=", "failed_turn")])
        note = self.chatwoot.said(25, private=True)[0]
        for said in (note, alert.note, self.turns.error):
            self.assertIn(why, said)
        self.assertIn("Não é possível alcançar o Qdrant agora", note)

    def test_an_unexpected_failure_shows_people_no_internals(self):
        self.customer_says("Oi")
        self.crew.answers = [ValueError("password=hunter2") for _try in range(3)]
        with self.assertLogs("odoo.addons.chatwootai_agent.turns.run", "ERROR"):
            for _try in range(3):
                self.turn()
        self.deliver()
        self.assertNotIn("hunter2", self.turns[-1:].error + self.chatwoot.said(25, private=True)[0])

    def test_without_a_model_a_person_is_called(self):
        with trap_jobs():
            self.env.company.chatwootai_llm_model = False
        self.customer_says("Oi")
        self.turn()
        self.assertEqual(self.turns.state, "failed")

    def test_at_the_limit_of_turns_a_person_is_called(self):
        self.customer_says("Oi")
        with patch.object(Control, "limits", lambda control, account_id: Limits(turns_per_day=0)):
            self.turn()
        self.assertFalse(self.crew.asked)
        self.assertEqual((self.turns.state, self.states()), ("failed", ["handed_over"]))

    def test_the_company_says_what_the_customer_reads_when_the_agents_fail(self):
        with trap_jobs():
            self.env.company.chatwootai_hand_off_message = "Já chamo alguém."
        self.customer_says("Oi")
        self.crew.answers = [TurnFailed("no", retryable=False)]
        self.assertEqual(self.answer(), ["Já chamo alguém."])


@tagged("post_install", "-at_install")
class TestStates(ConversationCase):
    """Whoever writes a state, by whatever way, cannot write one that may not follow."""

    def test_what_has_ended_does_not_begin_again(self):
        self.customer_says("Oi")
        self.answer()
        with self.assertRaises(IllegalMove):
            self.turns.state = "running"
        with self.assertRaises(IllegalMove):
            self.conversation.chat_ids.filtered("state").state = "waiting"
        with self.assertRaises(IllegalMove):
            self.env["chatwootai.turn"].create({"conversation_id": self.conversation.id, "state": "done"})

    def test_a_turn_that_was_taken_for_dead_says_nothing_when_it_is_not(self):
        self.customer_says("Oi")
        self.crew.while_thinking = lambda: (self.turns.interrupt(), self.env.flush_all())
        self.assertEqual(self.answer(), [])
        self.assertEqual((self.turns.state, self.states()), ("interrupted", ["waiting"]))

    def test_a_reply_that_chatwoot_refuses_for_good_is_no_answer(self):
        self.customer_says("Oi")
        self.turn()
        self.chatwoot.faults = [(404, {"error": "gone"})]
        self.deliver()
        self.assertEqual((self.turns.state, self.states()), ("failed", ["handed_over"]))


@tagged("post_install", "-at_install")
class TestKilled(ConversationCase):
    def kill(self, where):
        with patch.object(end, where, side_effect=Killed), suppress(Killed):
            self.turn()

    def test_killed_while_thinking_it_is_answered_by_the_next_run(self):
        self.customer_says("Oi")
        self.crew.answers = [Killed()]
        with suppress(Killed):
            self.turn()
        self.assertEqual((self.turns.state, self.states()), ("running", ["waiting"]))
        self.assertEqual(self.answer(), ["Resposta a: Oi"])
        self.assertEqual(self.turns.mapped("state"), ["interrupted", "done"])

    def test_killed_while_concluding_nothing_of_it_stands(self):
        self.customer_says("Oi")
        self.kill("say")
        self.assertFalse(self.outbox.search([]))
        self.assertEqual(self.states(), ["waiting"])
        self.assertEqual(self.answer(), ["Resposta a: Oi"])

    def test_killed_after_concluding_nothing_is_said_twice(self):
        self.customer_says("Oi")
        self.turn()
        self.assertEqual(self.answer(), ["Resposta a: Oi"])
        self.assertEqual(len(self.crew.asked), 1)

    def test_a_turn_that_lost_its_messages_to_another_says_nothing(self):
        self.customer_says("Oi")
        other = self.env["chatwootai.turn"].create({"conversation_id": self.conversation.id})

        def claim():
            self.conversation.chat_ids.turn_id = other
            self.env.flush_all()

        self.crew.while_thinking = claim
        self.assertEqual(self.answer(), [])
        self.assertEqual(self.turns[-1:].state, "superseded")

    def test_what_kills_every_worker_is_handed_over_in_the_end(self):
        self.customer_says("Oi")
        self.crew.answers = [Killed() for _try in range(20)]
        for _try in range(10):
            with suppress(Killed):
                self.turn()
        self.assertEqual(self.states(), ["handed_over"])
        self.assertEqual(self.turns[-1:].state, "failed")
