"""Telephone numbers are the same line however people write them."""

import re

import pytest
from chatwootai_mcp.servers.phone_number import digit_pattern, same_number
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("+55 11 98765-4321", "(11) 98765-4321"),
        ("+55 11 98765-4321", "+551187654321"),
        ("5511987654321", "011 98765 4321"),
        ("0055 11 98765 4321", "11987654321"),
        ("98765-4321", "+55 11 98765-4321"),
        ("8765-4321", "+55 11 98765-4321"),
        ("+351 912 345 678", "912345678"),
    ],
)
def test_ways_to_write_one_number(left, right):
    assert same_number(left, right, "55")
    assert same_number(right, left, "55")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("+55 11 98765-4321", "+55 21 98765-4321"),
        ("+55 11 98765-4321", "+55 11 98765-4322"),
        ("+55 11 98765-4321", ""),
        ("4321", "+55 11 98765-4321"),
        ("+1 415 555 2671", "+55 41 5555-2671"),
    ],
)
def test_other_numbers_are_others(left, right):
    assert not same_number(left, right, "55")


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(["", "55", "1"]))
def test_any_texts_compare_the_same_both_ways(left, right, country):
    assert same_number(left, right, country) == same_number(right, left, country)


@given(st.from_regex(r"[1-9][0-9]{9,14}", fullmatch=True), st.data())
def test_the_pattern_matches_every_way_of_writing(digits, data):
    separators = data.draw(st.lists(st.sampled_from(["", " ", "-", ") "]), min_size=len(digits), max_size=len(digits)))
    written = "".join(digit + separator for digit, separator in zip(digits, separators, strict=True))
    pattern = digit_pattern(digits)
    assert re.fullmatch(pattern.replace("%", ".*"), written)


@pytest.mark.parametrize("phone", ["", "123", "call me", "1" * 16, "%_"])
def test_what_is_no_number_has_no_pattern(phone):
    assert digit_pattern(phone) is None
