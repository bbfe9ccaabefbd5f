"""Turns that ended, told to the operator's metrics once they are committed."""

from functools import partial

from odoo import models

from odoo.addons.chatwootai_mcp.servers.metrics import observe_turn


class Turn(models.Model):
    _inherit = "chatwootai.turn"

    def write(self, vals):
        written = super().write(vals)
        if vals.get("state", "running") != "running":
            for turn in self:
                self.env.cr.postcommit.add(
                    partial(
                        observe_turn,
                        self.env.cr.dbname,
                        turn.state,
                        turn.total_ms / 1000,
                        sum(turn.step_ids.filtered(lambda step: step.kind == "llm").mapped("ms")) / 1000,
                        turn.tokens_in,
                        turn.tokens_out,
                    )
                )
        return written
