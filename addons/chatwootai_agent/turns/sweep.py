"""Finds what no webhook told of: reads Chatwoot's pending conversations, and the messages of those that moved.

Chatwoot gives up a delivery that fails, and this server may have been down. What is found is taken in as a webhook's
would be; so is a conversation that was given back. Where nothing was lost it costs one call, and one for each
conversation that moved since it was last read (a turn reads the list, too). No transaction is open while Chatwoot is
asked; when it does not answer, the next sweep looks as far back as this one would have.
"""

import logging
import time
from datetime import UTC, timedelta

from odoo import fields
from odoo.tools import SQL

from odoo.addons.chatwootai_mcp.chatwoot.errors import ChatwootError, NotFound, Unauthorized, Unavailable
from odoo.addons.chatwootai_mcp.chatwoot.state_machine import PENDING, is_given_back
from odoo.addons.chatwootai_mcp.models.alert import MANAGERS
from odoo.addons.chatwootai_mcp.models.chatwoot_words import in_words
from odoo.addons.chatwootai_mcp.models.company_language import in_company_language
from odoo.addons.chatwootai_mcp.models.own_transaction import in_own_transaction

from .intake import locked_conversation, note_conversation, take_list
from .quiet import note_answer, to_ask_after

_logger = logging.getLogger(__name__)
_READ_SECONDS = 10.0
_SWEEP_SECONDS = 120.0  # all its calls together
_PAGE = 25
_PAGES = 400  # as many as its seconds allow: whoever stands behind them would never be found
_TRIES = 3  # of a call: of the many of a sweep one may fail, and all would begin anew
_SHORT_PAUSE = 5  # seconds that are waited for when Chatwoot asks for them
_READS = 200  # conversations whose messages are read in one sweep; the next goes on
_OVERLAP = timedelta(minutes=10)  # clocks differ, and a conversation may move while its page is read
_FARTHEST = timedelta(days=2)
LATE = timedelta(minutes=15)  # a message that is found later than this is worth an alert


class Sweep:
    def __init__(self, env, connection_id):
        self._env = env
        self._connection_id = connection_id
        self._found = self._read = 0

    def run(self):
        """What was found, in a sentence."""
        began = fields.Datetime.now()
        begun = self._in_own(_begin, self._connection_id)
        if begun is None:
            return "the connection is gone"
        client, since = begun
        try:
            with client:
                complete = self._sweep(client, since)
                self._ask_after_quiet(client)
        except Unauthorized as error:
            self._in_own(_refused, self._connection_id, error)
            return f"{self._found} found, then: {error}"
        except ChatwootError as error:
            return f"{self._found} found, then: {error}"
        if complete:
            self._in_own(_note_swept, self._connection_id, began)
        return f"{self._found} found, {self._read} conversations read"

    def _in_own(self, work, *arguments):
        return in_own_transaction(self._env, work, *arguments)

    def _sweep(self, client, since):
        """Whether everything was read that moved since then."""
        for page in range(1, _PAGES + 1):
            listed = _asked(client.pending_conversations, page)
            for conversation, floor in self._in_own(_moved, self._connection_id, listed):
                if self._read >= _READS:
                    return False
                self._read_messages(client, conversation, floor)
            if len(listed) < _PAGE or _is_before(listed[-1], since):
                return True
        return False

    def _ask_after_quiet(self, client):
        left = False
        for conversation_id, display_id, floor in self._in_own(to_ask_after, self._connection_id):
            try:
                seen = _asked(client.conversation, display_id)
                messages = _asked(client.messages_since, display_id, floor) if seen.status == PENDING else ()
                left |= self._in_own(note_answer, conversation_id, seen, messages)
            except NotFound:
                self._in_own(note_answer, conversation_id)
        if left:
            self._in_own(_tell_of_late, self._connection_id)

    def _read_messages(self, client, conversation, floor):
        self._read += 1
        try:
            messages = _asked(client.messages_since, conversation.display_id, floor)
        except NotFound:  # deleted since it was listed
            return
        self._found += self._in_own(_take, self._connection_id, conversation, messages)


