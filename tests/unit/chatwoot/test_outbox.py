"""Nothing is said twice, and what Chatwoot cannot take yet is said later."""

import pytest
from chatwootai_mcp.chatwoot.errors import NotFound, Rejected, Unauthorized, Unavailable
from chatwootai_mcp.chatwoot.outbox import (
    Entry,
    Kind,
    State,
    Step,
    next_step,
    pause,
    rest,
    state_after,
    was_sent,
    without_liquid,
)
from chatwootai_mcp.chatwoot.payload import parse_message
from hypothesis import given
from hypothesis import strategies as st

WORDS = "Custa R$ 10,00.\nPosso ajudar?"


def listed(number, content=WORDS, kind="agent_bot", private=False, message_type=1):
    return parse_message(
        {
            "id": number,
            "message_type": message_type,
            "content": content,
            "private": private,
            "sender": {"id": 1, "type": kind},
        }
    )


def sending(kind=Kind.MESSAGE, floor=10):
    return Entry(kind, State.SENDING, WORDS, floor)


@pytest.mark.parametrize("kind", [Kind.MESSAGE, Kind.PRIVATE_NOTE])
def test_words_whose_sending_is_in_doubt_are_looked_for_first(kind):
    assert next_step(kind, State.QUEUED) is Step.SEND
    assert next_step(kind, State.SENDING) is Step.READ_BACK


@pytest.mark.parametrize("kind", [Kind.STATUS, Kind.LABELS, Kind.PRIORITY, Kind.ASSIGNMENT])
def test_what_may_be_said_twice_is_simply_said_again(kind):
    assert next_step(kind, State.SENDING) is Step.SEND


@pytest.mark.parametrize("state", [State.SENT, State.FAILED, State.WITHHELD])
def test_what_is_over_is_over(state):
    assert next_step(Kind.MESSAGE, state) is Step.NOTHING


def test_a_message_that_stands_in_chatwoot_was_sent():
    assert was_sent(sending(), [listed(11, "Oi"), listed(12)]) == 12


def test_white_space_that_chatwoot_trimmed_makes_no_other_message():
    assert was_sent(sending(), [listed(11, WORDS.replace("\n", " ") + " ")]) == 11


@pytest.mark.parametrize(
    "other",
    [
        listed(10),
        listed(11, "Custa R$ 11,00."),
        listed(11, private=True),
        listed(11, message_type=0),
        listed(11, message_type=3),
        listed(11, kind="captain"),
    ],
)
def test_another_message_is_not_taken_for_it(other):
    assert was_sent(sending(), [other]) is None


def test_the_same_words_said_twice_are_two_messages():
    assert was_sent(sending(), [listed(11), listed(12)], claimed={11}) == 12
    assert was_sent(sending(), [listed(11)], claimed={11}) is None


def test_a_private_note_is_found_among_private_notes():
    assert was_sent(sending(Kind.PRIVATE_NOTE), [listed(11), listed(12, private=True)]) == 12


def test_pauses_grow_to_a_quarter_of_an_hour_and_no_further():
    pauses = [pause(failures) for failures in range(1, 30)]
    assert pauses[:4] == [5, 10, 20, 40]
    assert pauses == sorted(pauses)
    assert max(pauses) == 900


def test_chatwoots_own_wish_is_respected():
    assert pause(1, Unavailable("…", retry_after=33)) == 33


def test_only_an_end_in_doubt_is_read_back_and_only_a_refusal_is_final():
    assert state_after(Unavailable("timeout", maybe_done=True)) is State.SENDING
    assert state_after(Unavailable("refused")) is State.QUEUED
    assert state_after(Unauthorized("token")) is State.QUEUED
    assert state_after(Rejected("422")) is State.FAILED
    assert state_after(NotFound("404")) is State.FAILED


def test_a_message_with_another_number_of_files_is_another_message():
    with_file = Entry(Kind.MESSAGE, State.SENDING, WORDS, 10, files=1)
    assert was_sent(with_file, [listed(11)]) is None
    message = parse_message(
        {
            "id": 12,
            "message_type": 1,
            "content": WORDS,
            "sender": {"id": 1, "type": "agent_bot"},
            "attachments": [{"id": 1, "file_type": "image"}],
        }
    )
    assert was_sent(with_file, [message]) == 12
    assert was_sent(sending(), [message]) is None


@given(st.text(alphabet="{%}a ", max_size=40))
def test_no_liquid_is_left_and_no_word_lost(text):
    left = without_liquid(text)
    assert "{{" not in left and "{%" not in left
    assert left.replace(" ", "") == text.replace(" ", "")
    assert without_liquid(left) == left


def test_a_connection_rests_only_where_nobody_else_would_be_answered():
    assert rest(1, Unavailable("late", out_of_reach=True)) == 0  # one that broke is no Chatwoot that is down
    assert rest(1, Unavailable("busy", retry_after=30, out_of_reach=True)) == 30
    assert rest(2, Unavailable("late", out_of_reach=True)) == 10
    assert rest(9, Unavailable("late", out_of_reach=True)) == 60
    assert rest(3, Unavailable("flood", retry_after=30)) == 0
    assert rest(3, Rejected("no")) == 0
