"""Delivers what waits for one conversation, in order; each step is a transaction of its own, committed before the next.

The decisions are in `chatwoot/outbox.py` and `chatwoot/state_machine.py`; here are the effects. Killed anywhere, the
next run goes on where the database says it was: an entry "sending" is looked for in Chatwoot before it is sent again.

A run is short, so that a Chatwoot which hangs keeps no other tenant's messages waiting: one entry may take seconds, a
run a little more, and while a connection rests (`outbox_rest.py`) nothing is tried on it but by one run at a time.
"""

import base64
import logging
import time
from datetime import timedelta

from odoo import fields

from odoo.addons.queue_job.exception import RetryableJobError

from ..chatwoot import outbox as rules
from ..chatwoot.client import OutgoingFile
from ..chatwoot.errors import ChatwootError, Unauthorized
from ..chatwoot.outbox import Kind, State, Step
from ..chatwoot.payload import Author
from ..chatwoot.state_machine import person_spoke
from .alert import MANAGERS
from .chatwoot_words import in_words
from .company_language import in_company_language
from .outbox_rest import note_answered, note_out_of_reach, seconds_of_rest
from .own_transaction import in_own_transaction
from .parameters import whole_number

_logger = logging.getLogger(__name__)
_OURS = ("attachment_ids", "file_names")  # of a payload: what Chatwoot is not told in these words
_READ_SECONDS = 10.0
_ENTRY_SECONDS = 15.0  # for all that one entry asks of Chatwoot
_LOOKS = 3  # where somebody writes all the while, the last one counts
_RUN_SECONDS = 30.0  # then others have their turn
_LONG = timedelta(hours=1)  # for an answer to wait, without anybody being told


class Delivery:
    def __init__(self, env, connection_id, display_id):
        self._env = env
        self._connection_id = connection_id
        self._display_id = display_id

    def run(self):
        """Deliver until nothing waits.

        :raises RetryableJobError: when the first entry that waits cannot be delivered yet; those behind it wait too
        """
        delivered, until = 0, time.monotonic() + _RUN_SECONDS
        with self._client() as client:
            while entry := self._in_own(_first_waiting, self._connection_id, self._display_id):
                self._wait_for_its_time(entry)
                if time.monotonic() > until:
                    raise RetryableJobError("Others wait too.", 1, ignore_retry=True)
                client.deadline = time.monotonic() + _ENTRY_SECONDS
                self._deliver(client, entry)
                delivered += 1
            if delivered:
                self._in_own(note_answered, self._connection_id)
        return f"{delivered} delivered"

    def _client(self):
        def client(env):
            return env["chatwootai.chatwoot.connection"].browse(self._connection_id).client(read_seconds=_READ_SECONDS)

        return self._in_own(client)

    def _in_own(self, work, *arguments):
        return in_own_transaction(self._env, work, *arguments)

    def _wait_for_its_time(self, entry):
        seconds = entry.seconds_to_wait or self._in_own(seconds_of_rest, self._connection_id)
        if seconds > 0:
            raise RetryableJobError("It is not yet time to try again.", seconds, ignore_retry=True)

    def _deliver(self, client, entry):
        try:
            if self._stands_already(client, entry) or self._is_held_back(client, entry):
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

    def _is_held_back(self, client, entry):
        """Whether it may not be said any more: people have it, the channel is shut, or it was no end after all."""
        if not entry.guarded:
            return False
        said, seen = self._look(client, entry.floor)
        if self._people_have_it(entry, said, seen):
            self._in_own(_note_withheld, entry.id, said, seen)
            return True
        if seen.can_reply is False and "template_params" not in entry.payload:
            self._in_own(_note_window_closed, entry.id, seen.inbox_id)
            return True
        heard = entry.payload.get("heard")
        if heard and any(message.author is Author.CUSTOMER and message.id > heard for message in said):
            self._in_own(_note_not_ended, entry.id)
            return True
        return False

    def _read_back(self, client, entry):
        """Where the entry stands in Chatwoot after a try whose end is not known; None when it is not there."""
        claimed, _sending = self._in_own(_own_messages, entry.id)
        return rules.was_sent(entry.rule(), client.messages_since(self._display_id, entry.floor), claimed)

    def _look(self, client, floor):
        """What was said after ``floor``, and how the conversation stands, both as they were at one moment.

        The conversation is read last, and tells whether something was said since the messages were read: a person who
        takes over between the two is not missed.
        """
        said = []
        for _look in range(_LOOKS):
            said = client.messages_since(self._display_id, floor) if floor else []
            seen = client.conversation(self._display_id)
            if not floor or seen.newest_message_id <= max((message.id for message in said), default=floor):
                break
        return said, seen

    def _people_have_it(self, entry, said, seen):
        """Whether a person took the conversation over, as Chatwoot says now."""
        known = self._in_own(_standing, entry.id)
        if known.seen(seen).silence:
            return True
        if not entry.floor:
            return False
        own_ids, sending = self._in_own(_own_messages, entry.id)
        return person_spoke(said, own_ids, sending)

    def _perform(self, client, entry):
        """Do it. The id of the message, where it is one."""
        payload = entry.payload
        match entry.kind:
            case Kind.MESSAGE | Kind.PRIVATE_NOTE:
                private = entry.kind is Kind.PRIVATE_NOTE
                given = {name: value for name, value in payload.items() if name not in _OURS}
                files = self._in_own(_files_of, entry.id) if entry.attachment_ids else ()
                return client.send_message(self._display_id, **given, private=private, files=files)
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
        self.attachment_ids = record.files_to_send().ids
        self.seconds_to_wait = _seconds_until(record.next_attempt_at, _settled_at(record))

    def rule(self):
        return rules.Entry(self.kind, self.state, self.payload.get("content", ""), self.floor, len(self.attachment_ids))


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
    seconds = whole_number(record.env, "chatwootai_mcp.outbox_settle_seconds", rules.SETTLE_SECONDS)
    return record.sending_since + timedelta(seconds=seconds)


