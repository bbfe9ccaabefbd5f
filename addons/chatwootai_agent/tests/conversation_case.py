"""What tests of conversations need: customers who write, and a crew that says what the test tells it to."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import TransactionCase

from odoo.addons.chatwootai_mcp.chatwoot.payload import parse_event
from odoo.addons.chatwootai_mcp.tests.chatwoot_case import ChatwootMixin
from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.tests.common import trap_jobs

from ..crews import registry
from ..crews.reply import HandOff, Reply, Step, Usage
from ..turns.intake import take_in


class FakeCrew:
    """Takes the place of every channel's crew; ``asked`` holds what it was given."""

    def __init__(self):
        self.asked = []
        self.answers = []
        self.while_thinking = None
        self.replies = None  # makes the whole reply, where its words are not enough

    def __call__(self, account_id, tools=None, llm=None, style=None):
        self.account_id, self.tools, self.llm, self.style = account_id, tools, llm, style
        return self

    def process_message(self, message, conversation_id, history=(), customer=None, on_step=None):
        self.asked.append({"message": message, "history": list(history), "customer": customer})
        on_step(Step("tool", "find_products", {"query": message, "api_key": "sk-1"}, "[…]", ms=3))
        if self.while_thinking:
            self.while_thinking()
        if self.replies:
            return self.replies()
        answer = self.answers.pop(0) if self.answers else f"Resposta a: {message}"
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, HandOff):
            return Reply(answer.message, "person", answer)
        return Reply(answer, "sales", usage=Usage(100, 20, 120, llm_calls=2, tool_calls=1))


class ConversationCase(ChatwootMixin, TransactionCase):
    """``self.customer_says(words)``, ``self.answer()``, ``self.crew``."""

    def setUp(self):
        super().setUp()
        self.inbox = self.env["chatwootai.inbox"].create(
            {
                "connection_id": self.connection.id,
                "inbox_id": 17,
                "name": "WhatsApp",
                "pause_seconds": 0,
                "hours": "chatwoot",  # it keeps none: it is open, whatever the time of the test
            }
        )
        with trap_jobs():
            self.env.company.chatwootai_llm_model = "test"
        self.crew = FakeCrew()
        self.enterContext(patch.object(registry, "crew_class", lambda channel: self.crew))

    def receive(self, payload):
        """The webhook's event, taken in; the number of jobs it made."""
        with trap_jobs() as trap:
            self.take(payload)
            return len(trap.enqueued_jobs)

    def take(self, payload):
        """The same, whose jobs are stored."""
        take_in(self.connection, parse_event(payload))
        self.env.flush_all()

    def customer_says(self, words, **values):
        """A customer's message in Chatwoot, and its webhook."""
        message_id = self.chatwoot.add(self.CONVERSATION, words, **values)
        self.receive(self.chatwoot.webhook(self.CONVERSATION, message_id))
        return message_id

    def person_says(self, words, **values):
        message_id = self.chatwoot.add(self.CONVERSATION, words, 1, {"id": 3, "type": "user", "name": "Luis"}, **values)
        self.receive(self.chatwoot.webhook(self.CONVERSATION, message_id))
        return message_id

    def status_becomes(self, status):
        self.chatwoot.conversation(self.CONVERSATION, status=status)
        event = {"event": "conversation_status_changed", **self.chatwoot.shown(self.CONVERSATION)}
        self.receive(event)

    @property
    def conversation(self):
        return self.env["chatwootai.conversation"].search([("display_id", "=", self.CONVERSATION)])

    @property
    def turns(self):
        return self.env["chatwootai.turn"].search([], order="id")

    def states(self):
        return self.env["chatwootai.message"].search([("author", "=", "customer")]).mapped("state")

    def turn(self):
        """Run the answering job once; the seconds it wants to wait, or None when it is through."""
        with self.own_transactions(), trap_jobs():
            try:
                self.conversation._job_answer()
            except RetryableJobError as error:
                return error.seconds
        return None

    def answer(self):
        """Run the answering job and the delivery; what was said to the customer."""
        self.turn()
        self.deliver()
        return self.chatwoot.said(self.CONVERSATION)

    def at(self, moment):
        """Odoo's clock stands still meanwhile."""
        return patch.object(fields.Datetime, "now", lambda: moment)

    def age(self, record, seconds, *names):
        """Make a record older."""
        for name in names:
            record[name] = record[name] - timedelta(seconds=seconds)
