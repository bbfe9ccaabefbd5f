"""System parameters that are numbers: whoever types something else into one gets the default."""

from odoo import api


def whole_number(env: api.Environment, name: str, default: int) -> int:
    given = env["ir.config_parameter"].sudo().get_param(name)
    return int(given) if given and given.isdecimal() else default
