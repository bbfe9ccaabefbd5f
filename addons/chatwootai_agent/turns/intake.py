"""Takes Chatwoot's events in: conversations and messages become rows, each once, and what waits gets a job.

All in the caller's transaction, with nothing slow in it: Chatwoot gives a webhook five seconds and does not ask twice.
The conversation's row is locked first, so that a burst's events wait for one another.
"""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

from odoo import fields
from odoo.tools import SQL, Query

from odoo.addons.chatwootai_mcp.chatwoot.payload import Author, Direction, Ignored, MessageEvent
from odoo.addons.chatwootai_mcp.chatwoot.state_machine import (
    PENDING,
    RESOLVED,
    MessageState,
    is_given_back,
    state_of_new_message,
)

from .channel_news import take_channel_news
from .giving_back import take_up
from .pause import LONGEST_PAUSE

_CLOCKS_DIFFER = timedelta(minutes=1)


def take_in(connection, event):
    """Store what the event says. Repeats and late arrivals change nothing."""
    if isinstance(event, Ignored):
        return
    # Nobody follows these rows: what Odoo would do for followers at each write is left out.
    conversation = locked_conversation(connection.with_context(tracking_disable=True), event.conversation)
    known_inbox = conversation.inbox_id
    if event.event == "conversation_resolved" and event.conversation.status == PENDING:
        _note_passed_end(conversation, event.conversation)
    note_conversation(conversation, event.conversation, found=False)
    if not isinstance(event, MessageEvent) or event.message.private:
        return
    if event.inbox_name and conversation.inbox_name != event.inbox_name:
        conversation.inbox_name = event.inbox_name
    if conversation.inbox_id != known_inbox:
        conversation._inbox()  # its row is made when it is first seen
    if event.is_new:
        take_message(conversation, event.message)
    else:
        take_channel_news(conversation, event.message, take_message)
        _take_change(conversation, event.message)


def note_conversation(conversation, seen, *, found=True):
    """Bring the row up to what Chatwoot says, unless something newer is known already.

    :param found: Chatwoot was asked; no webhook told of it
    """
    if seen.updated_at and seen.updated_at < conversation.chatwoot_updated_at:
        _note_earlier_end(conversation, seen)
        return
    values = _of_customer(seen) | {"inbox_id": seen.inbox_id, "chatwoot_updated_at": seen.updated_at}
    changed = {name: value for name, value in values.items() if value and conversation[name] != value}
    if (conversation.assignee or "") != seen.assignee:
        changed["assignee"] = seen.assignee
    if changed:
        conversation.write(changed)
    before = conversation._standing()
    conversation.take_standing(before.seen(seen))
    if is_given_back(before, conversation._standing()):
        take_up(conversation, found=found)


def _note_earlier_end(conversation, seen):
    """Word that it was resolved comes after word of what followed: all until then is over, whoever had it."""
    if seen.status != RESOLVED or seen.updated_at <= conversation.resolved_at:
        return
    ended_at = _naive(datetime.fromtimestamp(seen.updated_at, UTC))
    floor = conversation.context_floor
    since = conversation.chat_ids.filtered(lambda message: message.chatwoot_id > floor)
    over = since.filtered(lambda message: message.written_at and message.written_at <= ended_at)
    conversation.write({"context_floor": max([floor, *over.mapped("chatwoot_id")]), "resolved_at": seen.updated_at})
    before = conversation._standing()
    conversation.take_standing(
        before.ended_before(
            seen,
            spoke_since=Author.PERSON in (since - over).mapped("author"),
            same_assignee=seen.assignee == (conversation.assignee or ""),
        )
    )
    if is_given_back(before, conversation._standing()):
        take_up(conversation)


def _note_passed_end(conversation, seen):
    """It was resolved, and is not any more: Chatwoot says how it stands when it tells of it, not how it stood then."""
    if seen.updated_at and seen.updated_at < conversation.chatwoot_updated_at:
        return
    answers = conversation.chat_ids.filtered(lambda message: message.author != Author.CUSTOMER)
    conversation.context_floor = max([conversation.context_floor, *answers.mapped("chatwoot_id")])
    before = conversation._standing()
    conversation.take_standing(before.seen(replace(seen, status=RESOLVED)).seen(seen))
    if is_given_back(before, conversation._standing()):
        take_up(conversation)


