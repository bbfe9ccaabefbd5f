"""Values on their way into a field: as the field has them, or an error that names it."""

from datetime import UTC, date, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from chatwootai_mcp.servers.odoo_domain import FieldShape, check_domain
from chatwootai_mcp.servers.odoo_input import InputShape, InvalidValue, closed_because, parse_value
from hypothesis import given
from hypothesis import strategies as st

TYPES = (
    "boolean",
    "integer",
    "float",
    "monetary",
    "char",
    "text",
    "html",
    "date",
    "datetime",
    "selection",
    "many2one",
    "many2many",
)


def shape(kind, **facts):
    return InputShape("x", kind, options=("draft", "done"), comodel="res.country", **facts)


@pytest.mark.parametrize(
    ("kind", "value", "parsed"),
    [
        ("boolean", False, False),
        ("integer", -3, -3),
        ("float", 2, 2),
        ("char", "Ana", "Ana"),
        ("date", "2026-01-31", date(2026, 1, 31)),
        ("datetime", "2026-01-31 14:00:00", datetime(2026, 1, 31, 14)),
        ("datetime", "2026-01-31T14:00:00-03:00", datetime(2026, 1, 31, 17)),
        ("selection", "done", "done"),
        ("many2one", 7, 7),
        ("many2many", [2, 1, 2], [2, 1]),
        ("many2many", None, []),
        ("char", None, False),
    ],
)
def test_a_value_that_fits_is_taken_as_odoo_has_it(kind, value, parsed):
    assert parse_value(shape(kind), value) == parsed


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("boolean", "no"),
        ("boolean", 1),
        ("boolean", None),
        ("integer", True),
        ("integer", "3"),
        ("integer", 1.5),
        ("integer", 2**31),
        ("float", float("nan")),
        ("float", float("inf")),
        ("monetary", {"amount": 3}),
        ("char", 5),
        ("char", "a\0b"),
        ("char", "\ud800"),
        ("char", "x" * 100_001),
        ("date", "31/01/2026"),
        ("date", "2026-02-30"),
        ("date", "20260131"),
        ("datetime", "tomorrow"),
        ("datetime", "0001-01-01T00:00:00+10:00"),
        ("selection", "cancelled"),
        ("selection", ["done"]),
        ("many2one", "Brazil"),
        ("many2one", 0),
        ("many2one", True),
        ("many2one", {"id": 3}),
        ("many2many", 3),
        ("many2many", [[6, 0, [1]]]),
        ("many2many", [1, -1]),
        ("many2many", list(range(1, 502))),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_named(kind, value):
    with pytest.raises(InvalidValue, match=r"^x "):
        parse_value(shape(kind), value)


def test_a_required_field_is_not_emptied():
    for value in (None, "", "  "):
        with pytest.raises(InvalidValue):
            parse_value(shape("char", required=True), value)


def test_a_text_longer_than_its_field_is_refused():
    with pytest.raises(InvalidValue, match="at most 3"):
        parse_value(shape("char", size=3), "four")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)


@given(st.sampled_from(TYPES), json_values)
def test_any_json_is_a_value_or_an_invalid_value(kind, value):
    try:
        parsed = parse_value(shape(kind), value)
    except InvalidValue as error:
        assert str(error)
        return
    assert not isinstance(parsed, dict)
    assert value is not None or parsed in (False, [])


moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(microsecond=0))
offsets = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(moments, offsets)
def test_a_moment_is_the_same_moment_whatever_its_offset(moment, offset):
    told = moment.replace(tzinfo=UTC).astimezone(offset).isoformat()
    assert parse_value(shape("datetime"), told) == moment
    asked = check_domain([["at", ">=", told]], "m", lambda _model, _name: FieldShape("datetime"))
    assert asked == [("at", ">=", moment.strftime("%Y-%m-%d %H:%M:%S"))]


def field(**facts):
    known = {
        "name": "x",
        "type": "char",
        "readonly": False,
        "related": None,
        "inherited": False,
        "comodel_name": None,
        "sanitize": True,
    }
    return SimpleNamespace(**(known | facts))


RIGHTS = SimpleNamespace(_has_field_access=lambda _field, _operation: True)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"name": "id"}, "keeps"),
        ({"name": "create_uid"}, "keeps"),
        ({"readonly": True}, "read-only"),
        ({"related": "company_id.name"}, "another record"),
        ({"type": "one2many", "comodel_name": "sale.order.line"}, "sale.order.line"),
        ({"type": "binary"}, "binary"),
        ({"type": "many2one", "comodel_name": "ir.actions.server"}, "internal"),
        ({"type": "html", "sanitize": False}, "HTML"),
    ],
)
def test_a_field_that_no_caller_may_set_says_why(facts, why):
    assert why in closed_because(RIGHTS, field(**facts))


def test_ordinary_fields_and_the_person_in_charge_may_be_set():
    assert closed_because(RIGHTS, field()) is None
    assert closed_because(RIGHTS, field(type="many2one", comodel_name="res.users")) is None
    assert closed_because(RIGHTS, field(related="product_tmpl_id.name", inherited=True)) is None


def test_a_field_the_user_has_no_right_to_is_closed():
    denied = SimpleNamespace(_has_field_access=lambda _field, _operation: False)
    assert "right" in closed_because(denied, field())
