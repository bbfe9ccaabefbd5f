"""What no webhook told of is found in Chatwoot's lists, and what lost its job gets another; each is answered once."""

import time
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.chatwootai_mcp.chatwoot.client import ChatwootClient
from odoo.addons.chatwootai_mcp.chatwoot.errors import Unavailable
from odoo.addons.chatwootai_mcp.tests import fake_chatwoot
from odoo.addons.queue_job.tests.common import trap_jobs

from ..turns import sweep
from ..turns.run import TurnRun
from .conversation_case import ConversationCase


class SweepCase(ConversationCase):
    def sweep(self):
        """Run the sweeping job; the calls it made, as (path, query) less the account's."""
        before = len(self.chatwoot.calls)
        with (
            self.own_transactions(),
            trap_jobs(),
            mute_logger("odoo.addons.chatwootai_agent.turns.sweep"),
        ):
            self.said = self.connection._job_sweep()
        self.env.invalidate_all()
        return [path.partition("/conversations")[2] for _method, path, *_ in self.chatwoot.calls[before:]]

    def cron(self):
        """Run the cron; the jobs it made, as (method, identity key)."""
        with (
            self.own_transactions(),
            trap_jobs() as trap,
            mute_logger("odoo.addons.chatwootai_agent.models.answering"),
        ):
            self.env["chatwootai.conversation"]._cron_sweep()
            return [(job.method_name, job.identity_key) for job in trap.enqueued_jobs]

    def alerts(self):
        return self.env["chatwootai.alert"].search([("kind", "=", "accepted_unanswered")])


