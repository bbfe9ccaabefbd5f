"""The filter language: what is understood, and that everything else is refused in words."""

from datetime import date

import pytest
from chatwootai_mcp.stores.errors import InvalidVector
from chatwootai_mcp.stores.filters import Between, OneOf, parse_filter, valid_on
from hypothesis import given
from hypothesis import strategies as st


def test_the_three_forms_are_understood():
    assert parse_filter({"a": "x", "b.c": [1, 2], "d": {"gte": 1, "lte": 2.5}}) == [
        OneOf("a", ("x",)),
        OneOf("b.c", (1, 2)),
        Between("d", 1.0, 2.5),
    ]


def test_dates_are_bounds_too():
    assert parse_filter({"d": {"gte": "2026-01-31"}}) == [Between("d", "2026-01-31T00:00:00Z", None)]
    assert parse_filter({"d": {"lte": "2026-01-31T10:00:00-03:00"}})[0].lte == "2026-01-31T10:00:00-03:00"
    assert all(condition.of_dates and condition.or_absent for condition in parse_filter(valid_on(date(2026, 1, 31))))


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ("color = red", "object"),
        ([("color", "red")], "object"),
        ({"": 1}, "key"),
        ({"a b": 1}, "key"),
        ({"a.": 1}, "key"),
        ({"a\n": 1}, "key"),
        ({"a[]": 1}, "key"),
        ({3: 1}, "key"),
        ({"color": None}, "color"),
        ({"color": 1.5}, "color"),
        ({"color": True}, "color"),
        ({"color": []}, "color"),
        ({"color": ["red", 1]}, "color"),
        ({"color": [["red"]]}, "color"),
        ({"color": list(range(101))}, "color"),
        ({"color": "x" * 501}, "color"),
        ({"color": 2**63}, "color"),
        ({"color": b"red"}, "color"),
        ({"size": {}}, "gte"),
        ({"size": {"gt": 1}}, "gt"),
        ({"size": {"gte": 1, "$where": "1"}}, "where"),
        ({"size": {"gte": "large"}}, "size"),
        ({"size": {"gte": float("nan")}}, "size"),
        ({"size": {"gte": float("inf")}}, "size"),
        ({"size": {"gte": 10**400}}, "size"),
        ({"size": {"gte": True}}, "size"),
        ({"size": {"gte": 1, "lte": "2026-01-01"}}, "size"),
        ({"size": {"gte": 1, "or_absent": "yes"}}, "or_absent"),
        ({"size": {"gte": "2026-13-01"}}, "size"),
        ({f"k{number}": 1 for number in range(11)}, "conditions"),
    ],
)
def test_anything_else_is_refused_naming_what_is_wrong(wanted, named):
    with pytest.raises(InvalidVector, match=named):
        parse_filter(wanted)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_whatever_comes_is_understood_or_refused(wanted):
    try:
        conditions = parse_filter(wanted)
    except InvalidVector as error:
        assert str(error).endswith(".")
        return
    assert len(conditions) == len(wanted or {})
