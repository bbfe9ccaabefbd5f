"""The files MCP-Odoo's tools are written in, in the order tools/list shows them."""

from . import (
    odoo_appointments,
    odoo_customers,
    odoo_groups,
    odoo_leads,
    odoo_models,
    odoo_orders,
    odoo_products,
    odoo_records,
    odoo_writes,
)

MODULES = (
    odoo_records,
    odoo_groups,
    odoo_models,
    odoo_writes,
    odoo_products,
    odoo_customers,
    odoo_orders,
    odoo_leads,
    odoo_appointments,
)