def _of_customer(seen):
    return {
        "channel": seen.channel,
        "channel_identity": seen.channel_identity,
        "contact_name": seen.contact.name,
        "contact_phone": seen.contact.phone_number,
        "contact_email": seen.contact.email,
        "subject": seen.subject,
    }


def take_list(conversation, listed):
    """Take in what Chatwoot's list of messages says; the rows of those whose webhook never came.

    They are stored like the others. What was said before the connection was made is not for the agents, and, in a list
    that is read for the first time, neither is what somebody has answered since.
    """
    new = _unknown(conversation, listed)
    if not conversation.read_through:
        new = _since_the_last_word(conversation, new)
    rows = conversation.env["chatwootai.message"]
    for message in new:
        rows += take_message(conversation, message, found=True)
    for message in listed:
        take_channel_news(conversation, message, take_message)
    conversation.read_through = max([conversation.read_through, *(message.id for message in listed)])
    return rows


def _unknown(conversation, listed):
    """Public messages of the list that are not stored, oldest first."""
    since = conversation.connection_id.create_date - _CLOCKS_DIFFER
    new = [
        message
        for message in sorted(listed, key=lambda message: message.id)
        if message.id > conversation.read_through
        and not message.private
        and message.direction is not Direction.ACTIVITY
        and not (message.created_at and _naive(message.created_at) < since)
    ]
    known = conversation.env["chatwootai.message"].search(
        [("conversation_id", "=", conversation.id), ("chatwoot_id", "in", [message.id for message in new])]
    )
    known_ids = set(known.mapped("chatwoot_id"))
    return [message for message in new if message.id not in known_ids]


def _since_the_last_word(conversation, messages):
    """All from the last that somebody of the company, or a bot, said; the customer's before it have been answered.

    Not from what the agents said or are saying: which messages they answered is known, and none of these is among
    them. Nor from Chatwoot's own lines, a greeting or an out-of-office message: nobody has read anything yet. Nor from
    another bot, beside which the agents answer what a webhook tells of, too. The agents' own bot may have said what
    this database knows nothing of, when it was restored from a backup.
    """
    own_name = _own_name(conversation)
    last = 0
    for message in messages:
        author = _author(conversation, message)
        if author == Author.PERSON or (author == Author.BOT and own_name in (None, message.sender_name)):
            last = message.id
    return [message for message in messages if message.id >= last]


def _own_name(conversation):
    """How the agents are called in Chatwoot; None where they have said nothing yet."""
    said = conversation.env["chatwootai.message"].search(
        [("conversation_id.connection_id", "=", conversation.connection_id.id), ("author", "=", "agents")],
        order="id desc",
        limit=1,
    )
    return said.sender_name or "" if said else None


def take_message(conversation, message, *, picked=False, found=False):
    """Store a message that may be new; the row, or none when it was there or is not kept.

    :param picked: it is the customer's choice among those our message offered, under that message's number
    :param found: no webhook told of it
    """
    env = conversation.env
    author = _author(conversation, message)
    asks = author == Author.CUSTOMER and not message.deleted
    state = state_of_new_message(conversation._standing()) if asks else None
    row = env.execute_query(
        SQL(
            """
            INSERT INTO chatwootai_message
                (conversation_id, chatwoot_id, author, sender_name, content, attachments, written_at, received_at,
                 state, picked, found, attempts, create_uid, create_date, write_uid, write_date)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0,
                    %s, now() AT TIME ZONE 'UTC', %s, now() AT TIME ZONE 'UTC')
            ON CONFLICT (conversation_id, chatwoot_id, picked) DO NOTHING
            RETURNING id
            """,
            conversation.id,
            message.id,
            author,
            message.sender_name or None,
            message.content or None,
            _json([asdict(attachment) for attachment in message.attachments]),
            _naive(message.created_at),
            fields.Datetime.now(),
            state,
            picked,
            found,
            env.uid,
            env.uid,
        )
    )
    if not row:
        return env["chatwootai.message"]
    conversation.last_message_at = fields.Datetime.now()
    if author == Author.PERSON and conversation._is_of_now(message):
        conversation.take_standing(conversation._standing().heard(Author.PERSON))
    stored = env["chatwootai.message"].browse(row[0][0])
    if state == MessageState.WAITING:
        if message.attachments:
            stored.queue_reading()
        conversation.queue_turn(within=LONGEST_PAUSE)
    return stored