def _asked(call, *arguments):
    """What Chatwoot answers, asked again where it does not at once."""
    for tries_left in reversed(range(_TRIES)):
        try:
            return call(*arguments)
        except Unavailable as error:
            pause = error.retry_after or 0
            if not tries_left or pause > _SHORT_PAUSE:
                raise
            time.sleep(pause)


def _is_before(listed, since):
    """Whether nothing moved in it since then, and so in none behind it: those that were active last come first."""
    return listed.last_activity_at is not None and listed.last_activity_at < since.timestamp()


def _begin(env, connection_id):
    """A client, and since when to look; None when there is nothing to ask."""
    connection = env["chatwootai.chatwoot.connection"].browse(connection_id).exists()
    if not connection.active:
        return None
    earliest = max(connection.create_date, fields.Datetime.now() - _FARTHEST)
    since = max(earliest, connection.swept_at or earliest) - _OVERLAP
    deadline = time.monotonic() + _SWEEP_SECONDS
    return connection.client(read_seconds=_READ_SECONDS, deadline=deadline), since.replace(tzinfo=UTC)


def _moved(env, connection_id, listed):
    """(conversation, read through) of those that hold a message which was not read yet, or that were given back."""
    known = env["chatwootai.conversation"].search(
        [
            ("connection_id", "=", connection_id),
            ("display_id", "in", [one.conversation.display_id for one in listed]),
        ]
    )
    # Not by search_read: numbers of more than 31 bits come from it as floats.
    rows = {conversation.display_id: conversation for conversation in known}
    moved = []
    for one in listed:
        row = rows.get(one.conversation.display_id)
        floor = row.read_through if row else 0
        if one.newest_id > floor or (row and _was_given_back(row, one.conversation)):
            moved.append((one.conversation, floor))
    return moved


def _was_given_back(row, seen):
    is_news = not seen.updated_at or seen.updated_at >= row.chatwoot_updated_at
    return is_news and is_given_back(row._standing(), row._standing().seen(seen))


def _take(env, connection_id, seen, messages):
    """How many messages of the customer were found that no webhook told of."""
    connection = env["chatwootai.chatwoot.connection"].browse(connection_id)
    conversation = locked_conversation(connection, seen)
    note_conversation(conversation, seen)
    found = take_list(conversation, messages).filtered(lambda message: message.author == "customer")
    if found:
        _logger.warning("conversation %d: %d messages found that no webhook told of", conversation.id, len(found))
    late = found.filtered(lambda message: message.written_at and message.written_at < fields.Datetime.now() - LATE)
    if late:
        tell_of_late(connection)
    return len(found)


def _tell_of_late(env, connection_id):
    tell_of_late(env["chatwootai.chatwoot.connection"].browse(connection_id))


def tell_of_late(connection):
    env = in_company_language(connection.env)
    connection.with_env(env).alert(
        MANAGERS,
        env._("Customers waited long for an answer"),
        env._(
            "Messages were found that had been left unanswered. They are answered now, or handed over. If it happens"
            " again: does Chatwoot reach this server, and has this server time for its jobs?"
        ),
        kind="accepted_unanswered",
    )


def _refused(env, connection_id, error):
    env = in_company_language(env)
    connection = env["chatwootai.chatwoot.connection"].browse(connection_id)
    connection.alert(MANAGERS, env._("Chatwoot refuses the access token"), in_words(env, error), kind="delivery_failed")


def _note_swept(env, connection_id, began):
    # Not written as a record: it is no change of the connection's settings.
    query = SQL(
        "UPDATE chatwootai_chatwoot_connection SET swept_at = %s WHERE id = %s RETURNING id", began, connection_id
    )
    env.execute_query(query)