@tagged("post_install", "-at_install")
class TestLostWebhooks(SweepCase):
    def test_a_conversation_nobody_told_of_is_found_and_answered(self):
        self.chatwoot.add(25, "Oi")
        self.chatwoot.add(25, "Tem sérum?")
        self.sweep()
        self.assertEqual(self.answer(), ["Resposta a: Oi\nTem sérum?"])
        self.sweep()
        self.assertEqual(self.answer(), ["Resposta a: Oi\nTem sérum?"])

    def test_a_message_that_was_lost_before_one_that_came_is_found(self):
        self.customer_says("Oi")
        self.answer()
        self.chatwoot.add(25, "Quanto custa o sérum?")
        self.customer_says("Alô?")
        self.sweep()
        self.assertEqual(self.answer()[-1], "Resposta a: Quanto custa o sérum?\nAlô?")
        self.assertEqual(set(self.states()), {"answered"})

    def test_a_turn_finds_it_by_itself_when_it_reads_the_list(self):
        self.customer_says("Oi")
        self.answer()
        self.chatwoot.add(25, "Quanto custa o sérum?")
        self.customer_says("Alô?")
        self.answer()
        self.assertEqual(self.turns[-1:].state, "superseded")
        self.assertEqual(self.answer()[-1], "Resposta a: Quanto custa o sérum?\nAlô?")

    def test_ids_of_more_than_31_bits_are_asked_for_as_they_are(self):
        self.chatwoot.next_id = 2**33
        self.customer_says("Oi")
        self.sweep()
        self.chatwoot.add(25, "Quanto custa?")
        self.sweep()
        self.assertEqual(self.conversation.chat_ids.mapped("content"), ["Oi", "Quanto custa?"])

    def test_where_nothing_moved_one_call_is_all(self):
        self.customer_says("Oi")
        self.answer()
        self.sweep()
        self.assertEqual(self.sweep(), [""])
        self.assertEqual(self.said, "0 found, 0 conversations read")

    def test_pages_are_read_no_farther_back_than_the_last_sweep(self):
        for number in range(100, 160):
            self.chatwoot.add(number, "Oi")
        self.assertEqual(self.sweep().count(""), 3)
        self.assertEqual(len(self.states()), 60)
        for conversation in self.chatwoot.conversations.values():
            for message in conversation["messages"]:
                message["created_at"] -= 3600
        self.chatwoot.add(100, "E agora?")
        self.assertEqual(self.sweep(), ["", "/100/messages"])

    def test_one_behind_very_many_is_found(self):
        said = self.chatwoot.add(25, "Oi")
        for number in range(100, 180):
            self.chatwoot.add(number, "Olá", message_type=1, sender={"id": 9, "type": "agent_bot", "name": "Bot"})
        self.chatwoot.conversation(25)["messages"][-1]["created_at"] -= 30
        with patch.object(fake_chatwoot, "PAGE", 2), patch.object(sweep, "_PAGE", 2):
            self.sweep()
        self.assertEqual(self.states(), ["waiting"], said)

    def test_a_call_that_fails_is_made_again(self):
        self.chatwoot.add(25, "Oi")
        answers = ChatwootClient.messages_since
        failures = [Unavailable("The connection to Chatwoot broke off.", out_of_reach=True)]

        def fail_once(client, *arguments):
            if failures:
                raise failures.pop()
            return answers(client, *arguments)

        with patch.object(ChatwootClient, "messages_since", fail_once):
            self.sweep()
        self.assertEqual(self.states(), ["waiting"])

    def test_one_that_a_person_answered_is_left_to_people(self):
        self.customer_says("Oi")
        self.answer()
        self.chatwoot.add(25, "Quanto custa o sérum?")
        self.chatwoot.add(25, "Eu respondo", 1, {"id": 3, "type": "user", "name": "Luis"})
        self.sweep()
        self.assertEqual(self.answer(), ["Resposta a: Oi", "Eu respondo"])
        self.assertEqual(self.conversation.answered_by, "people")
        self.assertNotIn("waiting", self.states())

    def test_what_was_said_before_the_connection_was_made_is_not_answered(self):
        self.chatwoot.add(25, "Antiga", created_at=int(time.time()) - 7200)
        self.chatwoot.add(25, "Nova")
        self.sweep()
        self.assertEqual(self.answer(), ["Resposta a: Nova"])

    def test_what_somebody_answered_before_the_list_was_first_read_is_not_answered(self):
        self.chatwoot.add(25, "Antiga")
        self.chatwoot.add(25, "Respondida", 1, {"id": 9, "type": "agent_bot"})
        self.chatwoot.add(25, "Nova")
        self.sweep()
        self.assertEqual(self.answer(), ["Respondida", "Resposta a: Nova"])

    def known_as(self, name):
        """The agents have said something somewhere, as the bot of this name."""
        self.chatwoot.add(30, "Oi")
        self.sweep()
        conversation = self.env["chatwootai.conversation"].search([("display_id", "=", 30)])
        said = {"author": "agents", "sender_name": name, "received_at": fields.Datetime.now()}
        self.env["chatwootai.message"].create({"conversation_id": conversation.id, "chatwoot_id": 1, **said})

    def test_another_bot_beside_the_agents_has_answered_nothing(self):
        self.known_as("Assistente")
        self.chatwoot.add(25, "Quanto custa o sérum?")
        self.chatwoot.add(25, "Sou outro robô", 1, {"id": 9, "type": "agent_bot", "name": "Outro"})
        self.sweep()
        self.assertEqual(self.answer()[-1], "Resposta a: Quanto custa o sérum?")

    def test_what_their_own_bot_said_before_the_database_was_restored_has_answered(self):
        self.known_as("Assistente")
        self.chatwoot.add(25, "Quanto custa o creme?")
        self.chatwoot.add(25, "R$ 10", 1, {"id": 5, "type": "agent_bot", "name": "Assistente"})
        self.sweep()
        self.assertEqual(self.answer(), ["R$ 10"])

    def test_what_the_agents_said_to_another_message_does_not_answer_one_that_was_lost(self):
        self.chatwoot.add(25, "Quanto custa o sérum?")
        self.customer_says("Alô?")
        with patch.object(TurnRun, "_read_again", lambda *_: (None, ())):
            self.assertEqual(self.answer(), ["Resposta a: Alô?"])
        self.sweep()
        self.assertEqual(self.answer()[-1], "Resposta a: Quanto custa o sérum?")

    def test_nor_does_what_the_agents_are_saying_at_that_moment(self):
        self.chatwoot.add(25, "Quanto custa o sérum?")
        self.customer_says("Alô?")
        self.chatwoot.faults = ["lost"]
        with patch.object(TurnRun, "_read_again", lambda *_: (None, ())):
            self.assertEqual(self.answer(), ["Resposta a: Alô?"])
        self.assertEqual(self.outbox.search([]).mapped("state"), ["sending"])
        self.sweep()
        self.let_time_pass()
        self.assertEqual(self.answer()[1:], ["Resposta a: Quanto custa o sérum?"])

    def test_nor_do_chatwoots_own_lines(self):
        self.chatwoot.add(25, "Quanto custa o sérum?")
        for values in ({"message_type": 3}, {"message_type": 1, "content_attributes": {"automation_rule_id": 4}}):
            self.chatwoot.add(25, "Olá! Já respondemos.", **values | {"sender": {}})
        self.sweep()
        self.assertEqual(self.answer()[-1], "Resposta a: Quanto custa o sérum?")

    def test_private_notes_and_activity_are_nothing(self):
        self.customer_says("Oi")
        self.answer()
        self.chatwoot.add(25, "Nota", 1, {"id": 3, "type": "user"}, private=True)
        self.chatwoot.add(25, "Luis entrou", 2, {})
        self.sweep()
        self.assertFalse(self.conversation.silence)
        self.assertEqual(len(self.conversation.chat_ids), 2)

    def test_what_is_found_long_after_it_was_written_is_for_people(self):
        self.env.cr.execute("UPDATE chatwootai_chatwoot_connection SET create_date = now() - interval '2 days'")
        self.env.invalidate_all()
        self.chatwoot.add(25, "Oi", created_at=int(time.time()) - 7 * 3600)
        self.sweep()
        self.answer()
        self.assertFalse(self.crew.asked)
        self.assertEqual((self.states(), self.chatwoot.conversation(25)["status"]), (["handed_over"], "open"))
        self.assertEqual(len(self.alerts()), 1)

    def test_one_whose_webhook_comes_long_after_it_was_written_is_answered(self):
        self.customer_says("Oi", created_at=int(time.time()) - 7 * 3600)
        self.assertEqual(self.answer(), ["Resposta a: Oi"])

    def test_chatwoot_down_is_no_alert_and_the_next_sweep_looks_as_far_back(self):
        self.chatwoot.add(25, "Oi")
        self.chatwoot.down = True
        self.sweep()
        self.assertFalse(self.connection.swept_at)
        self.assertFalse(self.env["chatwootai.alert"].search([]))
        self.chatwoot.down = False
        self.sweep()
        self.assertTrue(self.connection.swept_at)
        self.assertEqual(self.states(), ["waiting"])

    def test_a_token_that_is_refused_is_said_once(self):
        self.connection.user_token = "wrong"
        self.sweep()
        self.sweep()
        self.assertEqual(self.env["chatwootai.alert"].search([]).mapped("count"), [2])


