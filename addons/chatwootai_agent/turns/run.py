"""Runs one turn: takes what waits, lets the crew think, and puts its answer into the outbox.

Three short transactions of its own, so that none is open while the crew thinks (the job's cursor holds the
conversation's lock, and nothing else):

    begin     the waiting messages are claimed by a new turn
    think     no transaction; every tool call has its own
    conclude  the answer, the messages' end and the turn's are written together, or not at all

Killed anywhere, what waits still waits, and the next run begins anew; killed after the last commit, nothing waits.
An answer whose messages another turn has claimed meanwhile is thrown away.
"""

import logging
import time
import uuid

from odoo.addons.chatwootai_mcp.chatwoot.errors import ChatwootError
from odoo.addons.chatwootai_mcp.log_context import working_for
from odoo.addons.chatwootai_mcp.models.company_language import in_company_language
from odoo.addons.chatwootai_mcp.models.error_words import in_words
from odoo.addons.chatwootai_mcp.models.own_transaction import in_own_transaction
from odoo.addons.chatwootai_mcp.stopping import is_stopping
from odoo.addons.queue_job.exception import RetryableJobError

from ..crews.errors import ConfigurationMissing, TurnFailed
from .begin import TooEarly, begin, note_conversation_again, resolved_but_waiting
from .closing import farewell
from .end import conclude, note_failure
from .showing_typing import COURTESY_SECONDS, ShowingTyping, show_typing

_logger = logging.getLogger(__name__)
_READ_SECONDS = 10.0
_RESOLVED_RETRY = 10  # seconds until Chatwoot is asked again how a conversation stands


class TurnRun:
    def __init__(self, env, conversation_id, no_seat=None):
        self._env = env
        self._conversation_id = conversation_id
        self._no_seat = no_seat
        self._steps = []
        self._started = time.monotonic()

    def run(self):
        """One turn, if something waits and the agents are to answer it.

        :raises RetryableJobError: when it is too early, or the crew failed and may be tried again
        """
        if resolved := self._in_own(resolved_but_waiting, self._conversation_id):
            self._look_again(*resolved)
        begun = self._in_own(begin, self._conversation_id, self._no_seat)
        if begun is None:
            return "nothing to answer"
        if isinstance(begun, TooEarly):
            if begun.show_typing:
                with self._client(begun.connection_id, COURTESY_SECONDS) as client:
                    show_typing(client, begun.display_id, True)
            raise RetryableJobError(begun.why, begun.seconds, ignore_retry=True)
        bundle, refusal = begun
        with working_for(self._env.cr.dbname, turn=bundle.turn_id):
            if refusal:
                return self._failed(bundle, TurnFailed(refusal, retryable=False))
            with ShowingTyping(self._client(bundle.connection_id, COURTESY_SECONDS), bundle.display_id):
                return self._answer(bundle)

    def _answer(self, bundle):
        try:
            reply = self._in_own(farewell, bundle) or self._think(bundle)
        except Exception as error:
            self._end_if_stopping(error)
            return self._failed(bundle, error)
        if reply.hand_off:
            self._end_if_stopping()
        return self._in_own(conclude, bundle, reply, self._steps, self._ms(), *self._read_again(bundle))

    def _end_if_stopping(self, error=None):
        """Odoo gives requests a second when it is stopped, and no new thread after it: no reason to call a person.

        The messages still wait; the next run begins anew.
        """
        if is_stopping():
            raise RetryableJobError("The server was stopped meanwhile.", 1, ignore_retry=True) from error

    def _in_own(self, work, *arguments):
        return in_own_transaction(self._env, work, *arguments)

    def _ms(self):
        return round((time.monotonic() - self._started) * 1000)

    def _client(self, connection_id, seconds):
        def client(env):
            return env["chatwootai.chatwoot.connection"].browse(connection_id).client(read_seconds=seconds)

        return self._in_own(client)

    def _look_again(self, connection_id, display_id):
        """A customer's message makes a resolved conversation pending; the word of it may be late."""
        try:
            with self._client(connection_id, _READ_SECONDS) as client:
                seen = client.conversation(display_id)
        except ChatwootError as error:
            raise RetryableJobError(str(error), _RESOLVED_RETRY, ignore_retry=True) from error
        self._in_own(note_conversation_again, self._conversation_id, seen)

    def _think(self, bundle):
        from ..crews.in_process import InProcessTools, principal_of_agent
        from ..crews.registry import crew_class

        def own_parts(env):
            principal = principal_of_agent(env, actor=f"turn:{bundle.turn_id}", conversation_id=bundle.conversation_id)
            return principal, env.company._chatwootai_llm_settings()

        crew = crew_class(bundle.channel)
        principal, llm = self._in_own(own_parts)
        tools = InProcessTools(principal)
        return crew(principal.account_id, tools=tools, llm=llm, style=bundle.style).process_message(
            bundle.text,
            bundle.display_id,
            history=bundle.history,
            customer=bundle.customer,
            on_step=self._steps.append,
        )

    def _read_again(self, bundle):
        """The conversation and what was said in it since it was last read, as Chatwoot says now; (None, ()) when it
        does not answer.

        Then the outbox, which asks again before it sends, decides whether the agents may still speak.
        """
        try:
            with self._client(bundle.connection_id, _READ_SECONDS) as client:
                seen = client.conversation(bundle.display_id)
                return seen, client.messages_since(bundle.display_id, bundle.read_through)
        except ChatwootError as error:
            _logger.info("turn %d: conversation not read again: %s", bundle.turn_id, error)
            return None, ()

    def _failed(self, bundle, error):
        said = self._in_own(_sentence, bundle, error)
        retryable = getattr(error, "retryable", True)
        steps = self._steps or getattr(error, "steps", [])
        seconds = self._in_own(note_failure, bundle, said, retryable, steps, getattr(error, "usage", None), self._ms())
        if seconds:
            raise RetryableJobError(said, seconds, ignore_retry=True)
        return "failed for good: handed over"


def _sentence(env, bundle, error):
    """What people read of a failure. Unexpected ones may hold anything: they stay in the log, under a reference."""
    if isinstance(error, ConfigurationMissing):
        env = in_company_language(env)
        what = {
            "company_metadata": env._("the company's profile"),
            "business_rules": env._("its rules"),
            "agent_config": env._("the agents' settings"),
        }.get(error.config_type, error.config_type)
        why = in_words(env, error.error).rstrip(".")
        return env._("the company's configuration can't be read: %(what)s, %(why)s", what=what, why=why)
    if isinstance(error, TurnFailed):
        return error.reason
    reference = uuid.uuid4().hex[:8]
    _logger.exception("turn %d failed unexpectedly [%s]", bundle.turn_id, reference, exc_info=error)
    return f"{type(error).__name__} [{reference}]"
