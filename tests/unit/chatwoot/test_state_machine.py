"""The agents answer only where no person does, and nothing becomes what it may not; the diagram says the same."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from chatwootai_mcp.chatwoot.payload import Author, parse_conversation, parse_message
from chatwootai_mcp.chatwoot.state_machine import (
    MESSAGE,
    MESSAGE_AFTER,
    TURN,
    IllegalMove,
    MessageState,
    Silence,
    Standing,
    TurnState,
    end_of_failure,
    end_of_thinking,
    person_spoke,
    state_of_new_message,
)


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


def test_whoever_was_assigned_before_it_was_resolved_or_given_back_is_not_assigned_anew():
    luis, ana = {"id": 1, "type": "user"}, {"id": 2, "type": "user"}
    for before in ("resolved", "open"):
        again = Standing().seen(conversation(before, luis)).seen(conversation("pending", luis))
        assert again.silence is None
        assert again.seen(conversation("pending", luis)).silence is None
        assert again.seen(conversation("pending", ana)).silence is Silence.PERSON_ASSIGNED
        assert again.seen(conversation()).seen(conversation("pending", luis)).silence is Silence.PERSON_ASSIGNED


def test_a_persons_word_that_comes_late_to_a_resolved_conversation_silences_nobody_afterwards():
    assert Standing().seen(conversation("resolved")).heard(Author.PERSON).seen(conversation()).silence is None


def test_a_new_message_waits_unless_people_answer():
    assert state_of_new_message(Standing()) is MessageState.WAITING
    assert state_of_new_message(Standing("resolved")) is MessageState.WAITING
    assert state_of_new_message(Standing("open")) is MessageState.WITH_PEOPLE


def test_how_a_turn_ends():
    calm = {"all_claimed": True, "more_waits": False, "attempt": 1}
    assert end_of_thinking(Standing(), **calm) is None
    assert end_of_thinking(Standing("open"), **calm) is TurnState.SILENCED
    assert end_of_thinking(Standing(), **calm | {"all_claimed": False}) is TurnState.SUPERSEDED
    assert end_of_thinking(Standing(), **calm | {"more_waits": True}) is TurnState.SUPERSEDED
    assert end_of_thinking(Standing(), **calm | {"more_waits": True, "attempt": 4}) is None
    assert end_of_failure(retryable=True, failures=2, tries=3) is TurnState.RETRIED
    assert end_of_failure(retryable=True, failures=3, tries=3) is TurnState.FAILED
    assert end_of_failure(retryable=False, failures=1, tries=3) is TurnState.FAILED


@pytest.mark.parametrize("machine", [MESSAGE, TURN], ids=lambda machine: machine.name)
def test_only_the_moves_that_are_named_are_legal(machine):
    legal = {(move.before, move.after) for move in machine.moves}
    for before in (None, *machine.states):
        for after in machine.states:
            if before == after or (before, after) in legal:
                machine.check(before, after)
            else:
                with pytest.raises(IllegalMove):
                    machine.check(before, after)


def test_a_turn_moves_its_messages_only_where_they_may_go():
    for state, after in MESSAGE_AFTER.items():
        TURN.check(TurnState.RUNNING, state)
        MESSAGE.check(MessageState.WAITING, after)


def diagram():
    """{part: {(before, after): label}} of the state diagram in the documentation."""
    text = (Path(__file__).parents[3] / "docs" / "architecture.md").read_text()
    [drawing] = re.findall(r"```mermaid\nstateDiagram-v2\n(.*?)```", text, re.DOTALL)
    parts = {}
    for line in drawing.splitlines():
        if match := re.match(r' +state ".*" as (\w+) \{', line):
            part = parts.setdefault(match[1], {})
        elif match := re.match(r" +(\S+) --> (\w+)(?:: (.+))?", line):
            before, after = (None if name == "[*]" else name.removeprefix("turn_") for name in match.groups()[:2])
            part[before, after] = match[3]
    return parts


@pytest.mark.parametrize("machine", [MESSAGE, TURN], ids=lambda machine: machine.name)
def test_the_diagram_says_the_same_as_the_machine(machine):
    assert diagram()[machine.name] == {(move.before, move.after): move.because for move in machine.moves}


def test_the_diagram_says_who_may_answer_after_whom():
    """Whatever may be seen and heard of a conversation, in any order: these hand-overs are possible, and no others."""
    sights = [
        conversation(status, assignee)
        for status in ("pending", "open", "snoozed", "resolved")
        for assignee in (None, {"id": 1, "type": "user"}, {"id": 2, "type": "user"}, {"id": 3, "type": "agent_bot"})
    ]
    known, new, moves = set(), {Standing()}, set()
    while new:
        known |= new
        after = {(old, old.seen(sight)) for old in new for sight in sights}
        after |= {(old, old.heard(author)) for old in new for author in Author}
        moves |= {(one.answerer.value, other.answerer.value) for one, other in after if one.answerer != other.answerer}
        new = {other for _one, other in after} - known
    assert moves | {(None, "agents")} == set(diagram()["conversation"])
