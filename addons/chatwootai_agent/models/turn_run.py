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
from datetime import timedelta

from odoo import fields

from odoo.addons.chatwootai_mcp.chatwoot.errors import ChatwootError
from odoo.addons.chatwootai_mcp.chatwoot.ownership import Silence, person_spoke
from odoo.addons.chatwootai_mcp.chatwoot.payload import Author
from odoo.addons.chatwootai_mcp.control import get_control
from odoo.addons.chatwootai_mcp.models.company_language import in_company_language
from odoo.addons.chatwootai_mcp.models.outbox import MAX_CONTENT
from odoo.addons.chatwootai_mcp.models.own_transaction import in_own_transaction, lock
from odoo.addons.chatwootai_mcp.tenancy.audit import mask
from odoo.addons.chatwootai_mcp.tenancy.quota import over
from odoo.addons.queue_job.exception import RetryableJobError

from ..crews.errors import TurnFailed
from .chatwoot_connection import LONGEST_PAUSE
from .intake import note_conversation, take_message
from .turn_bundle import bundle_of

_logger = logging.getLogger(__name__)
_MANAGERS = "chatwootai_agent.group_agent_manager"
_FAILURES = 3  # tries of the crew before a person is called
_RECONSIDERED = 3  # a customer who writes on and on is answered all the same
_ATTEMPTS = 8  # turns that may begin on a message, whatever ended them: workers may be killed again and again
_FIRST_RETRY = 5  # seconds; then three times as long each time
_COURTESY_SECONDS = 2.0  # for showing that somebody is typing
_READ_SECONDS = 10.0
_RESOLVED_RETRY = 10  # seconds until Chatwoot is asked again how a conversation stands


class TurnRun:
    def __init__(self, env, conversation_id):
        self._env = env
        self._conversation_id = conversation_id
        self._steps = []
        self._started = time.monotonic()

    def run(self):
        """One turn, if something waits and the agents are to answer it.

        :raises RetryableJobError: when it is too early, or the crew failed and may be tried again
        """
        if resolved := self._in_own(_resolved_but_waiting, self._conversation_id):
            self._look_again(*resolved)
        begun = self._in_own(_begin, self._conversation_id)
        if begun is None:
            return "nothing to answer"
        if isinstance(begun, float):
            raise RetryableJobError("The customer may still be writing.", begun, ignore_retry=True)
        bundle, refusal = begun
        try:
            if refusal:
                raise TurnFailed(refusal, retryable=False)
            self._show_typing(bundle)
            reply = self._think(bundle)
        except Exception as error:
            return self._failed(bundle, error)
        return self._in_own(_conclude, bundle, reply, self._steps, self._ms(), *self._read_again(bundle))

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
        self._in_own(_note_conversation, self._conversation_id, seen)

    def _show_typing(self, bundle):
        """A courtesy: whether it works decides nothing."""
        try:
            with self._client(bundle.connection_id, _COURTESY_SECONDS) as client:
                client.show_typing(bundle.display_id, True)
        except ChatwootError as error:
            _logger.info("turn %d: typing not shown: %s", bundle.turn_id, error)

    def _think(self, bundle):
        from ..crews.in_process import InProcessTools, principal_of_agent
        from ..crews.registry import crew_class

        def own_parts(env):
            principal = principal_of_agent(env, actor=f"turn:{bundle.turn_id}", conversation_id=bundle.conversation_id)
            return principal, env.company._chatwootai_llm_settings()

        crew = crew_class(bundle.channel)
        principal, llm = self._in_own(own_parts)
        return crew(principal.account_id, tools=InProcessTools(principal), llm=llm).process_message(
            bundle.text,
            bundle.display_id,
            history=bundle.history,
            customer=bundle.customer,
            on_step=self._steps.append,
        )

    def _read_again(self, bundle):
        """The conversation and what was said in it since, as Chatwoot says now; (None, ()) when it does not answer.

        Then the outbox, which asks again before it sends, decides whether the agents may still speak.
        """
        try:
            with self._client(bundle.connection_id, _READ_SECONDS) as client:
                return client.conversation(bundle.display_id), client.messages_since(bundle.display_id, bundle.first_id)
        except ChatwootError as error:
            _logger.info("turn %d: conversation not read again: %s", bundle.turn_id, error)
            return None, ()

    def _failed(self, bundle, error):
        said = _sentence(bundle, error)
        retryable = getattr(error, "retryable", True)
        steps = self._steps or getattr(error, "steps", [])
        seconds = self._in_own(_note_failure, bundle, said, retryable, steps, getattr(error, "usage", None), self._ms())
        if seconds:
            raise RetryableJobError(said, seconds, ignore_retry=True)
        return "failed for good: handed over"


