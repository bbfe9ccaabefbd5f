"""The configuration documents: bounds, sentences, and which rules hold when."""

import json
from datetime import date

import pytest
from chatwootai_mcp.stores.errors import InvalidDocument
from chatwootai_mcp.stores.schemas import AgentConfig, Snapshot, active_rules, parse_document
from chatwootai_mcp.tenancy.account import InvalidAccountId, parse_account_id
from hypothesis import given
from hypothesis import strategies as st


def document(**changes):
    return {
        "account_id": "acme",
        "version": 1,
        "company_metadata": {"company_name": "Acme"},
        "business_rules": [],
        **changes,
    }


def rule(**changes):
    return {"rule_id": 1, "name": "Trocas", "description": "Até 7 dias.", "kind": "permanent", **changes}


def with_rules(*rules):
    return document(business_rules=list(rules))


def with_metadata(**fields):
    return document(company_metadata={"company_name": "Acme", **fields})


def hours(**changes):
    return with_metadata(opening_hours=[{"day": 0, "opens": "09:00", "closes": "18:00", **changes}])


def test_a_whole_document_keeps_all_it_says():
    full = with_metadata(
        description="Cosméticos",
        address={"street": "Rua A, 1", "city": "São Paulo", "country": "Brasil", "share_with_customers": True},
        phone="+55 11 99999-0000",
        email="oi@acme.example",
        website={"url": "https://acme.example", "mention": True},
        social_links=[{"network": "instagram", "url": "https://instagram.com/acme", "mention": False}],
        opening_hours=[
            {"day": 0, "opens": "09:00", "closes": "18:00", "break_start": "12:00", "break_end": "13:00"},
            {"day": 5, "opens": "09:00", "closes": "12:00"},
        ],
        style={"tone": "casual", "emoji": True, "greeting": "Oi!", "farewell": "Tchau!", "rating_request": "Nota?"},
        services={"sales": True, "scheduling": False, "delivery": True, "support": True},
    )
    full["business_rules"] = [
        rule(),
        rule(rule_id=2, kind="temporary", date_start="2026-03-01", date_end="2026-03-31", service="sales"),
        rule(rule_id=3, kind="scheduling", scheduling={"duration_minutes": 60, "notice_hours": 24, "days": [0, 1]}),
    ]
    stored = parse_document(Snapshot, json.loads(json.dumps(full)))
    metadata = stored.metadata_document()
    assert {key: metadata[key] for key in ("account_id", "version")} == {"account_id": "acme", "version": 1}
    assert metadata["opening_hours"][0]["break_start"] == "12:00"
    assert metadata["style"]["tone"] == "casual"
    assert [each["rule_id"] for each in stored.rule_documents()] == [1, 2, 3]
    assert stored.rule_documents()[1]["date_end"] == "2026-03-31"
    json.dumps([metadata, stored.rule_documents()])


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("no object", "The document"),
        (None, "The document"),
        (document(account_id="admin"), "account_id"),
        (document(account_id="Acme"), "account_id"),
        (document(version=0), "version"),
        (document(version="1"), "version"),
        (document(version=True), "version"),
        (document(surprise=1), "surprise"),
        (document(company_metadata={}), "company_metadata.company_name"),
        (with_metadata(company_name="  "), "company_metadata.company_name"),
        (with_metadata(company_name="x" * 201), "company_metadata.company_name"),
        (with_metadata(company_name="a\x00b"), "company_metadata.company_name"),
        (with_metadata(description="x" * 4001), "company_metadata.description"),
        (with_metadata(timezone="Mars/Olympus"), "company_metadata.timezone"),
        (with_metadata(timezone="../../etc/passwd"), "company_metadata.timezone"),
        (with_metadata(currency="reais"), "company_metadata.currency"),
        (with_metadata(language="português"), "company_metadata.language"),
        (with_metadata(website={"url": "javascript:alert(1)"}), "company_metadata.website.url"),
        (with_metadata(website={"url": "acme.example"}), "company_metadata.website.url"),
        (with_metadata(style={"tone": "rude"}), "company_metadata.style.tone"),
        (hours(opens="9:00"), "company_metadata.opening_hours.0.opens"),
        (hours(opens="24:00"), "company_metadata.opening_hours.0.opens"),
        (hours(closes="18:00\n"), "company_metadata.opening_hours.0.closes"),
        (hours(closes="08:00"), "open before it closes"),
        (hours(break_start="12:00"), "both its start and its end"),
        (hours(break_start="08:00", break_end="08:30"), "within the opening hours"),
        (hours(day=7), "company_metadata.opening_hours.0.day"),
        (
            with_metadata(opening_hours=[{"day": 1, "opens": "09:00", "closes": "10:00"}] * 2),
            "each day may appear once",
        ),
        (with_rules(rule(), rule()), "each rule_id may appear once"),
        (with_rules(*[rule(rule_id=number) for number in range(1, 502)]), "business_rules"),
        (with_rules(rule(rule_id=0)), "business_rules.0.rule_id"),
        (with_rules(rule(kind="temporary")), "start date or an end date"),
        (with_rules(rule(date_end="2026-01-01")), "permanent rule has no dates"),
        (with_rules(rule(kind="temporary", date_start="2026-02-01", date_end="2026-01-01")), "start before it ends"),
        (with_rules(rule(kind="temporary", date_start="31/01/2026")), "business_rules.0.date_start"),
        (with_rules(rule(kind="scheduling")), "scheduling details"),
        (with_rules(rule(scheduling={"duration_minutes": 30, "days": [1]})), "scheduling details"),
        (with_rules(rule(kind="scheduling", scheduling={"duration_minutes": 30, "days": [1, 1]})), "each day"),
    ],
)
def test_a_mistake_is_told_in_one_sentence_that_names_its_field(wrong, named):
    with pytest.raises(InvalidDocument) as raised:
        parse_document(Snapshot, wrong)
    message = str(raised.value)
    assert named in message
    assert message.endswith(".")
    assert "\n" not in message
    assert len(message) < 700


