"""Reading a demo company's files into plain values, checked: what is wrong is named with its file and place.

The shapes follow the configuration snapshot, so that whoever fills a tenant translates nothing but names.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
COMPANIES = ("cosmetics", "furniture")
KINDS = ("permanent", "temporary", "scheduling")
SERVICES = ("general", "sales", "scheduling", "delivery", "support")
TONES = ("formal", "friendly", "casual")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")


class InvalidCompany(ValueError):
    """A sentence that names the file and what is wrong in it."""


@dataclass(frozen=True)
class Address:
    street: str
    street2: str
    city: str
    state: str
    zip: str
    country: str
    share_with_customers: bool


@dataclass(frozen=True)
class Link:
    network: str
    url: str
    mention: bool


@dataclass(frozen=True)
class OpeningDay:
    """0 is Monday; a day that is not there is closed."""

    day: int
    opens: str
    closes: str
    break_start: str | None
    break_end: str | None


@dataclass(frozen=True)
class Style:
    tone: str
    emoji: bool
    greeting: str
    farewell: str
    rating_request: str


@dataclass(frozen=True)
class Profile:
    company_name: str
    description: str
    language: str
    timezone: str
    currency: str
    address: Address
    phone: str
    email: str
    website: Link
    social_links: tuple[Link, ...]
    opening_hours: tuple[OpeningDay, ...]
    style: Style
    services: Mapping[str, bool]


@dataclass(frozen=True)
class Scheduling:
    duration_minutes: int
    notice_hours: int
    days: tuple[int, ...]


@dataclass(frozen=True)
class Rule:
    name: str
    description: str
    kind: str
    service: str
    sequence: int
    date_start: date | None
    date_end: date | None
    scheduling: Scheduling | None


@dataclass(frozen=True)
class Document:
    """A support document in Markdown; its name is its first heading."""

    name: str
    filename: str
    text: str


@dataclass(frozen=True)
class Product:
    code: str
    name: str
    category: str
    price: Decimal
    quantity: int
    description: str


@dataclass(frozen=True)
class Question:
    """What a customer asks, and how the right answer is known."""

    id: str
    text: str
    product: str | None
    """The code of the product whose price and stock the answer must hold."""
    contains: tuple[str, ...]
    excludes: tuple[str, ...]
    hands_over: bool


@dataclass(frozen=True)
class Company:
    key: str
    profile: Profile
    rules: tuple[Rule, ...]
    documents: tuple[Document, ...]
    products: tuple[Product, ...]
    questions: tuple[Question, ...]

    def product(self, code: str) -> Product:
        return next(product for product in self.products if product.code == code)

    def question(self, question_id: str) -> Question:
        return next(question for question in self.questions if question.id == question_id)


def load(key: str, today: date | None = None, root: Path = HERE) -> Company:
    """The company in the folder of that name. Dates of temporary rules are counted from `today`."""
    folder = root / key
    if key not in COMPANIES and not folder.is_dir():
        raise InvalidCompany(f"There is no demo company {key!r}; there are {', '.join(COMPANIES)}.")
    company = Company(
        key,
        _read(folder / "profile.json", _profile),
        _read_list(folder / "rules.json", lambda row: _rule(row, today or date.today())),
        tuple(_document(path) for path in sorted((folder / "documents").glob("*.md"))),
        tuple(_products(folder / "products.csv")),
        _read_list(folder / "questions.json", _question),
    )
    _check_unique(folder / "rules.json", [rule.name for rule in company.rules])
    _check_unique(folder / "products.csv", [product.code for product in company.products])
    _check_unique(folder / "products.csv", [product.name for product in company.products])
    codes = {product.code for product in company.products}
    for question in company.questions:
        if question.product and question.product not in codes:
            raise InvalidCompany(f"{folder / 'questions.json'}: {question.id} names no product: {question.product}")
    return company


# -- files -----------------------------------------------------------------------------------------------------------


def _read(path: Path, parse: Any) -> Any:
    try:
        return parse(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InvalidCompany(f"{path}: {error}") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidCompany(f"{path}: missing or misplaced {error}") from None


def _read_list(path: Path, parse: Any) -> tuple[Any, ...]:
    def parse_all(rows: Any) -> tuple[Any, ...]:
        if not isinstance(rows, list):
            raise ValueError("a list is expected")
        return tuple(parse(row) for row in rows)

    return tuple(_read(path, parse_all))


def _check_unique(path: Path, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidCompany(f"{path}: twice: {', '.join(twice)}")


def _profile(given: dict[str, Any]) -> Profile:
    hours = tuple(_opening_day(day) for day in given["opening_hours"])
    if len({day.day for day in hours}) != len(hours):
        raise ValueError("opening_hours: a day stands there twice")
    style = Style(**given["style"])
    _one_of("tone", style.tone, TONES)
    return Profile(
        **{
            **given,
            "address": Address(**given["address"]),
            "website": Link("website", **given["website"]),
            "social_links": tuple(Link(**link) for link in given["social_links"]),
            "opening_hours": hours,
            "style": style,
        }
    )


def _opening_day(given: dict[str, Any]) -> OpeningDay:
    day = OpeningDay(**given)
    times = [t for t in (day.opens, day.break_start, day.break_end, day.closes) if t is not None]
    if not 0 <= day.day <= 6:
        raise ValueError(f"opening_hours: no day of the week: {day.day}")
    if not all(_CLOCK.match(t) for t in times) or times != sorted(set(times)):
        raise ValueError(f"opening_hours of day {day.day}: times as HH:MM, in order: {times}")
    return day


def _rule(given: dict[str, Any], today: date) -> Rule:
    name = given["name"]
    _one_of(f"{name}: kind", given["kind"], KINDS)
    _one_of(f"{name}: service", given.get("service", "general"), SERVICES)
    scheduling = given.get("scheduling")
    if (scheduling is not None) != (given["kind"] == "scheduling"):
        raise ValueError(f"{name}: a scheduling rule, and no other, has `scheduling`")
    start, end = given.get("starts_in_days"), given.get("ends_in_days")
    if (given["kind"] == "temporary") != (start is not None or end is not None):
        raise ValueError(f"{name}: a temporary rule, and no other, has starts_in_days or ends_in_days")
    return Rule(
        name=name,
        description=given["description"],
        kind=given["kind"],
        service=given.get("service", "general"),
        sequence=given.get("sequence", 10),
        date_start=today + timedelta(days=start) if start is not None else None,
        date_end=today + timedelta(days=end) if end is not None else None,
        scheduling=Scheduling(**{**scheduling, "days": tuple(scheduling["days"])}) if scheduling else None,
    )


def _document(path: Path) -> Document:
    text = path.read_text(encoding="utf-8")
    heading = re.match(r"#\s+(.+)", text)
    if heading is None:
        raise InvalidCompany(f"{path}: a document begins with a heading")
    return Document(heading.group(1).strip(), path.name, text)


def _products(path: Path) -> Iterator[Product]:
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    except OSError as error:
        raise InvalidCompany(f"{path}: {error}") from None
    for number, row in enumerate(rows, 2):
        try:
            price, quantity = Decimal(row["price"]), int(row["quantity"])
            if price <= 0 or quantity < 0 or not row["code"] or not row["name"]:
                raise ValueError("a code, a name, a price above 0 and a quantity are expected")
            yield Product(row["code"], row["name"], row["category"], price, quantity, row["description"])
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise InvalidCompany(f"{path}, line {number}: {error}") from None


def _question(given: dict[str, Any]) -> Question:
    return Question(
        given["id"],
        given["text"],
        given.get("product"),
        tuple(given.get("contains", ())),
        tuple(given.get("excludes", ())),
        bool(given.get("hands_over", False)),
    )


def _one_of(what: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{what}: {value!r} is none of {', '.join(allowed)}")