def _take_change(conversation, message):
    """A message that still waits may be deleted, edited or transcribed; all other changes are Chatwoot's own."""
    stored = conversation.env["chatwootai.message"].search(
        [
            ("conversation_id", "=", conversation.id),
            ("chatwoot_id", "=", message.id),
            ("picked", "=", False),
            ("state", "=", "waiting"),
        ]
    )
    if not stored:
        return
    if message.deleted:
        stored.state = MessageState.DELETED
        return
    attachments = [asdict(attachment) for attachment in message.attachments]
    if (stored.content or "") != message.content or (attachments and stored.attachments != attachments):
        read_before = stored.readable_text()
        stored.write({"content": message.content, "attachments": attachments or False})
        if not stored.readings:  # some channels send a message first, and then what is attached to it
            stored.queue_reading()
        if stored.readable_text() != read_before:
            stored.turn_id = False  # a turn that thinks about the old words says nothing


def locked_conversation(connection, seen):
    """The conversation's row, locked until the transaction ends; nothing of it is read from before."""
    Conversation = connection.env["chatwootai.conversation"]
    Conversation.invalidate_model()
    conversation = _lock_row(connection, seen)
    if not conversation:
        _make_row(connection, seen)
        conversation = _lock_row(connection, seen)
    return conversation


class _LockingQuery(Query):
    """Locks the rows that it reads; what refers to them may still be stored."""

    def select(self, *columns):
        return SQL("%s FOR NO KEY UPDATE", super().select(*columns))


def _lock_row(connection, seen):
    """The row with its values, read in the same question to PostgreSQL."""
    Conversation = connection.env["chatwootai.conversation"]
    query = _LockingQuery(Conversation.env, Conversation._table)
    query.add_where(SQL("connection_id = %s AND display_id = %s", connection.id, seen.display_id))
    columns = [field for field in Conversation._fields.values() if field.prefetch is True]
    return Conversation._fetch_query(query, columns)


def _make_row(connection, seen):
    """Two events of a new conversation may come at once: one waits here for the other's row, and makes none."""
    env = connection.env
    now = SQL("now() AT TIME ZONE 'UTC'")
    values = _of_customer(seen) | {
        "connection_id": connection.id,
        "display_id": seen.display_id,
        "status": PENDING,
        "create_uid": env.uid,
        "create_date": now,
        "write_uid": env.uid,
        "write_date": now,
    }
    env.cr.execute(
        SQL(
            """
            INSERT INTO chatwootai_conversation (%s) VALUES (%s)
            ON CONFLICT (connection_id, display_id) DO NOTHING
            """,
            SQL(", ").join(map(SQL.identifier, values)),
            SQL(", ").join(SQL("%s", value or None) for value in values.values()),
        )
    )


def _author(conversation, message):
    """Whose message it is; the agents' own are known by the outbox, also when they come back as a user's."""
    if message.author not in (Author.BOT, Author.PERSON):
        return message.author.value
    own_ids, sending = conversation.env["chatwootai.outbox"].message_ids_of(
        conversation.connection_id, conversation.display_id
    )
    if message.id in own_ids or message.content.strip() in sending:
        return "agents"
    return message.author.value


def _naive(moment):
    return moment and moment.replace(tzinfo=None)


def _json(value):
    return json.dumps(value) if value else None
