"""Delivers what waits for one conversation, in order; each step is a transaction of its own, committed before the next.

The decisions are in `chatwoot/outbox.py` and `chatwoot/state_machine.py`; here are the effects. Killed anywhere, the
next run goes on where the database says it was: an entry "sending" is looked for in Chatwoot before it is sent again.
"""

import logging
from datetime import timedelta

from odoo import fields

from odoo.addons.queue_job.exception import RetryableJobError

from ..chatwoot import outbox as rules
from ..chatwoot.errors import ChatwootError, Unauthorized
from ..chatwoot.outbox import Kind, State, Step
from ..chatwoot.state_machine import person_spoke
from .company_language import in_company_language
from .own_transaction import in_own_transaction

_logger = logging.getLogger(__name__)
_MANAGERS = "chatwootai_mcp.group_mcp_manager"


class Delivery:
    def __init__(self, env, connection_id, display_id):
        self._env = env
        self._connection_id = connection_id
        self._display_id = display_id

    def run(self):
        """Deliver until nothing waits.

        :raises RetryableJobError: when the first entry that waits cannot be delivered yet; those behind it wait too
        """
        delivered = 0
        with self._client() as client:
            while entry := self._in_own(_first_waiting, self._connection_id, self._display_id):
                self._wait_for_its_time(entry)
                self._deliver(client, entry)
                delivered += 1
        return f"{delivered} delivered"

    def _client(self):
        return self._in_own(lambda env: env["chatwootai.chatwoot.connection"].browse(self._connection_id).client())

    def _in_own(self, work, *arguments):
        return in_own_transaction(self._env, work, *arguments)

    @staticmethod
    def _wait_for_its_time(entry):
        if entry.seconds_to_wait > 0:
            raise RetryableJobError("It is not yet time to try again.", entry.seconds_to_wait, ignore_retry=True)

    def _deliver(self, client, entry):
        try:
            if self._stands_already(client, entry) or self._is_withheld(client, entry):
                return
        except ChatwootError as error:
            # Nothing left: the entry stays as it was, unless asking again is of no use.
            self._failed(entry, error, entry.state if error.retryable else State.FAILED)
            return
        self._in_own(_note_sending, entry.id)
        try:
            message_id = self._perform(client, entry)
        except ChatwootError as error:
            self._failed(entry, error, rules.state_after(error))
        else:
            self._in_own(_note_sent, entry.id, message_id)

    def _failed(self, entry, error, state):
        seconds = self._in_own(_note_failure, entry.id, error, state)
        if state is not State.FAILED:
            raise RetryableJobError(str(error), seconds, ignore_retry=True)

    def _stands_already(self, client, entry):
        """Whether an entry whose last try has an unknown end turns out to have been sent."""
        if rules.next_step(entry.kind, entry.state) is not Step.READ_BACK:
            return False
        message_id = self._read_back(client, entry)
        if message_id is None:
            return False
        _logger.info("outbox %d: found in Chatwoot as message %d", entry.id, message_id)
        self._in_own(_note_sent, entry.id, message_id)
        return True

    def _is_withheld(self, client, entry):
        if not (entry.guarded and self._people_have_it(client, entry)):
            return False
        self._in_own(_note_withheld, entry.id)
        return True

    def _read_back(self, client, entry):
        """Where the entry stands in Chatwoot after a try whose end is not known; None when it is not there."""
        claimed, _sending = self._in_own(_own_messages, entry.id)
        return rules.was_sent(entry.rule(), client.messages_since(self._display_id, entry.floor), claimed)

    def _people_have_it(self, client, entry):
        """Whether a person took the conversation over, as Chatwoot says now."""
        known = self._in_own(_standing, entry.id)
        if known.seen(client.conversation(self._display_id)).silence:
            return True
        if not entry.floor:
            return False
        own_ids, sending = self._in_own(_own_messages, entry.id)
        return person_spoke(client.messages_since(self._display_id, entry.floor), own_ids, sending)

    def _perform(self, client, entry):
        """Do it. The id of the message, where it is one."""
        payload = entry.payload
        match entry.kind:
            case Kind.MESSAGE | Kind.PRIVATE_NOTE:
                private = entry.kind is Kind.PRIVATE_NOTE
                return client.send_message(self._display_id, **payload, private=private)
            case Kind.STATUS:
                # Hours may have passed: a conversation that a person opened or resolved since is left as it is.
                only_when = payload.get("when")
                if not only_when or client.conversation(self._display_id).status == only_when:
                    client.set_status(self._display_id, payload["status"])
            case Kind.LABELS:
                client.add_labels(self._display_id, payload["labels"])
            case Kind.PRIORITY:
                client.set_priority(self._display_id, payload["priority"])
            case Kind.ASSIGNMENT:
                client.assign(self._display_id, assignee_id=payload.get("assignee_id"), team_id=payload.get("team_id"))
        return None


