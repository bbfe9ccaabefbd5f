"""A hand-off tells the customer once, tells the people what was tried, and goes to whom the rules name."""

from datetime import datetime, timedelta

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.queue_job.tests.common import trap_jobs

from ..crews.errors import TurnFailed
from ..crews.reply import HandOff
from .conversation_case import ConversationCase

MONDAY_TO_FRIDAY = [
    {"day": day, "opens": "09:00", "closes": "18:00", "break_start": None, "break_end": None} for day in range(5)
]
#: In São Paulo: a Tuesday at 11:00, the same evening at 22:00, and the Wednesday's opening.
OPEN, CLOSED, OPENING = datetime(2026, 7, 7, 14), datetime(2026, 7, 8, 1), datetime(2026, 7, 8, 12)


class HandOffCase(ConversationCase):
    def setUp(self):
        super().setUp()
        self.env.company.partner_id.lang = "en_US"
        people = self.env["chatwootai.chatwoot.people"]
        people._take(self.connection, "team", {4: "Vendas", 5: "Suporte"})
        people._take(self.connection, "agent", {3: "Luis"})

    def person_or_team(self, name):
        return self.env["chatwootai.chatwoot.people"].search([("name", "=", name)])

    def rule(self, **values):
        return self.env["chatwootai.hand.off.rule"].create({"connection_id": self.connection.id, **values})

    def hand_off(self, words="Quero falar com alguém"):
        self.customer_says(words)
        self.crew.answers = [HandOff("person", "pede uma pessoa", "Vou chamar alguém")]
        self.answer()
        return self.chatwoot.conversation(25)

    def keep_hours(self, **values):
        self.inbox.write(
            {
                "keeps_hours": True,
                "chatwoot_hours": MONDAY_TO_FRIDAY,
                "timezone": "America/Sao_Paulo",
                "answering": "in_hours",
                **values,
            }
        )


