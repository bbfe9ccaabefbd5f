"""From tool results to findings, and how near each is to the question. Pure functions; texts of results are data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .task import Fact, Task, ToolResult
from .words import OF_POLICIES, OF_PRODUCTS, Concept, alike, concepts, concepts_of, content_words, stem, stems

_NAME_KEYS = ("name", "title", "nome", "titulo")
_TEXT_KEYS = ("text", "description", "content", "descricao", "texto", "body")
_PRICE_KEYS = ("price", "list_price", "lst_price", "preco", "valor")
_QUANTITY_KEYS = ("available_quantity", "quantity", "free_qty", "qty_available", "stock", "estoque")
#: Below these shares of the question's words a finding is about something else.
NEAR_ENOUGH = 0.34
_CLEAR = 0.5
_ON_TOPIC = 0.2


@dataclass(frozen=True)
class Product:
    name: str
    price: float
    currency: str = "BRL"
    quantity: float | None = None
    unit: str = ""
    description: str = ""
    code: str = ""


@dataclass(frozen=True)
class Passage:
    """A rule, a piece of a document, or a fact of the company."""

    title: str
    text: str
    of_products: bool = False


@dataclass(frozen=True)
class Ranked:
    """A finding's score, and the share of the question's words it covers."""

    score: float
    coverage: float


# -- reading results -------------------------------------------------------------------------------------------------


def products_in(results: Sequence[ToolResult]) -> list[Product]:
    found = [_product(row) for result in results for row in _rows(result.text)]
    return list({(p.name, p.code): p for p in found if p}.values())


def passages_in(results: Sequence[ToolResult]) -> list[Passage]:
    found = [_passage(row) for result in results for row in _rows(result.text) if not _price(row)[0]]
    return list({(p.title, p.text): p for p in found if p}.values())


def failed(result: ToolResult) -> bool:
    """Whether the tool said that it could not do it."""
    try:
        value = json.loads(result.text)
    except ValueError:
        return not any(True for _ in _rows(result.text))
    return isinstance(value, dict) and value.get("success") is False


def _rows(text: str) -> Iterator[dict[str, Any]]:
    """The records in a result: the items of its lists. A text cut short still gives those that are whole."""
    try:
        value = json.loads(text)
    except ValueError:
        yield from _whole_objects(text)
        return
    lists = value.values() if isinstance(value, dict) else [value]
    for one in lists:
        if isinstance(one, list):
            yield from (row for row in one if isinstance(row, dict))
        elif isinstance(one, dict):
            yield one


def _whole_objects(text: str) -> Iterator[dict[str, Any]]:
    decoder = json.JSONDecoder()
    at = text.find("{", 1)
    while at != -1:
        try:
            value, end = decoder.raw_decode(text, at)
        except ValueError:
            end = at + 1
        else:
            if isinstance(value, dict):
                yield value
        at = text.find("{", end)


def _first(row: dict[str, Any], keys: Sequence[str]) -> Any:
    return next((row[key] for key in keys if row.get(key) not in (None, "")), None)


def _price(row: dict[str, Any]) -> tuple[bool, float]:
    price = _first(row, _PRICE_KEYS)
    return (True, float(price)) if isinstance(price, int | float) and not isinstance(price, bool) else (False, 0.0)


def _product(row: dict[str, Any]) -> Product | None:
    priced, price = _price(row)
    name = _first(row, _NAME_KEYS)
    if not priced or not name:
        return None
    quantity = _first(row, _QUANTITY_KEYS)
    currency = row.get("currency")
    return Product(
        name=str(name),
        price=price,
        currency=str(currency) if isinstance(currency, str) else "BRL",
        quantity=float(quantity) if isinstance(quantity, int | float) else None,
        unit=str(row.get("uom") or ""),
        description=str(_first(row, _TEXT_KEYS) or ""),
        code=str(row.get("code") or row.get("default_code") or ""),
    )


def _passage(row: dict[str, Any]) -> Passage | None:
    title, text = _first(row, _NAME_KEYS), _first(row, _TEXT_KEYS)
    if not text:
        return None
    return Passage(str(title or ""), str(text), row.get("collection_type") == "products")


# -- what the question is about ----------------------------------------------------------------------------------------


def product_words(text: str) -> list[str]:
    """The words that may name a product: content words that are no shop vocabulary."""
    return [w for w in content_words(text) if not concepts_of(stem(w))]


def topic_words(task: Task) -> list[str]:
    """The product words of the question or, where it has none ("e quanto custa?"), of the last message that had."""
    for text in (task.question, *reversed(task.earlier)):
        found = product_words(text)
        if found:
            return found
    return []


def policy_words(text: str) -> list[str]:
    """The words a rule on this question would hold: all content words but those of price and stock."""
    return [
        w for w in content_words(text) if not concepts_of(stem(w)) & OF_PRODUCTS or concepts_of(stem(w)) & OF_POLICIES
    ]


# -- how near ---------------------------------------------------------------------------------------------------------


def rank_product(words: Sequence[str], product: Product) -> Ranked:
    """By the words of its name first, then of its description."""
    named, described = stems(f"{product.name} {product.code}"), stems(product.description)
    score, covered = 0.0, 0
    wanted = [stem(w) for w in words]
    for one in wanted:
        if any(alike(one, other) for other in named):
            score, covered = score + (2.0 if one in named else 1.8), covered + 1
        elif any(alike(one, other) for other in described):
            score, covered = score + 0.5, covered + 1
    if named and any(alike(named[0], one) for one in wanted):
        score += 0.4  # what a name begins with is what the thing is
    extra = sum(1 for other in set(named) if not any(alike(one, other) for one in wanted))
    return Ranked(score - 0.01 * extra, covered / len(wanted) if wanted else 0.0)


def sentences(text: str) -> list[str]:
    """The questions a message holds, one by one."""
    return [part for part in re.split(r"[?!\n]+|\.\s", text) if part.strip()]


def products_for(task: Task, products: Sequence[Product]) -> tuple[list[Product], float]:
    """What fits each question of the message; where none names a product, what fits the topic so far."""
    named = [words for words in map(product_words, sentences(task.question)) if words] or [topic_words(task)]
    found = [best_products(words, products) for words in named]
    chosen = list(dict.fromkeys(product for them, _ in found for product in them))
    return chosen, max((coverage for them, coverage in found if them), default=0.0)


def passages_for(question: str, passages: Sequence[Passage], most: int = 2) -> list[Passage]:
    """The nearest passage to each question of the message, or else to the message as a whole."""
    parts = [part for part in sentences(question) if policy_words(part)]
    found = [best_passage(part, passages) for part in parts] if len(parts) > 1 else []
    chosen = list(dict.fromkeys(passage for passage in found if passage))
    whole = best_passage(question, passages)
    return chosen[:most] or ([whole] if whole else [])


def best_products(words: Sequence[str], products: Sequence[Product]) -> tuple[list[Product], float]:
    """The products that fit the words best, and the share of the words they cover; none if that is too little."""
    ranked = [(rank_product(words, product), product) for product in products]
    top = max((r.score for r, _ in ranked), default=0.0)
    if top < 0.5:
        return [], 0.0
    coverage = max(r.coverage for r, _ in ranked if r.score >= top - 0.3)
    if top < 1.5 and coverage < _CLEAR:
        return [], 0.0
    if coverage < NEAR_ENOUGH:
        return [], 0.0
    chosen = sorted((pair for pair in ranked if pair[0].score >= top - 0.3), key=lambda pair: -pair[0].score)
    exact = [product for rank, product in chosen if top - rank.score < 0.005]
    return (exact if len(exact) == 1 and coverage > _CLEAR else [p for _, p in chosen]), coverage


def rank_passage(words: Sequence[str], asked: frozenset[Concept], passage: Passage) -> Ranked:
    """A word counts most in the title; a word of the same concept counts a part of it."""
    titled, told = stems(passage.title), stems(passage.text)
    title_concepts, text_concepts = concepts(passage.title), concepts(passage.text)
    score, covered = 0.0, 0.0
    for word in words:
        one = stem(word)
        own = concepts_of(one) & OF_POLICIES
        if any(alike(one, other) for other in titled):
            score, covered = score + 2.0, covered + 1
        elif any(alike(one, other) for other in told):
            score, covered = score + 1.4, covered + 1
        elif own & title_concepts:
            score, covered = score + 1.0, covered + 1
        elif own & text_concepts:
            score, covered = score + 0.4, covered + 0.4
    if asked & OF_POLICIES & title_concepts:
        score += 0.5
    return Ranked(score, covered / len(words) if words else float(bool(asked & title_concepts & OF_POLICIES)))


def best_passage(question: str, passages: Sequence[Passage]) -> Passage | None:
    """The passage nearest to the question, or None where none is near enough."""
    wanted, asked = policy_words(question), concepts(question)
    best: tuple[float, Passage] | None = None
    for passage in passages:
        rank = rank_passage(wanted, asked, passage)
        on_topic = bool(asked & OF_POLICIES & concepts(passage.title)) and rank.coverage >= _ON_TOPIC
        if (rank.coverage >= NEAR_ENOUGH or on_topic) and (best is None or rank.score > best[0]):
            best = (rank.score, passage)
    return best[1] if best else None


def fact_passages(facts: Sequence[Fact]) -> list[Passage]:
    return [Passage(fact.label, fact.text) for fact in facts]
