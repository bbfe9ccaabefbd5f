"""`BigInteger`: an Integer of 64 bits, for ids that another system counts."""

from odoo import fields


class BigInteger(fields.Integer):
    _column_type = ("int8", "int8")
    aggregator = None  # ids are not summed
