"""A conversation from the webhook to the reply, and failures on the way: the log tells ids, not what was said."""

import logging

from odoo.tests import tagged

from odoo.addons.chatwootai_mcp.tests.chatwoot_case import BOT_TOKEN, USER_TOKEN
from odoo.addons.chatwootai_mcp.tests.test_log_context import LogLines

from ..crews.errors import TurnFailed
from .conversation_case import ConversationCase

WORDS = "Quero o batom carmesim, meu nome secreto é Zenóbia"
PHONE = "+5511987654321"


@tagged("post_install", "-at_install")
class TestLogSecrecy(ConversationCase):
    def test_a_conversation_leaves_no_words_number_or_token_in_the_log(self):
        with LogLines() as log:
            logging.getLogger(__name__).info("the log is heard")
            self.customer_says(WORDS)
            self.answer()
            self.crew.answers = [TurnFailed("the model refused", retryable=True), ValueError("no such step")]
            self.customer_says(WORDS)
            self.turn()
            self.turn()
            self.deliver()
        self.assertIn("the log is heard", log.text)
        secrets = (USER_TOKEN, BOT_TOKEN, "batom", "carmesim", "Zenóbia", PHONE, PHONE.lstrip("+"), "sk-1")
        for secret in secrets:
            self.assertNotIn(secret, log.text)

    def test_lines_of_a_turn_name_it(self):
        self.crew.while_thinking = lambda: logging.getLogger(__name__).info("thinking")
        self.customer_says("Oi")
        with LogLines() as log:
            self.answer()
        self.assertIn(f"INFO {self.env.cr.dbname}/{self.turns.id} {__name__}: thinking", log.lines)
