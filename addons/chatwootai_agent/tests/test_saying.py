"""An answer of several messages, with choices and files, as it reaches Chatwoot."""

import base64

from odoo.tests import tagged

from ..crews.part import FileRef, Part
from ..crews.reply import Reply
from .conversation_case import ConversationCase

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="


@tagged("post_install", "-at_install")
class TestSaying(ConversationCase):
    def said(self, *parts):
        """What Chatwoot was sent when the crew answered with these parts."""
        self.crew.replies = lambda: Reply("…", "sales", parts=parts)
        self.customer_says("Oi")
        self.answer()
        return [one for one in self.chatwoot.conversation(25)["messages"] if one["message_type"] == 1]

    def test_each_part_is_a_message_of_its_own_in_order(self):
        sent = self.said(Part("Um"), Part("Dois"), Part("Três"))
        self.assertEqual([one["content"] for one in sent], ["Um", "Dois", "Três"])
        self.assertEqual(self.turns.outbox_ids.mapped("state"), ["sent"] * 3)

    def test_choices_are_sent_to_be_tapped(self):
        [sent] = self.said(Part("Qual?", "input_select", ({"title": "Sérum", "value": "Sérum"},)))
        self.assertEqual(sent["content_type"], "input_select")
        self.assertEqual(sent["content_attributes"]["items"], [{"title": "Sérum", "value": "Sérum"}])
        self.assertIn("• Sérum", self.turns.outbox_ids.content)

    def test_a_products_picture_goes_along(self):
        product = self.env["product.product"].create({"name": "Sérum", "image_1920": PIXEL})
        sent = self.said(Part("Aqui está."), Part("Sérum", files=(FileRef("product", product.id, "Serum"),)))
        [file] = sent[1]["attachments"]
        self.assertEqual((sent[1]["content"], file["name"]), ("Sérum", "Serum.png"))
        self.assertTrue(file["size"])

    def test_a_support_document_goes_along(self):
        content = base64.b64encode(b"Manual de uso")
        profile = self.env["company.services.profile"].sudo()._of_company()
        document = self.env["company.services.document"].create(
            {"profile_id": profile.id, "name": "Manual", "kind": "file", "file": content, "filename": "manual.txt"}
        )
        [sent] = self.said(Part("Manual", files=(FileRef("document", document.id, "Manual"),)))
        self.assertEqual((sent["attachments"][0]["name"], sent["attachments"][0]["size"]), ("manual.txt", 13))

    def test_a_file_that_is_gone_is_not_announced(self):
        sent = self.said(Part("Aqui está."), Part("Sérum", files=(FileRef("product", 987654, "Sérum"),)))
        self.assertEqual([one["content"] for one in sent], ["Aqui está."])

    def test_the_crew_remembers_which_choices_it_offered(self):
        self.said(Part("Qual?", "input_select", ({"title": "Sérum", "value": "Sérum"},)))
        self.receive(self.chatwoot.webhook(25, self.turns.outbox_ids.chatwoot_message_id))
        self.crew.replies = None
        self.customer_says("O primeiro")
        self.answer()
        self.assertEqual(self.crew.asked[-1]["history"][-1], {"role": "assistant", "content": "Qual?\n• Sérum"})