@tagged("post_install", "-at_install")
class TestHandOffRules(HandOffCase):
    def test_a_hand_off_goes_to_the_team_and_person_of_the_first_rule_that_fits(self):
        self.rule(intent="delivery", team_id=self.person_or_team("Suporte").id)
        self.rule(
            intent="person",
            team_id=self.person_or_team("Vendas").id,
            agent_id=self.person_or_team("Luis").id,
            priority="high",
            labels="ia, vip",
        )
        self.rule(team_id=self.person_or_team("Suporte").id)
        conversation = self.hand_off()
        self.assertEqual((conversation["team"], conversation["assignee"]["name"]), (4, "Luis"))
        self.assertEqual((conversation["priority"], conversation["labels"]), ("high", ["ia", "vip"]))
        self.assertEqual(conversation["status"], "open")

    def test_a_rule_for_an_inbox_does_not_count_for_another(self):
        other = self.inbox.copy({"inbox_id": 18})
        self.rule(inbox_id=other.id, team_id=self.person_or_team("Suporte").id)
        self.assertNotIn("team", self.hand_off())

    def test_what_a_customer_and_the_people_read_comes_before_the_opening(self):
        self.rule(agent_id=self.person_or_team("Luis").id, priority="urgent", labels="ia")
        self.hand_off()
        kinds = self.turns.outbox_ids.sorted("id").mapped("kind")
        self.assertEqual(kinds, ["message", "private_note", "priority", "assignment", "status", "labels"])

    def test_whoever_takes_it_over_before_it_is_handed_over_keeps_it(self):
        self.rule(team_id=self.person_or_team("Vendas").id, agent_id=self.person_or_team("Luis").id)
        self.customer_says("Quero falar com alguém")
        self.crew.answers = [HandOff("person", "pede uma pessoa", "Vou chamar alguém")]
        self.turn()
        self.chatwoot.conversation(25, assignee={"id": 9, "type": "user", "name": "Paula"})
        self.deliver()
        conversation = self.chatwoot.conversation(25)
        self.assertEqual((conversation["assignee"]["name"], conversation["status"]), ("Paula", "open"))
        self.assertNotIn("team", conversation)
        self.assertEqual(self.chatwoot.said(25), [])

    def test_one_that_was_opened_and_is_nobodys_goes_to_whom_the_rule_names(self):
        self.rule(team_id=self.person_or_team("Vendas").id)
        self.customer_says("Quero falar com alguém")
        self.crew.answers = [HandOff("person", "pede uma pessoa", "Vou chamar alguém")]
        self.turn()
        self.chatwoot.conversation(25, status="open")
        self.deliver()
        self.assertEqual(self.chatwoot.conversation(25)["team"], 4)

    def test_a_failure_has_a_rule_of_its_own_and_the_customer_is_told_once(self):
        self.rule(intent="failure", team_id=self.person_or_team("Suporte").id)
        self.customer_says("Oi")
        self.crew.answers = [TurnFailed("the model refuses the key", retryable=False)]
        self.answer()
        self.assertEqual(self.chatwoot.conversation(25)["team"], 5)
        self.assertEqual(len(self.chatwoot.said(25)), 1)

    def test_the_note_says_what_was_asked_tried_and_found(self):
        self.customer_says("Tem sérum?")
        self.answer()
        self.hand_off("Não é isso, quero falar com alguém")
        note = self.chatwoot.said(25, private=True)[-1]
        for part in ("pede uma pessoa", "- Tem sérum?", "Não é isso, quero falar com alguém", "Looked for products"):
            self.assertIn(part, note)
        self.assertNotIn("sk-1", note)

    def test_the_agents_own_assignment_is_not_taken_for_a_persons_once_it_is_resolved(self):
        self.rule(agent_id=self.person_or_team("Luis").id)
        self.hand_off()
        self.status_becomes("open")
        self.status_becomes("resolved")
        self.chatwoot.conversation(25, status="pending")
        self.customer_says("Outra pergunta")
        self.assertEqual(self.answer()[-1], "Resposta a: Outra pergunta")
        self.assertEqual(self.crew.asked[-1]["history"], [])

    def test_the_agents_come_back_when_a_person_unassigns_themself(self):
        self.customer_says("Oi")
        self.chatwoot.conversation(25, assignee={"id": 3, "type": "user", "name": "Luis"})
        self.receive({"event": "conversation_updated", **self.chatwoot.shown(25)})
        self.assertEqual(self.conversation.answered_by, "people")
        self.chatwoot.conversation(25, assignee=None)
        self.receive({"event": "conversation_updated", **self.chatwoot.shown(25)})
        self.customer_says("E agora?")
        self.assertEqual(self.answer()[-1], "Resposta a: Oi\nE agora?")

    def test_a_rule_names_only_its_own_account(self):
        other = self.new_connection(chatwoot_account=8)
        team = self.env["chatwootai.chatwoot.people"].create(
            {"connection_id": other.id, "kind": "team", "number": 4, "name": "De outro"}
        )
        for values in ({"team_id": team.id}, {"labels": "two words"}):
            with self.assertRaises(ValidationError):
                self.rule(**values)

    def test_who_has_left_chatwoot_is_archived_and_comes_back(self):
        people = self.env["chatwootai.chatwoot.people"]
        luis = self.person_or_team("Luis")
        people._take(self.connection, "agent", {})
        self.assertFalse(luis.active)
        people._take(self.connection, "agent", {3: "Luis Souza"})
        self.assertEqual((luis.active, luis.name), (True, "Luis Souza"))


