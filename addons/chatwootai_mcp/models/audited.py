"""Models whose changes are configuration: who sets what is in the audit, in the transaction that sets it.

    class Rule(models.Model):
        _name = "my.rule"
        _inherit = ["chatwootai.audited"]

What people set is audited: stored fields that are not read-only. Of a secret only that it was set, changed or taken
away; of the rest the value before and after, cut and masked as everything in the audit.
"""

from odoo import api, models

from ..tenancy.account import InvalidAccountId, parse_account_id
from ..tenancy.audit import AuditEvent
from ..tenancy.masking import HIDDEN, is_secret_name, mask, mask_text
from .secret_field import MASK, Secret


class Audited(models.AbstractModel):
    _name = "chatwootai.audited"
    _description = "Changes are audited"

    _audit_kind = "configuration"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._audit_change("create", lambda record: record._audit_state(record._audited_names()))
        return records

    def write(self, vals):
        names = self._audited_names() & vals.keys()
        before = {record.id: record._audit_state(names) for record in self.sudo()} if names else {}
        result = super().write(vals)
        if names:
            # A form sends the mask of a secret back where nobody touched it.
            typed = {name for name in names if self._is_secret(name) and vals[name] != MASK}
            self._audit_change("change", lambda record: record._audit_difference(before[record.id], names, typed))
        return result

    def unlink(self):
        self._audit_change("delete", lambda record: record._audit_state(record._audited_names()))
        return super().unlink()

    def _audited_names(self):
        """The fields that people set."""
        return {
            name
            for name, field in self._fields.items()
            if field.store
            and not (field.readonly or field.related or name in models.MAGIC_COLUMNS)
            and (field.column_type or field.type in ("many2many", "binary"))
        }

    def _audit_change(self, what, details_of):
        """One event for each record that has something to tell."""
        if not self._is_audited():
            return
        events = []
        for record in self.sudo():
            if details := details_of(record):
                event = AuditEvent(
                    actor=f"user:{self.env.uid}",
                    user_id=self.env.uid,
                    tool=record._audit_word(what, details),
                    server="",
                    outcome="success",
                    duration_ms=0,
                    arguments=details,
                    record_ids=(record.id,),
                    kind=self._audit_kind,
                    model=self._name,
                )
                events.append(event)
        self.env["chatwootai.audit"].sudo()._record(events)

    def _audit_word(self, what, details):
        return what

    def _is_audited(self):
        """Not what installing and upgrading do; nor in a database that can be no account, as the template is."""
        try:
            return bool(self.env.registry.ready and parse_account_id(self.env.cr.dbname))
        except InvalidAccountId:
            return False

    def _audit_state(self, names):
        state = {name: self._audit_value(name) for name in sorted(names)}
        return {name: value for name, value in state.items() if value is not False and value not in (None, "", [])}

    def _audit_difference(self, before, names, typed_secrets):
        """Field by field what was and what is."""
        after = self._audit_state(names)
        return {
            name: [before.get(name), after.get(name)]
            for name in sorted(before.keys() | after.keys() | typed_secrets)
            if before.get(name) != after.get(name) or name in typed_secrets
        }

    def _audit_value(self, name):
        field, value = self._fields[name], self[name]
        if self._is_secret(name) or field.type == "binary":
            return HIDDEN if value else None
        if field.relational:
            return mask(value.ids) if field.type == "many2many" else value.id
        if isinstance(value, str):
            return mask_text(value)
        return mask(str(value) if value and field.type in ("date", "datetime") else value)

    @api.model
    def _is_secret(self, name):
        return isinstance(self._fields[name], Secret) or is_secret_name(name)


class ConfigParameter(models.Model):
    """Our parameters are configuration too; Odoo's own are not ours to tell of."""

    _name = "ir.config_parameter"
    _inherit = ["ir.config_parameter", "chatwootai.audited"]

    def _audit_change(self, what, details_of):
        ours = self.filtered(lambda record: (record.sudo().key or "").startswith(("chatwootai", "company_services.")))
        super(ConfigParameter, ours)._audit_change(what, details_of)

    def _audit_value(self, name):
        return HIDDEN if name == "value" and is_secret_name(self.key) else super()._audit_value(name)

    def _audit_word(self, what, details):
        return f"{what} {self.key}"
