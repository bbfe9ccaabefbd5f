"""Steps of a turn: each call of the model or of a tool, as the crew reported it."""

import json

from odoo import api, fields, models


class TurnStep(models.Model):
    _name = "chatwootai.turn.step"
    _description = "Step of a turn"
    _order = "turn_id, sequence, id"
    _rec_name = "name"

    turn_id = fields.Many2one("chatwootai.turn", required=True, readonly=True, index=True, ondelete="cascade")
    sequence = fields.Integer(readonly=True)
    kind = fields.Selection([("llm", "Model"), ("tool", "Tool")], required=True, readonly=True)
    name = fields.Char(required=True, readonly=True)
    arguments = fields.Json("Arguments as given", readonly=True)
    arguments_text = fields.Text("Arguments", compute="_compute_arguments_text")
    result = fields.Text(readonly=True)
    ok = fields.Boolean("Succeeded", readonly=True, default=True)
    ms = fields.Integer("Milliseconds", readonly=True)
    tokens = fields.Integer(readonly=True)

    @api.depends("arguments")
    def _compute_arguments_text(self):
        for step in self:
            step.arguments_text = json.dumps(step.arguments, ensure_ascii=False, indent=1) if step.arguments else ""