def _sentence(bundle, error):
    """What people read of a failure. Unexpected ones may hold anything: they stay in the log, under a reference."""
    if isinstance(error, TurnFailed):
        return error.reason
    reference = uuid.uuid4().hex[:8]
    _logger.exception("turn %d failed unexpectedly [%s]", bundle.turn_id, reference, exc_info=error)
    return f"{type(error).__name__} [{reference}]"


def _resolved_but_waiting(env, conversation_id):
    """(connection, display id) where a customer's message waits in a resolved conversation."""
    conversation = env["chatwootai.conversation"].browse(conversation_id).exists()
    if conversation and conversation.silence == Silence.RESOLVED and conversation.waiting_messages():
        return conversation.connection_id.id, conversation.display_id
    return None


def _note_conversation(env, conversation_id, seen):
    note_conversation(lock(env["chatwootai.conversation"].browse(conversation_id)), seen)


def _begin(env, conversation_id):
    """(bundle, why it may not be answered) of a new turn; seconds to wait; None when there is nothing to answer."""
    conversation = lock(env["chatwootai.conversation"].browse(conversation_id))
    messages = conversation.waiting_messages() if conversation else None
    if not messages:
        return None
    if conversation.silence or _hand_off_is_under_way(conversation):
        messages.state = "with_people"
        return None
    if early := _seconds_too_early(conversation, messages):
        return early
    conversation.turn_ids.filtered(lambda turn: turn.state == "running").write(
        {"state": "interrupted", "ended_at": fields.Datetime.now()}
    )
    turn = env["chatwootai.turn"].create({"conversation_id": conversation.id})
    for message in messages:
        message.write({"turn_id": turn.id, "attempts": message.attempts + 1})
    bundle = bundle_of(turn, messages)
    turn.question = bundle.text
    return bundle, _refusal(in_company_language(env), bundle)


def _hand_off_is_under_way(conversation):
    """The agents have handed it over, and Chatwoot was not told yet."""
    return bool(
        conversation.env["chatwootai.outbox"].search_count(
            [
                ("connection_id", "=", conversation.connection_id.id),
                ("conversation_display_id", "=", conversation.display_id),
                ("kind", "=", "status"),
                ("state", "in", ("queued", "sending")),
            ],
            limit=1,
        )
    )


def _seconds_too_early(conversation, messages):
    """The pause counts from the newest message; whoever writes on and on is not kept waiting for it for ever."""
    received = messages.mapped("received_at")
    pause = conversation.connection_id.pause_seconds
    due = min(max(received) + timedelta(seconds=pause), min(received) + timedelta(seconds=max(pause, LONGEST_PAUSE)))
    return max(0.0, (due - fields.Datetime.now()).total_seconds())


def _refusal(env, bundle):
    if bundle.attempt > _ATTEMPTS:
        return env._("it was begun %s times and never ended", bundle.attempt - 1)
    limit = get_control().limits(env.cr.dbname).turns_per_day
    if limit is None:
        return None
    midnight = fields.Datetime.now().replace(hour=0, minute=0, second=0)
    today = env["chatwootai.turn"].search_count(
        [("started_at", ">=", midnight), ("state", "in", ("done", "handed_over", "silenced"))]
    )
    return env._("the limit of %s turns a day is reached", limit) if over(limit, today) else None


def _conclude(env, bundle, reply, steps, ms, seen, said_since):
    """The turn's end, all of it in this transaction."""
    turn = env["chatwootai.turn"].browse(bundle.turn_id)
    conversation = lock(turn.conversation_id)
    messages = env["chatwootai.message"].browse(bundle.row_ids)
    _note_result(turn, reply, steps, ms)
    _take_what_was_said(conversation, seen, said_since)
    claimed = messages.filtered(lambda message: message.turn_id == turn and message.state == "waiting")
    if conversation.silence:
        turn.state = "silenced"
        claimed.state = "with_people"
        return "silent: a person took over"
    if claimed != messages:
        turn.state = "superseded"
        if claimed:  # the customer took a part of it back: the rest is answered by itself
            conversation.queue_turn()
        return "superseded: these messages are another turn's, or gone"
    if conversation.waiting_messages() - messages and bundle.attempt <= _RECONSIDERED:
        # The newer message's own job answers them together.
        turn.state = "superseded"
        return "superseded: the customer wrote on"
    _say(turn, messages, bundle, reply)
    return turn.state