class _Entry:
    """An entry's values, read once: no record outlives the transaction that read it."""

    def __init__(self, record):
        self.id = record.id
        self.kind = Kind(record.kind)
        self.state = State(record.state)
        self.payload = dict(record.payload)
        self.guarded = record.guarded
        self.floor = record.floor
        self.seconds_to_wait = _seconds_until(record.next_attempt_at, _settled_at(record))

    def rule(self):
        return rules.Entry(self.kind, self.state, self.payload.get("content", ""), self.floor)


def _seconds_until(*moments):
    latest = max((moment for moment in moments if moment), default=None)
    if latest is None:
        return 0
    # Rounded up: a job that wakes a moment too early would have to be postponed once more.
    return max(0, int((latest - fields.Datetime.now()).total_seconds() + 0.999))


def _settled_at(record):
    """When a request whose end is not known has certainly ended: reading back earlier could miss it."""
    if not record.sending_since or rules.next_step(Kind(record.kind), State(record.state)) is not Step.READ_BACK:
        return None
    parameter = record.env["ir.config_parameter"].sudo().get_param("chatwootai_mcp.outbox_settle_seconds")
    seconds = int(parameter) if parameter and parameter.isdecimal() else rules.SETTLE_SECONDS
    return record.sending_since + timedelta(seconds=seconds)


def _first_waiting(env, connection_id, display_id):
    record = env["chatwootai.outbox"].search(
        [
            ("connection_id", "=", connection_id),
            ("conversation_display_id", "=", display_id),
            ("state", "in", ("queued", "sending")),
        ],
        order="id",
        limit=1,
    )
    return _Entry(record) if record else None


def _standing(env, entry_id):
    entry = env["chatwootai.outbox"].browse(entry_id)
    return entry._standing_of(entry.connection_id, entry.conversation_display_id)


def _own_messages(env, entry_id):
    """What other entries of the same conversation became, and the words being sent."""
    entry = env["chatwootai.outbox"].browse(entry_id)
    return env["chatwootai.outbox"].message_ids_of(entry.connection_id, entry.conversation_display_id)


def _note_sending(env, entry_id):
    entry = env["chatwootai.outbox"].browse(entry_id)
    entry.write({"state": State.SENDING, "attempts": entry.attempts + 1, "sending_since": fields.Datetime.now()})


def _note_sent(env, entry_id, message_id):
    env["chatwootai.outbox"].browse(entry_id).write(
        {
            "state": State.SENT,
            "chatwoot_message_id": message_id or False,
            "sent_at": fields.Datetime.now(),
            "next_attempt_at": False,
            "last_error": False,
        }
    )


def _note_withheld(env, entry_id):
    env = in_company_language(env)
    entry = env["chatwootai.outbox"].browse(entry_id)
    entry.write({"state": State.WITHHELD, "last_error": env._("A person has taken over the conversation.")})


def _note_failure(env, entry_id, error, state):
    """Note what went wrong; the seconds until it is tried again."""
    env = in_company_language(env)
    entry = env["chatwootai.outbox"].browse(entry_id)
    failures = entry.failures + 1
    seconds = rules.pause(failures, error)
    entry.write(
        {
            "state": state,
            "failures": failures,
            "last_error": str(error),
            "next_attempt_at": fields.Datetime.now() + timedelta(seconds=seconds),
        }
    )
    _logger.warning("outbox %d: %s; now %s, next try in %d s", entry.id, error, state, seconds)
    if isinstance(error, Unauthorized):
        entry.connection_id.alert(
            _MANAGERS, env._("Chatwoot refuses the access token"), str(error), kind="delivery_failed"
        )
    if state is State.FAILED:
        _tell_people(env, entry)
    return max(seconds, _seconds_until(_settled_at(entry)))


def _tell_people(env, entry):
    entry.alert(_MANAGERS, env._("Chatwoot refused what the agents sent"), entry.last_error, kind="delivery_failed")
    if entry.kind == Kind.MESSAGE and entry.guarded:
        note = env._(
            "This reply could not be delivered (%(reason)s). Please answer the customer:\n\n%(reply)s",
            reason=entry.last_error,
            reply=entry.payload["content"],
        )
        entry.hand_off(
            entry.connection_id, entry.conversation_display_id, note=note, origin=entry.origin, floor=entry.floor
        )
