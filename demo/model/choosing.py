"""What to do next: call which tool with which words, or answer. Pure functions over the task."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .composing import MOST_PRODUCTS, Draft, compose, goodbye, greeting, unable
from .findings import (
    Passage,
    best_passage,
    fact_passages,
    failed,
    passages_for,
    passages_in,
    policy_words,
    product_words,
    products_for,
    products_in,
    topic_words,
)
from .task import Choice, Classification, Json, Task, Tool, ToolResult, ToolRole
from .words import (
    OF_POLICIES,
    OF_PRODUCTS,
    Concept,
    asks_for_a_person,
    concepts,
    concepts_of,
    content_words,
    only_greets,
    only_says_goodbye,
    stem,
    stems,
)

LIMIT = 5
_WHICH = re.compile(r"\b(?:quais|which)\b", re.IGNORECASE)
#: What a company says of itself in its agents' instructions.
_OF_ITSELF = frozenset({Concept.HOURS, Concept.ADDRESS, Concept.CONTACT})


@dataclass(frozen=True)
class Say:
    text: str


@dataclass(frozen=True)
class CallTool:
    name: str
    arguments: Json


Move = Say | CallTool


def next_move(task: Task) -> Move:
    """The whole mind of the demo model."""
    hand_off = task.tool(ToolRole.HAND_OFF)
    if asks_for_a_person(task.question):
        return _hand_off(hand_off, task, _reason(task, "asks"))
    if only_says_goodbye(task.question):
        return Say(goodbye(task))
    if only_greets(task.question) or not task.question.strip():
        return Say(greeting(task))
    called = _next_lookup(task)
    if called is not None:
        return called
    draft = draft_of(task)
    if draft.empty:
        why = "failed" if task.results and all(failed(r) for r in task.results) else "nothing"
        return _hand_off(hand_off, task, _reason(task, why))
    return _choices(task, draft) or Say(compose(task, draft))


def _choices(task: Task, draft: Draft) -> Move | None:
    """Asked which ones there are, with several found: they are offered to be chosen from, once."""
    tool = task.tool(ToolRole.CHOICES)
    found = draft.products[:MOST_PRODUCTS]
    if tool is None or len(found) < 2 or not _WHICH.search(task.question):
        return None
    if not _done(task, ToolRole.CHOICES):
        return CallTool(tool.name, {"options": [product.name for product in found]})
    return Say("Which of these would you like?" if task.english else "Qual destes você quer ver?")


# -- lookups ---------------------------------------------------------------------------------------------------------


def wanted_roles(task: Task) -> list[ToolRole]:
    """Which lookups the question asks for, in order: a product's data, the company's rules, or both."""
    asked = concepts(task.question)
    policy, product = asked & OF_POLICIES, asked & OF_PRODUCTS
    named = bool(product_words(task.question))
    about_data = bool(asked & {Concept.PRICE, Concept.STOCK})
    if policy and about_data and named:
        return [ToolRole.PRODUCTS, ToolRole.KNOWLEDGE]
    if policy:
        return [ToolRole.KNOWLEDGE]
    if product and topic_words(task):
        return [ToolRole.PRODUCTS]
    for tool in task.tools:
        if tool.role in (ToolRole.PRODUCTS, ToolRole.KNOWLEDGE):
            return [tool.role]
    return []


def _next_lookup(task: Task) -> CallTool | None:
    wanted = [role for role in wanted_roles(task) if task.tool(role)]
    for role in wanted:
        if not _done(task, role):
            return _lookup(task, role)
    if not draft_of(task).empty:
        return None
    again = _product_spelt_better(task)
    if again is not None:
        return again
    others = [ToolRole.KNOWLEDGE, ToolRole.RULES]
    if topic_words(task) and not _only_policy(task):
        others.insert(1, ToolRole.PRODUCTS)
    for role in others:
        if task.tool(role) and not _done(task, role):
            return _lookup(task, role)
    return None


def _only_policy(task: Task) -> bool:
    """A question on rules alone: a list of products would be no answer to it."""
    asked = concepts(task.question)
    return bool(asked & OF_POLICIES) and not asked & OF_PRODUCTS


def _done(task: Task, role: ToolRole) -> bool:
    return bool(_of_role(task, role))


def _of_role(task: Task, role: ToolRole) -> list[ToolResult]:
    names = {tool.name for tool in task.tools if tool.role is role}
    return [result for result in task.results if result.tool in names]


def _lookup(task: Task, role: ToolRole) -> CallTool:
    tool = task.tool(role)
    assert tool is not None
    if role is ToolRole.PRODUCTS:
        query = " ".join(topic_words(task) or content_words(task.question))
    else:
        query = " ".join(policy_words(task.question) or content_words(task.question)) or task.question
        if not product_words(task.question) and concepts(task.question) <= OF_PRODUCTS:
            query = " ".join([*topic_words(task), query])
    return CallTool(tool.name, arguments(tool, query or task.question))


def _product_spelt_better(task: Task) -> CallTool | None:
    """A product the knowledge knows under another spelling is looked up again under its own name, once."""
    tool = task.tool(ToolRole.PRODUCTS)
    if tool is None or len(_of_role(task, ToolRole.PRODUCTS)) != 1 or ToolRole.PRODUCTS not in wanted_roles(task):
        return None
    known = [p for p in passages_in(_of_role(task, ToolRole.KNOWLEDGE)) if p.of_products]
    best = best_passage(" ".join(topic_words(task)), known)
    return CallTool(tool.name, arguments(tool, best.title)) if best and best.title else None


def draft_of(task: Task) -> Draft:
    """What the results hold on the question, and what of it is missing."""
    roles = wanted_roles(task)
    lookups = [r for r in task.results if not failed(r)]
    products, coverage = products_for(task, products_in(lookups))
    asked = concepts(task.question)
    known = passages_in(lookups)
    if asked & OF_POLICIES - {Concept.CARE}:
        known = [p for p in known if not p.of_products]
    passages = _with_facts(task, passages_for(task.question, known))
    if ToolRole.PRODUCTS not in roles and (passages or _only_policy(task)):
        products = []
    if ToolRole.KNOWLEDGE not in roles and products:
        passages = []
    if ToolRole.PRODUCTS in roles and asked & OF_PRODUCTS:
        passages = [p for p in passages if not p.of_products]  # a description knows no price
    return Draft(tuple(products), coverage, tuple(passages))


def _with_facts(task: Task, passages: list[Passage]) -> list[Passage]:
    """Besides, what the instructions say of the company: its hours and address, or what nothing else tells."""
    asked = concepts(task.question) & OF_POLICIES
    facts = fact_passages(task.facts)
    itself = best_passage(task.question, [f for f in facts if asked & _OF_ITSELF & concepts(f.title)])
    if itself and not any(asked & concepts(p.title) for p in passages):
        return [itself]
    if passages or not asked:
        return passages
    on_topic = [f for f in facts if asked & concepts(f.title)]
    fact = best_passage(task.question, on_topic) or best_passage(task.question, facts)
    return [fact] if fact else []


# -- arguments --------------------------------------------------------------------------------------------------------

_QUERY_NAMES = ("query", "q", "search", "text", "words", "question", "consulta", "busca", "pergunta", "termo")
_REASON_NAMES = ("reason", "motivo", "why", "note", "summary", "resumo", "message")


def arguments(tool: Tool, text: str, names: tuple[str, ...] = _QUERY_NAMES) -> Json:
    """The tool's schema filled in: the text where it belongs, and the mildest value for whatever else is required."""
    properties: dict[str, Any] = tool.parameters.get("properties") or {}
    required = set(tool.parameters.get("required") or [])
    place = _place(properties, names)
    filled: Json = {}
    for name, described in properties.items():
        if name == place:
            filled[name] = text[: described.get("maxLength") or 300]
        elif name in required or name == "limit":
            filled[name] = _mild(described)
    return filled