@tagged("post_install", "-at_install")
class TestLostJobs(SweepCase):
    def test_the_cron_looks_at_each_connection_and_leaves_what_is_young(self):
        self.customer_says("Oi")
        self.assertEqual(self.cron(), [("_job_sweep", f"chatwootai.sweep:{self.connection.id}")])

    def test_a_message_without_a_job_gets_one(self):
        self.customer_says("Oi")
        self.age(self.conversation.chat_ids, 121, "received_at")
        self.assertEqual(self.cron()[0], ("_job_answer", f"chatwootai.turn:{self.conversation.id}"))
        self.assertFalse(self.alerts())

    def test_one_that_waited_very_long_is_an_alert_once(self):
        self.customer_says("Oi")
        self.age(self.conversation.chat_ids, 1000, "received_at")
        self.cron()
        self.cron()
        self.assertEqual(self.alerts().mapped("count"), [2])

    def test_one_whose_job_waits_for_its_time_is_left_alone(self):
        self.customer_says("Oi")
        self.conversation.queue_turn()
        self.age(self.conversation.chat_ids, 1000, "received_at")
        self.assertEqual([method for method, _key in self.cron()], ["_job_sweep"])
        self.assertFalse(self.alerts())

    def test_a_turn_whose_process_ended_is_interrupted_and_one_at_work_is_not(self):
        self.customer_says("Oi")
        turn = self.env["chatwootai.turn"].create({"conversation_id": self.conversation.id})
        self.cron()
        self.assertEqual(turn.state, "running")
        self.age(turn, 1000, "started_at")
        self.env.flush_all()
        self.cron()
        self.assertEqual(turn.state, "interrupted")


