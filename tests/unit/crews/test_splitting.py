"""A long answer loses nothing by being split, and no message is longer than the channel takes."""

import re

import pytest
from chatwootai_agent.crews.splitting import bytes_of, split
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.text(alphabet="abcçãé .!?\n-1)🙂", max_size=600)


def bare(text):
    return re.sub(r"\s", "", text)


@given(WORDS, st.integers(20, 200))
def test_nothing_is_lost_and_every_message_fits(text, limit):
    pieces = split(text, limit, parts=1000)
    assert all(0 < len(piece) <= limit for piece in pieces)
    assert bare("".join(pieces)) == bare(text)


@given(WORDS, st.integers(20, 200))
def test_bytes_are_counted_where_the_channel_counts_them(text, limit):
    pieces = split(text, limit, 1000, bytes_of)
    assert all(len(piece.encode()) <= limit for piece in pieces)
    assert bare("".join(pieces)) == bare(text)


@given(WORDS, st.integers(20, 200), st.integers(1, 4))
def test_there_are_never_more_messages_than_allowed_and_a_cut_shows(text, limit, parts):
    pieces = split(text, limit, parts)
    assert len(pieces) <= parts and all(len(piece) <= limit for piece in pieces)
    if bare("".join(pieces)) != bare(text):
        assert pieces[-1].endswith("…")


def test_paragraphs_stay_whole_where_they_fit():
    assert split("Um.\n\nDois dois.\n\nTrês.", 14, 5) == ["Um.", "Dois dois.", "Três."]
    assert split("Um.\n\nDois dois.\n\nTrês.", 15, 5) == ["Um.\n\nDois dois.", "Três."]


def test_sentences_stay_whole_where_they_fit():
    assert split("Custa dez. Entrega amanhã. Até logo.", 20, 5) == ["Custa dez.", "Entrega amanhã.", "Até logo."]


@pytest.mark.parametrize("items", ["- sérum\n- creme\n- bruma", "1. sérum\n2. creme\n3. bruma"])
def test_a_list_is_not_broken_where_it_fits(items):
    text = f"Temos muitas coisas boas hoje:\n{items}\nQual prefere?"
    assert items in split(text, 45, 5)[1]


def test_a_list_too_long_for_a_message_is_broken_between_its_lines():
    text = "\n".join(f"- produto {number}" for number in range(20))
    pieces = split(text, 60, 20)
    assert len(pieces) > 1 and all(re.fullmatch(r"(- produto \d+\n?)+", piece) for piece in pieces)


def test_an_answer_that_fits_is_left_as_it_is():
    text = "Um.\n\n\n  Dois.  \n- a\n- b"
    assert split(text, 100, 3) == [text]
