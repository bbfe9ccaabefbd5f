"""A goodbye gets the farewell and the rating request the tenant set, once until the conversation is resolved."""

from odoo.tests import tagged

from .conversation_case import ConversationCase

GOODBYE = "Muito obrigada, tchau!"


@tagged("post_install", "-at_install")
class TestClosing(ConversationCase):
    def setUp(self):
        super().setUp()
        self.profile = self.env["company.services.profile"]._of_company()
        self.profile.write({"farewell": "Até breve!", "rating_request": False})
        self.customer_says("Tem sérum?")
        self.answer()

    def hear_ourselves(self):
        """Chatwoot tells of what the agents said, as it does."""
        for message in self.chatwoot.conversation(25)["messages"]:
            if message["message_type"] == 1 and not message["private"]:
                self.receive(self.chatwoot.webhook(25, message["id"]))

    def goodbye(self):
        self.hear_ourselves()  # what was heard already changes nothing
        before = len(self.chatwoot.said(25))
        self.customer_says(GOODBYE)
        return self.answer()[before:]

    def test_a_goodbye_gets_the_companys_farewell_and_no_model_is_asked(self):
        self.assertEqual(self.goodbye(), ["Até breve!"])
        self.assertEqual((len(self.crew.asked), self.turns[-1].intent, self.states()[-1]), (1, "closing", "answered"))

    def test_the_inboxs_own_farewell_goes_first(self):
        self.inbox.farewell = "Tchau do WhatsApp!"
        self.assertEqual(self.goodbye(), ["Tchau do WhatsApp!"])

    def test_it_is_said_once_until_the_conversation_is_resolved(self):
        self.goodbye()
        self.assertEqual(self.goodbye(), [f"Resposta a: {GOODBYE}"])
        self.status_becomes("resolved")
        self.chatwoot.conversation(25, status="pending")
        self.customer_says("E creme?")
        self.answer()
        self.assertEqual(self.goodbye(), ["Até breve!"])

    def test_thanks_before_any_answer_are_the_crews(self):
        self.hear_ourselves()
        self.status_becomes("resolved")
        self.chatwoot.conversation(25, status="pending")
        self.assertEqual(self.goodbye(), [f"Resposta a: {GOODBYE}"])

    def test_a_rating_is_asked_for_as_the_profile_says(self):
        self.profile.rating_request = "De 1 a 5?"
        self.assertEqual(self.goodbye(), ["Até breve!", "De 1 a 5?"])

    def test_a_rating_is_asked_for_by_chatwoots_survey(self):
        self.inbox.write({"ask_rating": "survey", "rating_message": "Avalie"})
        self.assertEqual(self.goodbye(), ["Até breve!", "Avalie"])
        [survey] = [
            one for one in self.chatwoot.conversation(25)["messages"] if one.get("content_type") == "input_csat"
        ]
        self.assertEqual(survey["content"], "Avalie")

    def test_nobody_asks_twice_where_chatwoot_asks_itself(self):
        self.profile.rating_request = "De 1 a 5?"
        self.inbox.write({"ask_rating": "message", "asks_for_rating": True})
        self.assertEqual(self.goodbye(), ["Até breve!"])

    def test_it_is_resolved_only_where_the_tenant_wants_that(self):
        self.goodbye()
        self.assertEqual(self.chatwoot.conversation(25)["status"], "pending")

    def test_it_is_resolved_after_the_farewell(self):
        self.inbox.resolve_after_farewell = True
        self.assertEqual(self.goodbye(), ["Até breve!"])
        self.assertEqual(self.chatwoot.conversation(25)["status"], "resolved")

    def test_it_is_not_resolved_when_the_customer_writes_before_that(self):
        self.inbox.resolve_after_farewell = True
        self.hear_ourselves()
        self.customer_says(GOODBYE)
        self.turn()

        written = []
        self.chatwoot.before_write = lambda *_: written or written.append(self.chatwoot.add(25, "Ah, e tem creme?"))
        self.deliver()
        self.assertEqual(self.chatwoot.conversation(25)["status"], "pending")
        self.receive(self.chatwoot.webhook(25, *written))
        self.assertEqual(self.answer()[-2:], ["Até breve!", "Resposta a: Ah, e tem creme?"])

    def test_nothing_is_said_or_resolved_beside_a_person(self):
        self.inbox.resolve_after_farewell = True
        self.hear_ourselves()
        self.customer_says(GOODBYE)
        self.turn()
        self.chatwoot.add(25, "Eu sigo", 1, {"id": 3, "type": "user", "name": "Luis"})
        self.deliver()
        self.assertNotIn("Até breve!", self.chatwoot.said(25))
        self.assertEqual(self.chatwoot.conversation(25)["status"], "pending")

    def test_the_crew_is_told_what_the_inbox_says_otherwise(self):
        self.inbox.write({"greeting": "Oi do WhatsApp!", "ask_rating": "no"})
        self.customer_says("E creme?")
        self.answer()
        self.assertEqual(self.crew.style, {"greeting": "Oi do WhatsApp!", "rating_request": ""})
