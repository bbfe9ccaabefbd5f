"""Where a conversation goes that the agents hand over: to which team or person, with which labels and priority."""

import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..turns.handing_over import CLOSED, FAILURE
from .intents import INTENTS

_LABEL = re.compile(r"[\w-]{1,100}\Z")
_MAX_LABELS = 20


class HandOffRule(models.Model):
    _name = "chatwootai.hand.off.rule"
    _inherit = ["chatwootai.audited"]
    _description = "Hand-off rule"
    _order = "connection_id, sequence, id"

    connection_id = fields.Many2one("chatwootai.chatwoot.connection", "Chatwoot", required=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    inbox_id = fields.Many2one("chatwootai.inbox", "Inbox", ondelete="cascade", help="Empty: all of them.")
    intent = fields.Selection(
        [*INTENTS, (FAILURE, "The agents failed"), (CLOSED, "Came outside business hours")],
        "What is wanted",
        help="Empty: whatever it is.",
    )
    team_id = fields.Many2one("chatwootai.chatwoot.people", "Team", ondelete="restrict")
    agent_id = fields.Many2one("chatwootai.chatwoot.people", "Person", ondelete="restrict")
    labels = fields.Char(help="Separated by commas. Chatwoot shows those that it knows.")
    priority = fields.Selection([("low", "Low"), ("medium", "Medium"), ("high", "High"), ("urgent", "Urgent")])

    @api.constrains("connection_id", "inbox_id", "team_id", "agent_id")
    def _check_same_account(self):
        for rule in self:
            named = rule.inbox_id.connection_id | rule.team_id.connection_id | rule.agent_id.connection_id
            if named - rule.connection_id:
                raise ValidationError(
                    self.env._("Inbox, team and person of a rule belong to its own Chatwoot account.")
                )

    @api.constrains("labels")
    def _check_labels(self):
        for rule in self:
            labels = rule._labels()
            if len(labels) > _MAX_LABELS or not all(_LABEL.match(label) for label in labels):
                raise ValidationError(
                    self.env._("Labels are words of letters, digits, - and _, separated by commas: vip, second-level")
                )

    @api.depends("intent", "inbox_id", "team_id", "agent_id")
    def _compute_display_name(self):
        intents = dict(self._fields["intent"]._description_selection(self.env))
        for rule in self:
            wanted = intents.get(rule.intent) or self.env._("Anything")
            rule.display_name = " → ".join(filter(None, [wanted, rule.team_id.name, rule.agent_id.name]))

    def _labels(self):
        return [label.strip() for label in (self.labels or "").split(",") if label.strip()]

    @api.model
    def _for(self, connection, inbox, intent):
        """The first rule that fits, or none."""
        return self.search(
            [
                ("connection_id", "=", connection.id),
                ("inbox_id", "in", [False, *inbox.ids]),
                ("intent", "in", [False, intent]),
            ],
            limit=1,
        )