@tagged("post_install", "-at_install")
class TestBusinessHours(HandOffCase):
    def test_within_hours_the_agents_answer(self):
        self.keep_hours()
        with self.at(OPEN):
            self.customer_says("Oi")
            self.assertEqual(self.answer(), ["Resposta a: Oi"])

    def test_outside_them_a_customer_is_told_once_and_answered_when_it_opens(self):
        self.keep_hours(away_message="Estamos fechados.")
        with self.at(CLOSED):
            self.customer_says("Oi")
            self.assertTrue(self.turn())
            self.customer_says("Alguém?")
            self.assertTrue(self.turn())
            self.deliver()
        self.assertEqual(self.chatwoot.said(25), ["Estamos fechados."])
        self.assertEqual((self.crew.asked, set(self.states())), ([], {"waiting"}))
        with self.at(OPENING):
            self.assertEqual(self.answer()[-1], "Resposta a: Oi\nAlguém?")

    def test_another_conversation_of_the_same_customer_is_not_told_again(self):
        self.keep_hours(away_message="Estamos fechados.")
        with self.at(CLOSED):
            self.customer_says("Oi")
            self.turn()
            self.conversation.copy({"display_id": 26})
            self.conversation.closed_until = False
            self.turn()
            self.deliver()
        self.assertEqual(self.chatwoot.said(25), ["Estamos fechados."])

    def test_without_a_message_of_the_tenants_it_says_when_it_opens(self):
        self.keep_hours()
        with self.at(CLOSED):
            self.customer_says("Oi")
            self.turn()
            self.deliver()
        self.assertIn("tomorrow at 09:00", self.chatwoot.said(25)[0])

    def test_chatwoots_own_out_of_office_message_is_not_doubled(self):
        self.keep_hours(away_message="Estamos fechados.", out_of_office_message="Voltamos amanhã.")
        with self.at(CLOSED):
            self.customer_says("Oi")
            self.turn()
            self.deliver()
        self.assertEqual(self.chatwoot.said(25), [])

    def test_outside_them_it_may_be_opened_for_people(self):
        self.keep_hours(away_message="Estamos fechados.", when_closed="people")
        self.rule(intent="closed", team_id=self.person_or_team("Suporte").id)
        with self.at(CLOSED):
            self.customer_says("Oi")
            self.turn()
            self.deliver()
        conversation = self.chatwoot.conversation(25)
        self.assertEqual((conversation["status"], conversation["team"]), ("open", 5))
        self.assertEqual((self.chatwoot.said(25), self.states()), (["Estamos fechados."], ["with_people"]))
        self.assertIn("Oi", self.chatwoot.said(25, private=True)[0])

    def test_an_inbox_of_people_is_opened_without_a_word(self):
        self.inbox.answering = "never"
        self.customer_says("Oi")
        self.assertEqual(self.answer(), [])
        self.assertEqual((self.chatwoot.conversation(25)["status"], self.states()), ("open", ["with_people"]))
        self.assertFalse(self.turns)

    def test_the_hand_off_says_when_people_are_back(self):
        self.keep_hours(answering="always")
        with self.at(CLOSED):
            self.hand_off()
        self.assertEqual(self.chatwoot.said(25), ["Vou chamar alguém\nOur team is back tomorrow at 09:00."])

    def test_the_day_is_named_when_it_is_not_tomorrow(self):
        self.keep_hours(answering="always")
        with self.at(datetime(2026, 7, 11, 1)):  # a Friday night
            self.hand_off()
        self.assertIn("on Monday, July 13 at 09:00", self.chatwoot.said(25)[0])

    def test_what_waits_is_looked_at_again_when_the_settings_change(self):
        self.keep_hours()
        with self.at(CLOSED):
            self.customer_says("Oi")
            self.turn()
            with trap_jobs() as trap:
                self.inbox.answering = "always"
                trap.assert_jobs_count(1, only=self.conversation._job_answer)
            self.assertEqual(self.answer()[-1], "Resposta a: Oi")

    def test_the_sweeper_leaves_what_waits_for_it_to_open(self):
        self.keep_hours()
        with self.at(CLOSED):
            self.customer_says("Oi")
            self.turn()
        for moment, jobs in ((CLOSED + timedelta(hours=1), 0), (OPENING + timedelta(hours=1), 1)):
            with self.at(moment), self.own_transactions(), trap_jobs() as trap:
                self.env["chatwootai.conversation"]._cron_sweep()
                trap.assert_jobs_count(jobs, only=self.conversation._job_answer)