def test_further_mistakes_are_counted():
    with pytest.raises(InvalidDocument, match=r"\(and 1 more\)\.$"):
        parse_document(Snapshot, document(version=0, surprise=1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"specialists": ["astrologer"]},
        {"specialists": ["sales", "sales"]},
        {"max_steps": 0},
        {"max_steps": 21},
        {"turn_seconds": 601},
        {"llm": {"model": "m", "api_key": "secret"}},
        {"instructions": "x" * 8001},
        {"channels": {"": {"enabled": True}}},
    ],
)
def test_an_agent_config_has_bounds_and_never_a_key(wrong):
    with pytest.raises(InvalidDocument):
        parse_document(AgentConfig, wrong)


def test_rules_hold_on_both_their_dates():
    rules = [
        {"rule_id": 1, "date_start": None, "date_end": None},
        {"rule_id": 2, "date_start": "2026-03-01", "date_end": "2026-03-31"},
        {"rule_id": 3, "date_start": "2026-04-01", "date_end": None},
        {"rule_id": 4, "date_start": None, "date_end": "2026-02-28"},
    ]

    def on(*day):
        return [each["rule_id"] for each in active_rules(rules, date(*day))]

    assert on(2026, 2, 28) == [1, 4]
    assert on(2026, 3, 1) == on(2026, 3, 31) == [1, 2]
    assert on(2026, 4, 1) == [1, 3]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from([*document(), "other"]), json_values))
def test_whatever_is_sent_is_stored_as_json_or_refused_in_a_sentence(value):
    try:
        snapshot = parse_document(Snapshot, value)
    except InvalidDocument as error:
        assert str(error).endswith(".")
    else:
        json.dumps([snapshot.metadata_document(), snapshot.rule_documents()], allow_nan=False)


@given(st.text(alphabet="ab-_.:/A0\n", max_size=8), st.text(alphabet="ab-_.:/A0\n", max_size=8))
def test_no_two_accounts_share_a_name_in_a_store(one, other):
    from chatwootai_mcp.tenancy.account import CollectionType, cache_key, collection_name

    try:
        parse_account_id(one), parse_account_id(other)
    except InvalidAccountId:
        return
    names = [{collection_name(each, kind) for kind in CollectionType} for each in (one, other)]
    assert (one == other) or names[0].isdisjoint(names[1])
    assert (one == other) or not cache_key(one, "x").startswith(cache_key(other, ""))