def _take_what_was_said(conversation, seen, said_since):
    """Bring the rows up to what Chatwoot says now, messages whose webhook never came among them."""
    if seen is not None:
        note_conversation(conversation, seen)
    own_ids, sending = conversation.env["chatwootai.outbox"].message_ids_of(
        conversation.connection_id, conversation.display_id
    )
    for message in said_since:
        if message.author is Author.CUSTOMER and not message.private:
            take_message(conversation, message)
    if person_spoke(said_since, own_ids, sending):
        conversation.take_standing(conversation._standing().heard(Author.PERSON))


def _say(turn, messages, bundle, reply):
    conversation, outbox = turn.conversation_id, turn.env["chatwootai.outbox"]
    where = (conversation.connection_id, conversation.display_id)
    if reply.hand_off:
        outbox.hand_off(
            *where,
            message=reply.hand_off.message[:MAX_CONTENT],
            note=_note(in_company_language(turn.env), bundle, reply.hand_off.reason),
            team_id=reply.hand_off.team_id,
            origin=turn.origin,
            floor=bundle.first_id,
        )
        turn.state, messages.state = "handed_over", "handed_over"
    else:
        outbox.enqueue(
            *where,
            "message",
            {"content": reply.text[:MAX_CONTENT]},
            turn.origin,
            guarded=True,
            floor=bundle.first_id,
        )
        turn.state, messages.state = "done", "answered"


def _note(env, bundle, reason):
    asked = bundle.text or env._("(no text)")
    return env._(
        "The agents hand this conversation over: %(reason)s.\n\nAsked:\n%(asked)s", reason=reason, asked=asked
    )[:MAX_CONTENT]


def _note_failure(env, bundle, said, retryable, steps, usage, ms):
    """Note a turn that failed; the seconds until the next try, or 0 when a person was called."""
    env = in_company_language(env)
    turn = env["chatwootai.turn"].browse(bundle.turn_id)
    lock(turn.conversation_id)
    messages = (
        env["chatwootai.message"]
        .browse(bundle.row_ids)
        .filtered(lambda message: message.turn_id == turn and message.state == "waiting")
    )
    failed_before = env["chatwootai.turn"].search_count(
        [
            ("conversation_id", "=", bundle.conversation_id),
            ("state", "=", "retried"),
            ("started_at", ">=", min(messages.mapped("received_at"), default=fields.Datetime.now())),
        ]
    )
    again = retryable and failed_before + 1 < _FAILURES
    turn.write({"error": said, "state": "retried" if again else "failed"} | _costs(usage, ms))
    _note_steps(turn, steps)
    if again:
        return _FIRST_RETRY * 3**failed_before
    if messages:
        _call_a_person(turn, messages, bundle, said)
    return 0


def _call_a_person(turn, messages, bundle, said):
    env, conversation = turn.env, turn.conversation_id
    messages.state = "handed_over"
    env["chatwootai.outbox"].hand_off(
        conversation.connection_id,
        conversation.display_id,
        message=env.company.sudo().chatwootai_hand_off_message or None,
        note=_note(env, bundle, env._("they could not answer (%s)", said)),
        team_id=env.company.sudo().chatwootai_hand_off_team or None,
        origin=turn.origin,
        floor=bundle.first_id,
    )
    conversation.alert(_MANAGERS, env._("The agents could not answer"), said)


def _note_result(turn, reply, steps, ms):
    hand_off = reply.hand_off
    turn.write(
        {
            "intent": reply.intent,
            "reply": reply.text,
            "hand_off_cause": hand_off and hand_off.cause,
            "hand_off_reason": hand_off and hand_off.reason,
        }
        | _costs(reply.usage, ms)
    )
    _note_steps(turn, reply.steps or steps)


def _costs(usage, ms):
    costs = {"ended_at": fields.Datetime.now(), "total_ms": ms}
    if usage is not None:
        costs |= {
            "llm_calls": usage.llm_calls,
            "tool_calls": usage.tool_calls,
            "tokens_in": usage.prompt_tokens,
            "tokens_out": usage.completion_tokens,
        }
    return costs


def _note_steps(turn, steps):
    turn.env["chatwootai.turn.step"].create(
        [
            {
                "turn_id": turn.id,
                "sequence": number,
                "kind": step.kind,
                "name": step.name,
                "arguments": mask(step.arguments),
                "result": step.result,
                "ok": step.ok,
                "ms": step.ms,
                "tokens": step.tokens,
            }
            for number, step in enumerate(steps, 1)
        ]
    )
