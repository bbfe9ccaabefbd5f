"""The demo companies: complete, valid, and so different that a leak is seen."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from demo.companies import COMPANIES, InvalidCompany, load
from demo.companies.load import HERE

TODAY = date(2027, 3, 1)


@pytest.mark.parametrize("key", COMPANIES)
def test_a_company_is_complete(key: str) -> None:
    company = load(key, TODAY)
    assert len(company.products) == 30 and 8 <= len(company.rules) <= 12 and len(company.documents) >= 2
    assert {rule.kind for rule in company.rules} == {"permanent", "temporary", "scheduling"}
    assert {question.id for question in company.questions} >= {"product", "knowledge", "same", "person"}
    assert any(day.break_start for day in company.profile.opening_hours)
    assert ".example" in company.profile.website.url and company.profile.email.endswith(".example")


@pytest.mark.parametrize("key", COMPANIES)
def test_one_promotion_runs_today_and_one_is_over(key: str) -> None:
    temporary = [rule for rule in load(key, TODAY).rules if rule.kind == "temporary"]
    running = [r for r in temporary if r.date_start and r.date_end and r.date_start <= TODAY <= r.date_end]
    over = [r for r in temporary if r.date_end and r.date_end < TODAY]
    assert len(running) == 1 and len(over) == 1


@pytest.mark.parametrize("key", COMPANIES)
def test_what_only_the_knowledge_holds_stands_in_a_document_alone(key: str) -> None:
    company = load(key, TODAY)
    (wanted,) = company.question("knowledge").contains
    assert any(wanted in document.text for document in company.documents)
    assert not any(wanted in rule.description for rule in company.rules)


def test_a_leak_would_be_seen() -> None:
    one, other = (load(key, TODAY) for key in COMPANIES)
    assert not {p.name for p in one.products} & {p.name for p in other.products}
    assert not {p.code for p in one.products} & {p.code for p in other.products}
    assert one.question("same").text == other.question("same").text
    assert set(one.question("same").contains) <= set(other.question("same").excludes)
    assert set(other.question("same").contains) <= set(one.question("same").excludes)
    mine, theirs = ({r.description for r in c.rules} for c in (one, other))
    assert not mine & theirs
    assert (one.profile.style.tone, one.profile.style.emoji) != (other.profile.style.tone, other.profile.style.emoji)


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("products.csv", "49.90", "cheap", "line 2"),
        ("products.csv", "FI-002", "FI-001", "twice: FI-001"),
        ("profile.json", '"opens": "09:00"', '"opens": "25:00"', "opening_hours"),
        ("profile.json", '"friendly"', '"rude"', "tone"),
        ("rules.json", '"kind": "scheduling"', '"kind": "permanent"', "scheduling"),
        ("rules.json", "[\n", "{\n", "rules.json"),
        ("questions.json", "FI-004", "XX-999", "XX-999"),
    ],
)
def test_a_mistake_is_named_with_its_file(tmp_path: Path, file: str, old: str, new: str, complaint: str) -> None:
    shutil.copytree(HERE / "cosmetics", tmp_path / "cosmetics")
    path = tmp_path / "cosmetics" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(InvalidCompany, match=complaint):
        load("cosmetics", TODAY, root=tmp_path)


def test_an_unknown_company_is_refused() -> None:
    with pytest.raises(InvalidCompany, match="cosmetics, furniture"):
        load("bakery")
