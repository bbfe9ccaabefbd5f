"""Writing the answer from what was found, in the customer's language and the company's style. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .findings import Passage, Product, policy_words
from .task import Task, Tone
from .words import alike, fold, stem, stems

PASSAGE_LENGTH = 420
MOST_PRODUCTS = 4
_CURRENCY_SIGNS = {"BRL": "R$", "USD": "US$", "EUR": "€"}
_PIECES = {"", "unit", "units", "unidade", "unidades", "un"}


@dataclass(frozen=True)
class Draft:
    """What the answer is made of. Nothing that is not in here is said."""

    products: tuple[Product, ...] = ()
    coverage: float = 0.0
    passages: tuple[Passage, ...] = ()

    @property
    def empty(self) -> bool:
        return not self.products and not self.passages


def compose(task: Task, draft: Draft) -> str:
    parts = [_products(task, draft)] if draft.products else []
    parts += [_passage_text(task, passage) for passage in draft.passages]
    opening = _opening(task)
    body = "\n".join(parts)
    return f"{opening} {body}".strip() + f"\n\n{_closing(task)}"


# -- numbers ----------------------------------------------------------------------------------------------------------


def money(amount: float, currency: str, english: bool) -> str:
    """
    >>> money(1234.5, "BRL", False), money(1234.5, "BRL", True)
    ('R$ 1.234,50', 'R$ 1,234.50')
    """
    text = f"{amount:,.2f}"
    if not english:
        text = text.translate(str.maketrans(",.", ".,"))
    return f"{_CURRENCY_SIGNS.get(currency, currency)} {text}"


def count(amount: float, english: bool) -> str:
    text = f"{amount:,.2f}".rstrip("0").rstrip(".")
    return text if english else text.translate(str.maketrans(",.", ".,"))


# -- products ---------------------------------------------------------------------------------------------------------


def _products(task: Task, draft: Draft) -> str:
    if len(draft.products) == 1:
        return _one_product(task, draft.products[0], near=draft.coverage < 0.5)
    chosen = draft.products[:MOST_PRODUCTS]
    head = "I found these:" if task.english else "Encontrei estas opções:"
    lines = [f"• {_named_price(task, product)}{_in_brackets(task, product)}" for product in chosen]
    return "\n".join([head, *lines])


def _named_price(task: Task, product: Product) -> str:
    return f"{product.name}: {money(product.price, product.currency, task.english)}"


def _in_brackets(task: Task, product: Product) -> str:
    if product.quantity is None:
        return ""
    if product.quantity <= 0:
        return " (out of stock)" if task.english else " (sem estoque no momento)"
    stock = _amount(product, task.english)
    return f" ({stock} in stock)" if task.english else f" ({stock} em estoque)"


def _one_product(task: Task, product: Product, near: bool) -> str:
    price = money(product.price, product.currency, task.english)
    if task.english:
        said = f"{product.name} costs {price}"
        said = f"The closest we have is this: {said}" if near else said
        said += _stock_english(product)
    else:
        said = f"{product.name} custa {price}"
        said = f"O mais próximo que temos é este: {said}" if near else said
        said += _stock_portuguese(product, formal=task.style.tone is Tone.FORMAL)
    about = _first_sentence(product.description)
    return f"{said} {about}" if about else said


def _stock_portuguese(product: Product, formal: bool) -> str:
    if product.quantity is None:
        return "."
    if product.quantity <= 0:
        return ", mas no momento está sem estoque."
    have = "dispomos de" if formal else "temos"
    return f" e {have} {_amount(product, english=False)} em estoque."


def _stock_english(product: Product) -> str:
    if product.quantity is None:
        return "."
    if product.quantity <= 0:
        return ", but it is out of stock at the moment."
    return f" and we have {_amount(product, english=True)} in stock."


def _amount(product: Product, english: bool) -> str:
    quantity = product.quantity or 0.0
    unit = product.unit
    if fold(unit) in _PIECES:
        one, many = ("unit", "units") if english else ("unidade", "unidades")
        unit = one if quantity == 1 else many
    return f"{count(quantity, english)} {unit}"


def _first_sentence(text: str) -> str:
    sentence = re.split(r"(?<=[.!?])\s", text.strip(), maxsplit=1)[0]
    return sentence if len(sentence) <= 200 else ""


# -- passages ---------------------------------------------------------------------------------------------------------


def _passage_text(task: Task, passage: Passage) -> str:
    text = plain(passage.text)
    if fold(text).startswith(fold(passage.title)) and len(text) > len(passage.title):
        text = text[len(passage.title) :].lstrip(" \n:.–-—")
    wanted = policy_words(task.question)
    text = excerpt(_asked_items(text, wanted), wanted)
    fact = len(passage.title.split()) <= 3 and not re.search(r"[.!?]", text)
    said = f"{passage.title}: {text}" if fact and passage.title else text
    return said[:1].upper() + said[1:]


def _asked_items(text: str, words: Sequence[str]) -> str:
    """Of a long list with semicolons (opening hours by day), the items that are asked for; all, if none is."""
    items = [item.strip() for item in text.split(";")]
    wanted = [stem(word) for word in words]
    asked = [i for i in items if any(alike(one, told) for one in wanted for told in stems(i))]
    return "; ".join(asked) if len(items) > 3 and asked else text


def plain(text: str) -> str:
    """Without the marks of Markdown; lists keep their bullets."""
    text = re.sub(r"^\s*#+\s*(.*)$", r"\1", text, flags=re.MULTILINE)
    text = re.sub(r"^\s*[-*]\s+", "• ", text, flags=re.MULTILINE)
    return re.sub(r"\*\*|__|`", "", text).strip()


def excerpt(text: str, words: Sequence[str], length: int = PASSAGE_LENGTH) -> str:
    """The whole text if it is short; else the sentences nearest to the words, in their order."""
    if len(text) <= length:
        return text
    pieces = [p.strip() for p in re.split(r"(?<=[.!?;])\s+|\n+", text) if p.strip()]
    wanted = [stem(w) for w in words]
    scored = []
    for at, piece in enumerate(pieces):
        told = stems(piece)
        score = sum(1 for one in wanted if any(alike(one, other) for other in told))
        scored.append((-score, at))
    chosen: list[int] = []
    size = 0
    for score, at in sorted(scored):
        if (score == 0 and chosen) or size + len(pieces[at]) > length:
            continue
        chosen.append(at)
        size += len(pieces[at])
    if not chosen:
        return text[: length - 1].rsplit(" ", 1)[0] + "…"
    lines = [pieces[at] for at in sorted(chosen)]
    return "\n".join(lines) if any(line.startswith("•") for line in lines) else " ".join(lines)


# -- what stands around -----------------------------------------------------------------------------------------------

_OPENINGS = {Tone.FORMAL: ("", ""), Tone.FRIENDLY: ("Claro!", "Sure!"), Tone.CASUAL: ("Opa, vamos lá!", "Here you go!")}
_CLOSINGS = {
    Tone.FORMAL: ("Permanecemos à disposição.", "We remain at your disposal."),
    Tone.FRIENDLY: ("Posso ajudar com mais alguma coisa?", "Can I help you with anything else?"),
    Tone.CASUAL: ("Se precisar, é só chamar!", "Just shout if you need anything!"),
}
_GREETINGS = {
    Tone.FORMAL: ("Em que podemos ser úteis?", "How may we help you?"),
    Tone.FRIENDLY: ("Como posso ajudar?", "How can I help you?"),
    Tone.CASUAL: ("Manda sua dúvida!", "What can I do for you?"),
}
_GOODBYES = {
    Tone.FORMAL: ("Agradecemos o contato.", "Thank you for contacting us."),
    Tone.FRIENDLY: ("Por nada! Até mais.", "You are welcome! See you soon."),
    Tone.CASUAL: ("Imagina! Até a próxima.", "No worries! See you."),
}
_UNABLE = (
    "Não encontrei essa informação. Uma pessoa da equipe pode ajudar.",
    "I did not find that. A person of the team can help.",
)


def _opening(task: Task) -> str:
    if task.first_message and task.style.greeting:
        return task.style.greeting
    return _OPENINGS[task.style.tone][task.english]


def _closing(task: Task) -> str:
    return _CLOSINGS[task.style.tone][task.english] + (" 😊" if task.style.emoji else "")


def greeting(task: Task) -> str:
    own = task.style.greeting if task.first_message else None
    said = _GREETINGS[task.style.tone][task.english] + (" 😊" if task.style.emoji else "")
    return f"{own} {said}" if own else said


def goodbye(task: Task) -> str:
    """The company's own farewell, where its instructions give one."""
    said = " ".join(task.style.goodbye) or _GOODBYES[task.style.tone][task.english]
    return said + (" 👋" if task.style.emoji else "")


def unable(task: Task) -> str:
    return _UNABLE[task.english]
