"""Products as a customer asks for them: by words, with the customer's price and what is in stock now."""

import re
from typing import Annotated, Any

from pydantic import Field

from odoo import models
from odoo.fields import Domain
from odoo.tools import html2plaintext

from .call import Call
from .odoo_access import RecordId, allowed_model
from .result_page import page
from .tool import ToolError, tool

_WORD = re.compile(r"\w+")
_MAX_WORDS = 12
_CANDIDATES = 80


@tool(
    "odoo",
    title="Find products",
    read_only=True,
    returns={"products": {"type": "array"}},
)
def find_products(
    call: Call,
    query: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            description="Words of the product's name, kind or code; no question words",
            examples=["oak table"],
        ),
    ],
    limit: Annotated[int, Field(ge=1, le=20)] = 5,
    partner_id: Annotated[RecordId | None, Field(description="Customer whose price list applies")] = None,
) -> dict[str, Any]:
    """Find products that are for sale, with today's price, the quantity in stock, and a short description.

    The only place to learn a price or a stock quantity: both are looked up in Odoo at this moment.
    """
    allowed_model(call, "product.product")
    words = list(dict.fromkeys(word.casefold() for word in _WORD.findall(query)))[:_MAX_WORDS]
    if not words:
        raise ToolError("The query has no words to look for; name the product, its kind or its code.")
    products = _matching(call, words)
    pricelist = _pricelist(call, partner_id)
    shown = products[: limit + 1]
    pictured = _with_picture(shown)
    rows = [_row(product, pricelist) | {"has_picture": product in pictured} for product in shown]
    call.record_ids = tuple(row["id"] for row in rows[:limit])
    return page("products", rows, limit=limit)


def _matching(call: Call, words: list[str]) -> models.BaseModel:
    """Products with any of the words, those with most of them (and in their name) first."""
    Product = call.env["product.product"]
    stems = [_stem(word) for word in words]
    found = Product.search(
        Domain("sale_ok", "=", True)
        & Domain.OR(
            Domain(name, "ilike", stem)
            for stem in stems
            for name in ("name", "default_code", "description_sale", "categ_id.name")
        ),
        limit=_CANDIDATES,
    )
    weights = {product.id: _weight(product, stems) for product in found}
    return found.sorted(lambda product: (-weights[product.id], product.id))


def _stem(word: str) -> str:
    """The word without a plural ending, so that *cadeiras* finds *Cadeira*."""
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _weight(product: models.BaseModel, stems: list[str]) -> float:
    name = f"{product.display_name} {product.default_code or ''}".casefold()
    text = f"{product.description_sale or ''} {product.categ_id.name or ''}".casefold()
    return sum(3.0 if stem in name else 1.0 if stem in text else 0.0 for stem in stems)


def _pricelist(call: Call, partner_id: int | None) -> models.BaseModel | None:
    if "product.pricelist" not in call.env:
        return None
    if partner_id is None:
        return call.env["product.pricelist"]
    partner = call.env["res.partner"].browse(partner_id).exists()
    if not partner:
        raise ToolError(f"There is no customer with the id {partner_id}.")
    return partner.property_product_pricelist


def _row(product: models.BaseModel, pricelist: models.BaseModel | None) -> dict[str, Any]:
    currency = (pricelist and pricelist.currency_id) or product.currency_id
    price = pricelist._get_product_price(product, 1.0) if pricelist else product.lst_price
    return {
        "id": product.id,
        "name": product.display_name if product.product_template_variant_value_ids else product.name,
        "code": product.default_code or None,
        "price": currency.round(price),
        "currency": currency.name,
        "available_quantity": _available(product),
        "uom": product.uom_id.name,
        "description": html2plaintext(product.description_sale or "") or None,
    }


def _with_picture(products: models.BaseModel) -> models.BaseModel:
    """Those with a picture, without reading one."""
    pictures = (
        products.env["ir.attachment"]
        .sudo()
        ._read_group(
            [
                ("res_model", "=", "product.template"),
                ("res_field", "=", "image_1920"),
                ("res_id", "in", products.product_tmpl_id.ids),
            ],
            ["res_id"],
        )
    )
    templates = {template_id for (template_id,) in pictures}
    return products.filtered(lambda product: product.product_tmpl_id.id in templates)


def _available(product: models.BaseModel) -> float | None:
    """Free to promise now; None where stock is not kept (a service, or an Odoo without Inventory)."""
    if "free_qty" not in product._fields or not product.is_storable:
        return None
    return product.free_qty
