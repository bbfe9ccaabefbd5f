"""Integers of 64 bits: `BigInteger` for ids that another system counts, `BigCount` for what adds up."""

from odoo import fields


class BigInteger(fields.Integer):
    _column_type = ("int8", "int8")
    aggregator = None  # ids are not summed


class BigCount(BigInteger):
    aggregator = "sum"
