"""What a turn adds to the day's usage, in its own transaction: once when it ends, its tokens when they are noted.

The tokens of a turn that failed or was reconsidered were spent all the same.
"""

from odoo import fields, models

from odoo.addons.chatwootai_mcp.chatwoot.state_machine import TurnState

from ..turns.admission import QUOTA

_ANSWERED = frozenset({TurnState.DONE, TurnState.HANDED_OVER, TurnState.SILENCED})


class Turn(models.Model):
    _inherit = "chatwootai.turn"

    money = fields.Float("Cost (US$)", digits=(16, 6), readonly=True, help="Of the tokens, at the model's price.")

    def write(self, vals):
        for turn in self:
            turn._count(vals)
        if "tokens_in" in vals and (price := self.env.company._chatwootai_price()):
            vals = vals | {"money": price.of(vals["tokens_in"], vals.get("tokens_out", 0))}
        return super().write(vals)

    def _count(self, vals):
        """Add what these values change to the usage of today."""
        counts = {name: vals[name] - self[name] for name in ("tokens_in", "tokens_out") if name in vals}
        if counts and (price := self.env.company._chatwootai_price()):
            counts["money"] = price.of(counts.get("tokens_in", 0), counts.get("tokens_out", 0))
        if self.state == TurnState.RUNNING:
            counts["turns"] = int(vals.get("state") in _ANSWERED)
            counts["failed_turns"] = int(vals.get("state") == TurnState.FAILED and self.hand_off_cause != QUOTA)
        self.env["chatwootai.usage"].sudo()._add(**counts)
