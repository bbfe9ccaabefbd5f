"""What the channel tells of the agents' own messages: a choice tapped is an answer, a refusal calls a person."""

from odoo.tests import tagged

from .conversation_case import ConversationCase

SERUM = {"title": "Sérum", "value": "1"}


@tagged("post_install", "-at_install")
class TestChannelNews(ConversationCase):
    def answered(self):
        """The number of the agents' answer in Chatwoot."""
        self.customer_says("O que vocês têm?")
        self.answer()
        return self.conversation_message_id()

    def conversation_message_id(self):
        return self.turns[-1:].outbox_ids.chatwoot_message_id

    def changed(self, message_id, **attributes):
        event = self.chatwoot.webhook(25, message_id, event="message_updated", content_attributes=attributes)
        return self.receive(event)

    def test_a_choice_that_the_customer_taps_is_answered_once(self):
        message_id = self.answered()
        self.assertEqual(self.changed(message_id, submitted_values=[SERUM]), 1)
        self.assertEqual(self.changed(message_id, submitted_values=[SERUM]), 0)
        self.assertEqual(self.answer()[-1], "Resposta a: Sérum")
        self.assertEqual(set(self.states()), {"answered"})

    def test_a_choice_submitted_by_itself_is_one_too(self):
        self.assertEqual(self.changed(self.answered(), submitted_values=SERUM), 1)
        self.assertEqual(self.answer()[-1], "Resposta a: Sérum")

    def test_the_choice_comes_after_the_message_that_offered_it(self):
        message_id = self.answered()
        self.receive(self.chatwoot.webhook(25, message_id))
        self.changed(message_id, submitted_values=[SERUM])
        self.assertEqual(self.conversation.chat_ids.mapped("author"), ["customer", "agents", "customer"])

    def test_a_choice_tapped_after_people_gave_it_back_is_answered(self):
        message_id = self.answered()
        self.person_says("Posso ajudar?")
        self.status_becomes("open")
        self.status_becomes("pending")
        self.changed(message_id, submitted_values=[SERUM])
        self.assertEqual(self.answer()[-1], "Resposta a: Sérum")
        self.assertEqual(set(self.states()), {"answered"})

    def test_one_tapped_while_people_had_it_is_answered_when_they_give_it_back(self):
        message_id = self.answered()
        self.person_says("Posso ajudar?")
        self.status_becomes("open")
        self.changed(message_id, submitted_values=[SERUM])
        self.status_becomes("pending")
        self.assertEqual(self.answer()[-1], "Resposta a: Sérum")

    def test_one_that_a_person_answered_is_not_answered_again(self):
        message_id = self.answered()
        self.status_becomes("open")
        self.changed(message_id, submitted_values=[SERUM])
        self.person_says("Custa 89 reais")
        self.status_becomes("pending")
        self.assertEqual(self.answer()[-1], "Custa 89 reais")

    def test_what_is_no_choice_of_ours_is_no_answer(self):
        message_id = self.answered()
        person = self.chatwoot.add(25, "Escolha", 1, {"id": 9, "type": "agent_bot"})
        for number, values in (
            (person, [SERUM]),
            (message_id, {"csat_survey_response": {"rating": 5}}),
            (message_id, [{"name": "email", "value": "a@b.c"}, None, 3]),
            (message_id, [{"title": "  "}]),
        ):
            with self.subTest(values=values):
                self.assertEqual(self.changed(number, submitted_values=values), 0)

    def test_a_refusal_by_the_channel_calls_a_person(self):
        message_id = self.answered()
        self.assertEqual(self.changed(message_id, external_error="131047: window"), 1)

    def test_an_automatic_reply_starts_no_turn(self):
        self.customer_says("Estou de férias", content_attributes={"email": {"auto_reply": True}})
        self.assertEqual(self.conversation.chat_ids.author, "automation")
        self.assertEqual(self.answer(), [])

    def test_outside_whatsapps_window_the_inboxs_template_is_sent(self):
        self.customer_says("Oi")
        inbox = self.conversation._inbox()
        inbox.write({"template_name": "volta", "template_language": "pt_BR", "template_params": "Ana"})
        self.chatwoot.conversation(25, can_reply=False)
        [sent] = self.answer()
        self.assertIn("volta", sent)  # in the company's language
        sent = self.chatwoot.conversation(25)["messages"][-2]
        self.assertEqual(
            sent["template_params"],
            {
                "name": "volta",
                "language": "pt_BR",
                "category": "UTILITY",
                "processed_params": {"body": {"1": "Ana"}},
            },
        )