@tagged("post_install", "-at_install")
class TestJobs(ConversationCase):
    def jobs(self):
        return self.env["queue.job"].search([("channel", "=", "root.chatwootai_turn")], order="id")

    def store(self, *words):
        """Webhooks whose jobs are really stored."""
        for each in words:
            message_id = self.chatwoot.add(25, each)
            self.take(self.chatwoot.webhook(25, message_id))

    def test_a_burst_is_one_job(self):
        self.store("Oi", "tudo bem?", "quanto custa?")
        self.assertEqual(self.jobs().mapped("state"), ["pending"])
        self.assertFalse(self.jobs().eta)

    def test_a_job_that_has_started_may_be_past_a_message_and_does_not_count(self):
        self.store("Oi")
        self.jobs().state = "started"
        self.env.flush_all()
        self.store("tudo bem?")
        self.assertEqual(self.jobs().mapped("state"), ["started", "pending"])

    def test_a_job_that_would_look_too_late_is_brought_forward(self):
        self.inbox.pause_seconds = 4
        self.store("Oi")
        job = self.jobs()
        job.eta = fields.Datetime.now() + timedelta(seconds=60)
        self.env.flush_all()
        self.store("tudo bem?")
        job.invalidate_recordset()
        self.assertLess(job.eta, fields.Datetime.now() + timedelta(seconds=6))
        self.assertEqual(self.jobs(), job)


