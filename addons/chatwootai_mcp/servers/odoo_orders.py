"""What a customer ordered."""

from typing import Annotated, Any

from pydantic import Field

from odoo import models

from .call import Call
from .odoo_access import RecordId, allowed_model
from .odoo_customers import customer
from .odoo_values import readable
from .result_page import page
from .tool import tool

_SHOWN = ("name", "date_order", "state", "amount_total")
_DELIVERY = ("delivery_status", "commitment_date")  # where Inventory is installed
_MAX_LINES = 50


@tool(
    "odoo",
    title="List orders",
    read_only=True,
    requires_module="sale",
    requires_access=("sale.order", "read"),
    returns={"orders": {"type": "array"}, "truncated": {"type": "boolean"}},
)
def list_orders(
    call: Call,
    partner_id: RecordId,
    number: Annotated[str | None, Field(max_length=64, description="Only this one, such as S00042")] = None,
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
) -> dict[str, Any]:
    """List quotations and orders of a customer, newest first: state, total, products, delivery."""
    allowed_model(call, "sale.order")
    domain: list[Any] = [("partner_id", "child_of", customer(call, partner_id).id)]
    if number:
        domain.append(("name", "=", number.strip()))
    orders = call.env["sale.order"].search(domain, limit=limit + 1, order="date_order desc, id desc")
    names = [name for name in (*_SHOWN, *_DELIVERY) if name in orders._fields]
    rows = readable(orders, names)
    for order, row in zip(orders, rows, strict=True):
        row["lines"] = [_line(line) for line in order.order_line[:_MAX_LINES] if not line.display_type]
    call.record_ids = tuple(orders.ids[:limit])
    return page("orders", rows, limit=limit)


def _line(line: models.BaseModel) -> dict[str, Any]:
    told = {
        "product": line.product_id.display_name or line.name,
        "quantity": line.product_uom_qty,
        "total": line.currency_id.round(line.price_total),
    }
    if "qty_delivered" in line._fields:
        told["delivered"] = line.qty_delivered
    return told
