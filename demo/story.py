"""The demo's conversations: what each company's customer asks, and how the right answer is known.

What is right is read from Odoo at that moment, never from the files the companies were made of.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .chatwoot import ChatwootServer
from .companies.load import Company, Question
from .odoo_session import OdooSession

REPLY_SECONDS = 60
PRICE_RISE = 1.1


@dataclass
class Tenant:
    """A demo company in service: its account here and in Chatwoot, and a session to look things up."""

    account_id: str
    company: Company
    chatwoot_account: int
    odoo: OdooSession
    phone: str


@dataclass
class Story:
    """One customer's conversation with one company; ``tell`` hears each line as it happens."""

    tenant: Tenant
    chatwoot: ChatwootServer
    tell: Callable[[str, str], None]
    failures: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    def play(self) -> None:
        for question in self.tenant.company.questions:
            self._ask(question)
            if question.product:
                self._raise_price(question.product)
                self._ask(question, "product again")
        self._check_one_reply_each()

    def _ask(self, question: Question, name: str = "") -> None:
        name = name or question.id
        self.tell("customer", question.text)
        started = time.monotonic()
        message = self.chatwoot.customer_says(
            self.tenant.chatwoot_account, question.text, phone=self.tenant.phone, name="Ana Ruiz"
        )
        self._conversation = message.conversation
        try:
            reply = self.chatwoot.wait_for_reply(message.conversation, message.id, REPLY_SECONDS)
        except TimeoutError:
            self._check(f"{name}: answered", False)
            return
        answer = reply.content or ""
        self.answers[name] = answer
        self.tell("agents", f"{answer}  [{time.monotonic() - started:.1f} s]")
        self._judge(name, question, answer)

    def _judge(self, name: str, question: Question, answer: str) -> None:
        if question.product:
            price, stock = self._price_and_stock(question.product)
            self._check(f"{name}: the price Odoo holds now, R$ {_brl(price)}", _brl(price) in answer)
            self._check(f"{name}: the stock Odoo holds now, {stock:g}", bool(re.search(rf"\b{stock:g}\b", answer)))
        for text in question.contains:
            self._check(f"{name}: says “{text}”", text.casefold() in answer.casefold())
        for text in question.excludes:
            self._check(f"{name}: does not say “{text}”, the other company's", text.casefold() not in answer.casefold())
        if question.hands_over:
            conversation = self._conversation
            opened = self.chatwoot.desk.wait_for(lambda: conversation.status == "open", REPLY_SECONDS)
            self._check(f"{name}: the conversation is open, for a person", bool(opened))
            noted = self.chatwoot.desk.wait_for(lambda: any(m.private for m in conversation.messages), REPLY_SECONDS)
            self._check(f"{name}: a private note tells the person why", bool(noted))

    def _check_one_reply_each(self) -> None:
        replies = len(self._conversation.replies(0))
        asked = len(self.tenant.company.questions) + sum(1 for q in self.tenant.company.questions if q.product)
        self._check(f"{asked} messages, {replies} answers", replies == asked)

    def _raise_price(self, code: str) -> None:
        product = self._product(code)
        price = round(product["list_price"] * PRICE_RISE, 2)
        self.tenant.odoo.call("product.product", "write", [product["id"]], {"list_price": price})
        self.tell("odoo", f"the price of {product['name']} is changed to R$ {_brl(price)}; the customer asks again")

    def _price_and_stock(self, code: str) -> tuple[float, float]:
        product = self._product(code)
        return product["list_price"], product["free_qty"]

    def _product(self, code: str) -> dict:
        [product] = self.tenant.odoo.call(
            "product.product",
            "search_read",
            [["default_code", "=", code]],
            fields=["name", "list_price", "free_qty"],
        )
        return product

    def _check(self, what: str, held: bool) -> None:
        self.tell("check", f"{'✓' if held else '✗ FAILED:'} {what}")
        if not held:
            self.failures.append(f"{self.tenant.account_id}: {what}")


def compare(stories: list[Story]) -> list[str]:
    """What must hold between the companies: the same question, each its own answer."""
    answers = [story.answers.get("same") for story in stories]
    if None in answers or len(set(answers)) != len(answers):
        return ["the same question to both companies did not get different answers"]
    return []


def _brl(price: float) -> str:
    """3619.0 → 3.619,00"""
    return f"{price:,.2f}".translate(str.maketrans(",.", ".,"))