def _first_waiting(env, connection_id, display_id):
    records = env["chatwootai.outbox"].search(
        [
            ("connection_id", "=", connection_id),
            ("conversation_display_id", "=", display_id),
            ("state", "in", ("queued", "sending")),
        ],
        order="id",
    )
    stuck = records.filtered(lambda record: rules.lets_others_go_first(Kind(record.kind), record.failures))
    record = (records - stuck or stuck)[:1]
    return _Entry(record) if record else None


def _standing(env, entry_id):
    entry = env["chatwootai.outbox"].browse(entry_id)
    return entry._standing_of(entry.connection_id, entry.conversation_display_id)


def _own_messages(env, entry_id):
    """What other entries of the same conversation became, and the words being sent."""
    entry = env["chatwootai.outbox"].browse(entry_id)
    return env["chatwootai.outbox"].message_ids_of(entry.connection_id, entry.conversation_display_id)


def _files_of(env, entry_id):
    entry = env["chatwootai.outbox"].browse(entry_id)
    return [
        OutgoingFile(entry.file_name(file), file.mimetype, base64.b64decode(file.datas or b""))
        for file in entry.files_to_send()
    ]


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


def _note_withheld(env, entry_id, said, seen):
    env = in_company_language(env)
    entry = env["chatwootai.outbox"].browse(entry_id)
    entry._note_people(said, seen)
    withheld = entry.said_together()
    if entry._standing_of(entry.connection_id, entry.conversation_display_id).seen(seen).person_assigned:
        withheld |= entry.assignments_to_come()
    withheld.write({"state": State.WITHHELD, "last_error": env._("A person has taken over the conversation.")})


def _note_not_ended(env, entry_id):
    """Resolved, what the customer wrote meanwhile would stand where nobody looks."""
    entry = env["chatwootai.outbox"].browse(entry_id)
    said = in_company_language(env)._("The customer has written again.")
    entry.write({"state": State.WITHHELD, "last_error": said})


def _note_window_closed(env, entry_id, inbox_id):
    """The channel takes nothing but templates now: send the inbox's, or call a person; never a message it drops."""
    env = in_company_language(env)
    entry = env["chatwootai.outbox"].browse(entry_id)
    said_together = entry.said_together()
    reply = said_together.words()
    said_together.write(
        {"state": State.FAILED, "last_error": env._("The customer wrote too long ago for this channel.")}
    )
    where = (entry.connection_id, entry.conversation_display_id)
    template = entry.reopening_template(inbox_id)
    if template:
        sent = env._("The channel takes no free message now, so that a template was sent instead of this reply:")
        things = [(Kind.MESSAGE, template), (Kind.PRIVATE_NOTE, {"content": f"{sent}\n\n{reply}"})]
        entry.enqueue_all(*where, things, entry.origin, guarded=True, floor=entry.floor)
    else:
        sent = env._("The channel takes no free message now, and its inbox has no template. Not sent:")
        entry.hand_off(*where, note=f"{sent}\n\n{reply}", origin=entry.origin, floor=entry.floor)


def _note_failure(env, entry_id, error, state):
    """Note what went wrong; the seconds until it is tried again."""
    env = in_company_language(env)
    entry = env["chatwootai.outbox"].browse(entry_id)
    note_out_of_reach(env, entry.connection_id.id, error)  # first: it may have what waits tried again
    failures = entry.failures + 1
    seconds = rules.pause(failures, error)
    entry.write(
        {
            "state": state,
            "failures": failures,
            "last_error": in_words(env, error),
            "next_attempt_at": fields.Datetime.now() + timedelta(seconds=seconds),
        }
    )
    _logger.warning("outbox %d: %s; now %s, next try in %d s", entry.id, error, state, seconds)
    if isinstance(error, Unauthorized):
        entry.connection_id.alert(
            MANAGERS, env._("Chatwoot refuses the access token"), in_words(env, error), kind="delivery_failed"
        )
    if state is State.FAILED:
        _tell_people(env, entry)
    elif fields.Datetime.now() - entry.create_date > _LONG:
        said = env._("What the agents say has waited for Chatwoot for more than an hour")
        entry.connection_id.alert(MANAGERS, said, in_words(env, error), kind="delivery_failed")
    return max(seconds, _seconds_until(_settled_at(entry)))


def _tell_people(env, entry):
    """Put before people what Chatwoot refused; what was to follow it makes no sense without it."""
    entry.alert(MANAGERS, env._("Chatwoot refused what the agents sent"), entry.last_error, kind="delivery_failed")
    if entry.kind == Kind.MESSAGE and entry.guarded:
        rest = entry.said_together()
        (rest - entry).write({"state": State.WITHHELD, "last_error": entry.last_error})
        entry.put_before_people(rest.words())
