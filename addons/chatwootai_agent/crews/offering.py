"""What an agent may send beside its words: choices to tap, products as cards, files. The crew's own tools for it.

An agent can only offer what it looked up in this turn: a product or a document it did not find has no number here, so
that nothing a customer writes makes it send another. Importing this imports crewai: call `environment.prepare()` first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, Final

from crewai.utilities.pydantic_schema_utils import create_model_from_schema
from pydantic import BaseModel, Field, ValidationError

from .channel import Channel
from .part import Card, FileRef, short_title
from .reply import Step
from .tools import AgentTool
from .turn import Turn, excerpt
from .wording import Wording

OFFER_CHOICES: Final = "offer_choices"
SHOW_PRODUCTS: Final = "show_products"
SEND_FILE: Final = "send_file"
_DOCUMENT: Final = "company.services.document"
_MOST_FILES: Final = 3
_DESCRIPTION: Final = 300


@dataclass
class Offers:
    """What was found in this turn, and what of it the agent offers."""

    products: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    documents: dict[int, str] = field(default_factory=dict)
    choices: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    files: tuple[FileRef, ...] = ()

    def note(self, tool: str, result: Mapping[str, Any]) -> None:
        """Remember what a lookup found."""
        if tool == "find_products":
            self.products |= {int(row["id"]): row for row in result.get("products") or () if row.get("id")}
        elif tool == "search_knowledge":
            for row in result.get("results") or ():
                if row.get("source") == _DOCUMENT and row.get("source_id") and row.get("is_file"):
                    self.documents[int(row["source_id"])] = str(row.get("title") or "")

    def offer_choices(self, options: list[str]) -> str | None:
        """Why not, or None."""
        titles = list(dict.fromkeys(filter(None, (short_title(option) for option in options))))
        if len(titles) < 2:
            return "Offer at least two different options."
        self.choices = tuple(titles)
        return None

    def show_products(self, product_ids: list[int]) -> str | None:
        unknown = [number for number in product_ids if number not in self.products]
        if unknown:
            return f"Not found in this turn: {unknown}. Look the products up first and use their id."
        self.cards = tuple(_card(self.products[number]) for number in dict.fromkeys(product_ids))
        return None

    def send_file(self, product_id: int | None, document_id: int | None) -> str | None:
        file = self._file(product_id, document_id)
        if isinstance(file, str):
            return file
        if file not in self.files:
            self.files = (*self.files, file)[:_MOST_FILES]
        return None

    def _file(self, product_id: int | None, document_id: int | None) -> FileRef | str:
        if (product_id is None) == (document_id is None):
            return "Give either product_id, for its picture, or document_id."
        if document_id is not None:
            title = self.documents.get(document_id)
            return "There is no such file among what you found." if title is None else _document(document_id, title)
        product = self.products.get(product_id or 0)
        if product is None:
            return "Look the product up first and use its id."
        if not product.get("has_picture"):
            return "This product has no picture."
        return FileRef("product", int(product["id"]), str(product["name"]))


class ChoicesArguments(BaseModel):
    options: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(min_length=2, max_length=10)


class ProductsArguments(BaseModel):
    product_ids: list[int] = Field(min_length=1, max_length=5)


class FileArguments(BaseModel):
    product_id: int | None = Field(default=None, description="Of a product found, to send its picture")
    document_id: int | None = Field(default=None, description="source_id of a document found with is_file")


def offering_tools(
    offers: Offers, channel: Channel, lookups: tuple[str, ...], turn: Turn, words: Wording
) -> list[AgentTool]:
    """The tools that make sense for this channel and for what this agent can look up."""
    tools = [_tool(OFFER_CHOICES, ChoicesArguments, lambda given: offers.offer_choices(**given), turn, words)]
    if channel.cards and "find_products" in lookups:
        tools.append(_tool(SHOW_PRODUCTS, ProductsArguments, lambda given: offers.show_products(**given), turn, words))
    if channel.files and "find_products" in lookups:
        tools.append(_tool(SEND_FILE, FileArguments, lambda given: offers.send_file(**given), turn, words))
    return tools


def _tool(name: str, arguments: type[BaseModel], offer: Any, turn: Turn, words: Wording) -> AgentTool:
    def action(given: dict[str, Any]) -> str:
        if not turn.begin_tool_call():
            problem: str | None = "No more calls: answer now."
        else:
            problem = _offered(arguments, offer, given)
        told = problem or words.offered
        turn.record(Step("tool", name, given, excerpt(told), ok=problem is None))
        return told

    return AgentTool(name=name, description=words.offering[name], args_schema=_schema(name, arguments), action=action)


def _offered(arguments: type[BaseModel], offer: Any, given: dict[str, Any]) -> str | None:
    try:
        accepted = arguments.model_validate(given).model_dump()
    except ValidationError as error:
        return "; ".join(f"{'.'.join(map(str, at['loc']))}: {at['msg']}" for at in error.errors()[:3])
    return str(problem) if (problem := offer(accepted)) else None


@lru_cache(maxsize=8)  # crewai keeps every model class for ever
def _schema(name: str, arguments: type[BaseModel]) -> type[BaseModel]:
    return create_model_from_schema(arguments.model_json_schema(), model_name=arguments.__name__)


def _card(product: Mapping[str, Any]) -> Card:
    price = " ".join(str(product[key]) for key in ("currency", "price") if product.get(key) is not None)
    said = str(product.get("description") or "")
    return Card(short_title(str(product["name"])), "\n".join(filter(None, [price, said]))[:_DESCRIPTION])


def _document(document_id: int, title: str) -> FileRef:
    return FileRef("document", document_id, title)