@tagged("post_install", "-at_install")
class TestWordOfPeopleLost(SweepCase):
    """A person answered, and what became of the conversation afterwards was never told."""

    def setUp(self):
        super().setUp()
        self.customer_says("Oi")
        self.answer()
        self.person_says("Eu respondo")
        self.sweep()  # which reads the agents' own reply

    def hours_pass(self, hours):
        self.age(self.conversation, 3600 * hours, "last_message_at")
        for message in self.conversation.chat_ids:
            self.age(message, 3600 * hours, "received_at")
        if self.conversation.asked_after_at:
            self.age(self.conversation, 3600 * hours, "asked_after_at")
        self.env.flush_all()

    def asked_after(self):
        return "/25" in self.sweep()

    def test_resolved_it_is_the_agents_again_with_a_fresh_context(self):
        self.chatwoot.conversation(25, status="resolved")
        self.hours_pass(1)
        self.sweep()
        self.assertEqual(self.conversation.silence, "resolved")
        self.chatwoot.conversation(25, status="pending")
        self.customer_says("Tem bruma?")
        self.assertEqual(self.answer()[-1], "Resposta a: Tem bruma?")
        self.assertEqual(self.crew.asked[-1]["history"], [])

    def test_resolved_and_begun_anew_meanwhile_people_find_it_on_their_list(self):
        self.chatwoot.conversation(25, status="pending")
        self.customer_says("Tem bruma?")
        self.assertEqual(self.states()[-1:], ["with_people"])
        self.hours_pass(1)
        said = self.chatwoot.said(25)
        self.sweep()
        self.deliver()
        self.assertEqual(self.chatwoot.conversation(25)["status"], "open")
        self.assertEqual(len(self.chatwoot.said(25, private=True)), 1)
        self.assertEqual(self.chatwoot.said(25), said)
        self.assertEqual(len(self.alerts()), 1)
        self.hours_pass(5)
        self.sweep()
        self.deliver()
        self.assertEqual(len(self.chatwoot.said(25, private=True)), 1)

    def test_a_message_no_webhook_told_of_is_found_there_too(self):
        self.chatwoot.add(25, "Tem bruma?")
        self.hours_pass(1)
        self.sweep()
        self.hours_pass(1)
        self.sweep()
        self.deliver()
        self.assertEqual(self.chatwoot.conversation(25)["status"], "open")

    def test_what_chatwoot_or_another_bot_said_after_it_is_no_answer(self):
        self.customer_says("Tem bruma?")
        self.chatwoot.add(25, "Estamos fechados.", 3, {})
        self.chatwoot.add(25, "Olá, sou um robô.", 1, {"id": 9, "type": "agent_bot"})
        self.hours_pass(1)
        self.sweep()
        self.hours_pass(1)
        self.sweep()
        self.deliver()
        self.assertEqual(self.chatwoot.conversation(25)["status"], "open")

    def test_a_choice_that_was_tapped_after_them_is_a_customers_last_word(self):
        offer = self.turns.outbox_ids.chatwoot_message_id
        tapped = {"submitted_values": [{"title": "Sérum", "value": "1"}]}
        self.receive(self.chatwoot.webhook(25, offer, event="message_updated", content_attributes=tapped))
        self.hours_pass(1)
        self.sweep()
        self.deliver()
        self.assertEqual(self.chatwoot.conversation(25)["status"], "open")

    def test_where_a_person_had_the_last_word_or_the_customer_thanks_nothing_is_done(self):
        self.hours_pass(1)
        self.sweep()
        self.customer_says("Obrigada, tchau!")
        self.hours_pass(1)
        self.sweep()
        self.deliver()
        self.assertEqual(self.chatwoot.conversation(25)["status"], "pending")
        self.assertFalse(self.alerts())

    def test_one_in_which_somebody_spoke_just_now_is_not_asked_after(self):
        self.assertFalse(self.asked_after())

    def test_the_longer_it_is_silent_the_more_seldom_it_is_asked_after(self):
        self.hours_pass(1)
        self.assertTrue(self.asked_after())
        self.assertFalse(self.asked_after())
        self.hours_pass(2)
        self.assertTrue(self.asked_after())
        self.hours_pass(1)
        self.assertFalse(self.asked_after())

    def test_one_that_is_gone_in_chatwoot_is_asked_after_once(self):
        self.hours_pass(1)
        del self.chatwoot.conversations[25]
        self.assertTrue(self.asked_after())
        self.assertFalse(self.asked_after())
        self.assertIn("0 found", self.said)

    def test_one_that_the_agents_had_is_remembered_no_further_than_its_end(self):
        self.conversation.person_spoke = False
        self.chatwoot.conversation(25, status="resolved")
        self.hours_pass(1)
        self.sweep()
        self.chatwoot.conversation(25, status="pending")
        self.customer_says("Tem bruma?")
        self.answer()
        self.assertEqual(self.crew.asked[-1]["history"], [])

    def test_opened_by_people_whose_word_was_lost_it_is_theirs_and_stays_so(self):
        self.chatwoot.conversation(25, status="open")
        self.hours_pass(1)
        self.sweep()
        self.assertEqual((self.conversation.status, self.conversation.answered_by), ("open", "people"))
