"""Domains from outside: what Odoo would misread is an error that names it."""

import pytest
from chatwootai_mcp.servers.odoo_domain import FieldShape, InvalidDomain, check_domain
from hypothesis import given
from hypothesis import strategies as st

SHAPES = {
    ("res.partner", "name"): FieldShape("char"),
    ("res.partner", "is_company"): FieldShape("boolean"),
    ("res.partner", "color"): FieldShape("integer"),
    ("res.partner", "date"): FieldShape("date"),
    ("res.partner", "create_date"): FieldShape("datetime"),
    ("res.partner", "country_id"): FieldShape("many2one", "res.country"),
    ("res.partner", "user_id"): FieldShape("many2one", "res.users"),
    ("res.partner", "computed"): FieldShape("char", searchable=False),
    ("res.country", "code"): FieldShape("char"),
}


def listed(checked):
    """Conditions as lists again, also those of subdomains."""
    return [listed(item) if isinstance(item, tuple | list) else item for item in checked]


def check(domain):
    return check_domain(domain, "res.partner", lambda model, name: SHAPES.get((model, name)))


@pytest.mark.parametrize(
    "domain",
    [
        [],
        [["is_company", "=", True]],
        ["|", ["name", "ilike", "acme"], ["color", "in", [1, 2]]],
        ["!", ["name", "=", False]],
        ["&", "|", ["color", ">", 1], ["color", "<", 0], "!", ["name", "=like", "A%"]],
        [["country_id.code", "=", "BR"]],
        [["country_id", "any", [["code", "=", "BR"]]]],
        [["date", ">=", "2026-01-31"], ["create_date", "<", "2026-01-31 12:00:00"]],
        [["country_id", "child_of", [1, 2]]],
    ],
)
def test_well_formed_domains_pass_unchanged(domain):
    assert listed(check(domain)) == domain


@pytest.mark.parametrize(
    ("domain", "named"),
    [
        ("name", "list"),
        (None, "list"),
        ({"name": "x"}, "list"),
        ([["name", "="]], "condition"),
        ([["name", "=", "x", "y"]], "condition"),
        (["and", ["name", "=", "x"]], "'and'"),
        (["|", ["name", "=", "x"]], "ends too early"),
        (["&"], "ends too early"),
        ([["nome", "=", "x"]], "'nome'"),
        ([["user_id.login", "=", "admin"]], "res.users has no field 'login'"),
        ([["user_id", "any", [["password", "!=", False]]]], "'password'"),
        ([["name.x", "=", "y"]], "leads to no other model"),
        ([["computed", "=", "x"]], "cannot be searched"),
        ([["name", "any!", []]], "any!"),
        ([["name", "==", "x"]], "'=='"),
        ([["name", "ILIKE", "x"]], "'ILIKE'"),
        ([["name", "=", 5]], "char"),
        ([["color", "=", "5"]], "integer"),
        ([["color", "=", True]], "integer"),
        ([["color", "=", float("nan")]], "integer"),
        ([["color", "=", 2**70]], "integer"),
        ([["is_company", "=", 1]], "boolean"),
        ([["is_company", "ilike", "x"]], "compares text"),
        ([["date", ">", "yesterday"]], "date"),
        ([["color", "in", 5]], "list"),
        ([["color", "in", [[1]]]], "integer"),
        ([["color", ">", None]], "cannot compare"),
        ([["country_id", ">", 1]], "cannot compare"),
        ([["name", "=", "a\0b"]], "char"),
        ([["color", "in", list(range(501))]], "500"),
        ([["color", "=", 1]] * 51, "50 conditions"),
        ([[["name"], "=", "x"]], "name of a field"),
    ],
)
def test_a_wrong_domain_is_an_error_that_names_what_is_wrong(domain, named):
    with pytest.raises(InvalidDomain, match="(?s).*" + named.replace("[", r"\[")):
        check(domain)


def test_a_domain_nested_without_end_is_refused():
    domain = [["country_id", "=", 1]]
    for _ in range(20):
        domain = [["country_id", "any", domain]]
    with pytest.raises(InvalidDomain):
        check(domain)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["&", "|", "!", "name", "=", "any", "in"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=20,
)


@given(json_values)
def test_any_json_is_a_domain_or_an_invalid_domain(value):
    try:
        checked = check(value)
    except InvalidDomain as error:
        assert str(error)
        return
    assert isinstance(checked, list)
