"""The document that company_services shapes is one that the receiver takes: the contract, without either's Odoo."""

from datetime import date

import pytest
from chatwootai_mcp.stores.schemas import Snapshot, parse_document
from company_services.snapshot.document import address, business_rule, snapshot_document, website


def company(**changes):
    return {
        "company_name": "Móveis Araucária",
        "description": "",
        "language": "pt_BR",
        "timezone": "America/Sao_Paulo",
        "currency": "BRL",
        "address": None,
        "phone": None,
        "email": None,
        "website": None,
        "social_links": [],
        "opening_hours": [],
        "style": {"tone": "formal", "emoji": False, "greeting": "", "farewell": "", "rating_request": ""},
        "services": {"sales": True, "scheduling": False, "delivery": True, "support": False},
        **changes,
    }


def rule(**changes):
    return business_rule(
        **{
            "rule_id": 1,
            "name": "Troca",
            "description": "7 dias",
            "kind": "permanent",
            "service": "sales",
            "sequence": 10,
            **changes,
        }
    )


@pytest.mark.parametrize(
    "shaped",
    [
        rule(),
        rule(kind="temporary", date_start=date(2026, 11, 1)),
        rule(kind="temporary", date_start=date(2026, 11, 1), date_end=date(2026, 11, 30)),
        rule(kind="scheduling", duration_minutes=60, notice_hours=24, days=[4, 0, 0]),
        # What a rule of another kind still holds in its form is not told.
        rule(date_start=date(2026, 11, 1), duration_minutes=3, days=[]),
        rule(kind="temporary", date_end=date(2026, 11, 1), duration_minutes=60, days=[1]),
    ],
)
def test_every_kind_of_rule_is_taken(shaped):
    snapshot = parse_document(Snapshot, snapshot_document("acme", 1, company(), [shaped]))
    assert snapshot.business_rules[0].name == "Troca"


def test_the_days_of_a_scheduling_rule_are_in_order_and_once():
    assert rule(kind="scheduling", duration_minutes=60, days=[4, 0, 0])["scheduling"]["days"] == [0, 4]


def test_a_full_company_is_taken():
    full = company(
        address=address({"street": " Rua XV, 10 ", "city": "Curitiba", "state": False, "country": "Brasil"}, True),
        website=website("https://araucaria.example", True),
        social_links=[{"network": "instagram", "url": "https://instagram.com/araucaria", "mention": False}],
        phone="+55 41 3333-0000",
    )
    snapshot = parse_document(Snapshot, snapshot_document("acme", 3, full, []))
    assert snapshot.company_metadata.address.street == "Rua XV, 10"
    assert snapshot.company_metadata.address.state == ""
    assert snapshot.company_metadata.address.share_with_customers


def test_a_country_alone_is_no_address():
    assert address({"country": "Brasil", "street": False}, True) is None


def test_no_website_is_none():
    assert website(False, True) is None
