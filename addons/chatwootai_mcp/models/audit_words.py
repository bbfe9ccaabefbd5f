"""The audit's rows in words for the people who look at them: who it was, what was done, to what, with which values."""

import json

from odoo import api, fields, models

from ..tenancy.masking import HIDDEN


class Audit(models.Model):
    _inherit = "chatwootai.audit"

    actor_name = fields.Char("Who", compute="_compute_actor_name")
    action_name = fields.Char("What was done", compute="_compute_action_name")
    model_name = fields.Char("To what", compute="_compute_model_name")
    details = fields.Text("Values", compute="_compute_details")

    @api.depends("tool", "kind", "model")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for row in self:
            row.display_name = ": ".join(filter(None, (row.action_name, row.model_name)))

    @api.depends("actor")
    @api.depends_context("lang")
    def _compute_actor_name(self):
        keys = self.env["chatwootai.mcp.key"].sudo().with_context(active_test=False)
        ids = {row.actor.removeprefix("key:") for row in self if row.actor.startswith("key:")}
        names = {key.key_id: key.name for key in keys.search([("key_id", "in", list(ids))])} if ids else {}
        for row in self:
            row.actor_name = row._actor_in_words(names)

    def _actor_in_words(self, names):
        what, _colon, which = self.actor.partition(":")
        match what:
            case "user":
                return self.env._("User %s", self.user_id.name or which)
            case "turn":
                return self.env._("Agents, turn %s", which)
            case "key":
                return self.env._("Key %s", names.get(which, which))
            case "address":
                return self.env._("From %s", which)
            case "server":
                return self.env._("The server")
        return self.actor

    @api.depends("tool", "kind")
    @api.depends_context("lang")
    def _compute_action_name(self):
        """Tools keep the names that clients know; the rest is told in words."""
        words = {
            "create": self.env._("Creation"),
            "change": self.env._("Modification"),
            "delete": self.env._("Deletion"),
            "issue": self.env._("Issue"),
            "revoke": self.env._("Revocation"),
            "snapshot": self.env._("Configuration for the agents received"),
            "retention": self.env._("Removal of old rows of the audit"),
        }
        for row in self:
            word, _space, of = (row.tool or "").partition(" ")
            told = row.kind in ("configuration", "key") and words.get(word)
            row.action_name = " ".join(filter(None, (told, of))) if told else row.tool

    @api.depends("model")
    @api.depends_context("lang")
    def _compute_model_name(self):
        for row in self:
            known = row.model and row.model in self.env
            row.model_name = self.env["ir.model"].sudo()._get(row.model).name if known else row.model

    @api.depends("arguments", "kind", "model")
    @api.depends_context("lang")
    def _compute_details(self):
        for row in self:
            try:
                arguments = json.loads(row.arguments or "{}")
            except ValueError:
                arguments = None  # cut where it was too long
            if not isinstance(arguments, dict):
                row.details = row.arguments
            elif row.kind in ("configuration", "key"):
                row.details = "\n".join(row._setting_in_words(name, value) for name, value in arguments.items())
            else:
                row.details = "\n".join(f"{name}: {_plain(value)}" for name, value in arguments.items())

    def _setting_in_words(self, name, value):
        field = self.env[self.model]._fields.get(name) if self.model in self.env else None
        label = field.get_description(self.env, ["string"])["string"] if field else name
        # A change is what was and what is. A list of ids, in a row of a creation, is no change.
        if isinstance(value, list) and len(value) == 2 and (self.tool or "").split(" ")[0] not in ("create", "delete"):
            before, after = (self._value_in_words(field, side) for side in value)
            return f"{label}: {before} → {after}"
        return f"{label}: {self._value_in_words(field, value)}"

    def _value_in_words(self, field, value):
        if value == HIDDEN:
            return self.env._("(hidden)")
        if value is None or (value is False and (not field or field.type != "boolean")):
            return "–"
        if isinstance(value, bool):
            return self.env._("Yes") if value else self.env._("No")
        if field and field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        if field and field.type == "many2one":
            return self.env._("number %s", value)
        return _plain(value)


def _plain(value):
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