def _place(properties: dict[str, Any], names: tuple[str, ...]) -> str | None:
    texts = [
        name for name, described in properties.items() if "string" in _types(described) and not _options(described)
    ]
    named = [name for name in names if name in texts]
    return next(iter(named or texts), None)


def _types(described: dict[str, Any]) -> set[str]:
    own = described.get("type")
    types = {own} if isinstance(own, str) else set(own or ())
    for key in ("anyOf", "oneOf"):
        for one in described.get(key) or []:
            types |= _types(one)
    return types


def _options(described: dict[str, Any]) -> list[Any]:
    nested = [one for key in ("anyOf", "oneOf") for one in described.get(key) or []]
    return described.get("enum") or next((one["enum"] for one in nested if one.get("enum")), [])


def _mild(described: dict[str, Any]) -> Any:
    types = _types(described)
    if "default" in described:
        return described["default"]
    if "null" in types:
        return None
    if _options(described):
        return _options(described)[0]
    if types & {"integer", "number"}:
        return max(described.get("minimum", 1), min(LIMIT, described.get("maximum", LIMIT)))
    simple: dict[str, Any] = {"boolean": False, "array": [], "object": {}}
    return next((simple[t] for t in types if t in simple), "")


# -- handing off ------------------------------------------------------------------------------------------------------


