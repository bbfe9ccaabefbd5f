"""What went wrong with Chatwoot is said to people in sentences that can be translated, with Chatwoot's own words."""

from odoo.tests import TransactionCase, tagged

from ..chatwoot.errors import Rejected, Sentence, Unavailable
from ..models.chatwoot_words import _sentences, in_words


@tagged("post_install", "-at_install")
class TestChatwootWords(TransactionCase):
    def test_every_sentence_can_be_translated(self):
        self.assertEqual(dict(_sentences(self.env)), {sentence: sentence.value for sentence in Sentence})

    def test_chatwoots_own_words_stay_as_they_are(self):
        error = Rejected(Sentence.REFUSED, "status 422, Content is wrong")
        self.assertEqual(in_words(self.env, error), "Chatwoot refuses the request: status 422, Content is wrong")
        self.assertEqual(in_words(self.env, error), str(error))

    def test_a_sentence_nobody_knows_is_said_as_it_is(self):
        self.assertEqual(in_words(self.env, Unavailable("busy")), "busy.")
