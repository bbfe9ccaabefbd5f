"""The agents answer only where no person does."""

from dataclasses import replace

import pytest
from chatwootai_mcp.chatwoot.ownership import Silence, Standing, person_spoke
from chatwootai_mcp.chatwoot.payload import Author, parse_conversation, parse_message


def conversation(status="pending", assignee=None):
    return parse_conversation({"id": 1, "status": status, "meta": {"assignee": assignee}})


def message(number, kind="user", **values):
    sender = {"id": 1, "type": kind}
    return parse_message({"id": number, "message_type": 1, "content": "Oi", "sender": sender, **values})


def test_a_pending_conversation_of_nobody_is_the_agents():
    assert Standing().seen(conversation()).silence is None


@pytest.mark.parametrize(
    ("status", "silence"), [("open", Silence.OPEN), ("snoozed", Silence.OPEN), ("resolved", Silence.RESOLVED)]
)
def test_any_other_status_silences(status, silence):
    assert Standing().seen(conversation(status)).silence is silence


def test_an_assigned_person_silences_and_an_assigned_bot_does_not():
    assert Standing().seen(conversation(assignee={"id": 1, "type": "user"})).silence is Silence.PERSON_ASSIGNED
    assert Standing().seen(conversation(assignee={"id": 1, "type": "agent_bot"})).silence is None


def test_a_person_who_spoke_silences_though_the_status_stays_pending():
    standing = Standing().heard(Author.PERSON).seen(conversation())
    assert standing.silence is Silence.PERSON_SPOKE


@pytest.mark.parametrize("author", [Author.CUSTOMER, Author.BOT, Author.AUTOMATION])
def test_nobody_else_silences(author):
    assert Standing().heard(author).silence is None


def test_the_agents_come_back_after_resolving_and_when_given_back():
    spoken = Standing().heard(Author.PERSON)
    assert spoken.seen(conversation("resolved")).seen(conversation()).silence is None
    assert spoken.seen(conversation("open")).seen(conversation()).silence is None


def test_what_chatwoot_did_not_say_stays():
    standing = Standing("open", False, True)
    assert standing.seen(replace(conversation(), status=None)) == standing


def test_a_person_among_the_messages_is_seen_and_the_agents_own_are_not_taken_for_one():
    assert person_spoke([message(5)], own_ids=())
    assert not person_spoke([message(5)], own_ids={5})
    assert not person_spoke([message(5)], own_ids=(), own_contents={"Oi"})
    assert not person_spoke([message(5, "agent_bot")], own_ids=())
    assert not person_spoke([message(5, private=True)], own_ids=())