def _hand_off(tool: Tool | None, task: Task, reason: str) -> Move:
    if tool is None or any(result.tool == tool.name for result in task.results):
        return Say(unable(task))
    return CallTool(tool.name, arguments(tool, reason, _REASON_NAMES))


_REASONS = {
    "asks": ("O cliente pede uma pessoa: «{q}»", "The customer asks for a person: “{q}”"),
    "nothing": ("Nada encontrado sobre: «{q}»", "Nothing found about: “{q}”"),
    "failed": ("A consulta não funcionou agora, e o cliente pergunta: «{q}»", "Lookups fail; the customer asks: “{q}”"),
}  # fmt: skip


def _reason(task: Task, why: str) -> str:
    return _REASONS[why][task.english].format(q=task.question.strip()[:300])


# -- classification ----------------------------------------------------------------------------------------------------

_PERSON = frozenset(stems("person people human pessoa humano atendente agent operator handoff escalate transfer"))
_GENERAL = frozenset(stems("support help general faq question suporte ajuda dúvida dúvidas geral other outro"))
_SELLING = frozenset(stems("sales sale sell selling shop product vendas venda produto compra catalog"))


def classify(task: Task, classification: Classification) -> tuple[str, float]:
    """The option whose name and description share most with the question, and how sure that is."""
    choices = classification.choices
    if asks_for_a_person(task.question):
        person = next((c for c in choices if set(_name_stems(c)) & _PERSON), None)
        if person:
            return person.name, 0.95
    others = [c for c in choices if not set(_name_stems(c)) & _PERSON] or list(choices)
    scores = {c.name: _closeness(task, c) for c in others}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] <= 0:
        return _fallback(task, others), 0.5
    rest = sorted(scores.values())[-2] if len(scores) > 1 else 0.0
    return best, round(min(0.95, 0.6 + 0.35 * (scores[best] - rest) / scores[best]), 2)


def _name_stems(choice: Choice) -> list[str]:
    return stems(choice.name.replace("_", " "))


def _closeness(task: Task, choice: Choice) -> float:
    """Shared words, and shared concepts: those of the option's name weigh most, the first of its description next."""
    asked = concepts(task.question)
    named = _concepts_of_stems(_name_stems(choice))
    described = stems(choice.description)
    if set(_name_stems(choice)) & _SELLING:
        named |= OF_PRODUCTS | {Concept.PAYMENT, Concept.DISCOUNT}
    told = _concepts_of_stems(described)
    words = {stem(w) for w in content_words(task.question)}
    score = 3.0 * len(asked & named - OF_PRODUCTS) + 1.5 * len(asked & named & OF_PRODUCTS)
    score += 2.0 * len(asked & told - named - OF_PRODUCTS) + 1.0 * len(asked & told & OF_PRODUCTS - named)
    score += 0.5 * len(words & set(described)) + len(words & set(_name_stems(choice)))
    if product_words(task.question) and set(_name_stems(choice)) & _SELLING:
        score += 0.8
    return score


def _concepts_of_stems(found: list[str]) -> frozenset[Concept]:
    return frozenset().union(*(concepts_of(s) for s in found))


def _fallback(task: Task, choices: list[Choice]) -> str:
    """Words no concept knows are most likely a product's name; without any, it is a general question."""
    preferred = _SELLING if topic_words(task) else _GENERAL
    for vocabulary in (preferred, _GENERAL):
        for choice in choices:
            if set(_name_stems(choice)) & vocabulary:
                return choice.name
    return choices[0].name


__all__ = ["CallTool", "Move", "Say", "arguments", "classify", "draft_of", "next_move"]
