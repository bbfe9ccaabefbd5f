"""Alerts: what needs a person, one open row for each thing however often it happens, put before people once.

The tenant's managers get an activity. The operator gets a row in the control database: what happened, not to whom.
"""

from datetime import UTC, datetime
from functools import partial

from markupsafe import escape

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..control import get_control
from .company_language import in_company_language
from .error_words import in_words

MANAGERS = "chatwootai_mcp.group_mcp_manager"
_MAX_PEOPLE = 10
_MAX_OPEN = 20  # of a kind, about records of their own; what comes on top is counted in one that stands for all
_MAX_SUMMARY = 200
_MAX_NOTE = 2000


class Alert(models.Model):
    _name = "chatwootai.alert"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Alert"
    _order = "state desc, last_at desc, id desc"
    _rec_name = "summary"

    kind = fields.Selection(
        [
            ("refused_credentials", "Refused credentials"),
            ("cross_tenant", "Call across accounts"),
            ("unusual_rate", "Unusual rate"),
            ("quota_reached", "Limit reached"),
            ("failed_sync", "Failed synchronisation"),
            ("failed_turn", "Failed answer"),
            ("delivery_failed", "Failed delivery"),
            ("audit_broken", "Audit broken"),
            ("accepted_unanswered", "Customer unanswered"),
        ],
        required=True,
        readonly=True,
    )
    key = fields.Char(required=True, readonly=True, default="", help="What tells alerts of one kind apart.")
    summary = fields.Char("What", required=True, readonly=True)
    note = fields.Text("Details", readonly=True)
    count = fields.Integer("Times", readonly=True, default=1)
    first_at = fields.Datetime("First time", required=True, readonly=True, default=fields.Datetime.now)
    last_at = fields.Datetime("Last time", required=True, readonly=True, default=fields.Datetime.now)
    told_at = fields.Datetime("Operator told", required=True, readonly=True, default=fields.Datetime.now)
    state = fields.Selection([("open", "To see to"), ("closed", "Done")], required=True, readonly=True, default="open")
    closed_by = fields.Many2one("res.users", "Done by", readonly=True, ondelete="set null")
    closed_at = fields.Datetime("Done on", readonly=True)
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
    can_open = fields.Boolean("Can be opened", compute="_compute_can_open")

    _one_open = models.UniqueIndex("(kind, key) WHERE state = 'open'")
    _about = models.Index("(res_model, res_id) WHERE state = 'open'")

    @api.depends("res_model", "res_id")
    @api.depends_context("uid")
    def _compute_can_open(self):
        """Whether there is a record that whoever looks may open: who looks after MCP need not read conversations."""
        for alert in self:
            record = alert._record()
            alert.can_open = record != alert and record.has_access("read")

    @api.model
    def _raise(self, kind, summary, note="", key="", record=None, *, group=MANAGERS, times=1):
        """Raise an alert, or count one more where it is open already.

        :param key: tells alerts of the kind apart; by default the record does
        :param group: whose members get an activity, on the record if there is one
        :param times: how often it happened
        """
        if kind not in self._fields["kind"].get_values(self.env):  # each would be a row of the operator's, too
            raise ValueError(f"no kind of alert: {kind}")
        if record and not key:
            key = f"{record._name},{record.id}"
            if self._are_many(kind, key):
                record, key = None, ""
        env = in_company_language(self.env)
        summary, note = in_words(env, summary), in_words(env, note or "")
        alert, told = self.sudo()._count(kind, summary[:_MAX_SUMMARY], note[:_MAX_NOTE], key, record, times)
        alert._call_people(group)
        if told:
            tell = partial(get_control().alert, self.env.cr.dbname, kind, alert.summary)
            self.env.cr.postcommit.add(tell)
        return alert

    def _are_many(self, kind, key):
        """Whether so many records have an open alert of the kind that one more would only be noise."""
        self.flush_model(["kind", "key", "state"])
        [[many]] = self.env.execute_query(
            SQL(
                "SELECT count(*) >= %s AND NOT coalesce(bool_or(key = %s), FALSE)"
                " FROM chatwootai_alert WHERE kind = %s AND state = 'open'",
                _MAX_OPEN,
                key,
                kind,
            )
        )
        return many

    def _count(self, kind, summary, note, key, record, times):
        """The open alert, made or counted up in one statement, and whether the operator is to be told (again)."""
        self.flush_model()
        now = datetime.now(UTC).replace(tzinfo=None)  # to the microsecond: it tells below whether this call wrote it
        [[alert_id, told]] = self.env.execute_query(
            SQL(
                """
                INSERT INTO chatwootai_alert AS alert
                    (kind, key, summary, note, count, first_at, last_at, told_at, state, res_model, res_id,
                     create_date, write_date)
                VALUES (%(kind)s, %(key)s, %(summary)s, %(note)s, %(times)s, %(now)s, %(now)s, %(now)s, 'open',
                     %(model)s, %(id)s, %(now)s, %(now)s)
                ON CONFLICT (kind, key) WHERE state = 'open' DO UPDATE SET
                    count = alert.count + EXCLUDED.count,
                    summary = EXCLUDED.summary,
                    note = EXCLUDED.note,
                    last_at = EXCLUDED.last_at,
                    told_at = CASE WHEN alert.told_at < EXCLUDED.told_at - interval '1 day'
                        THEN EXCLUDED.told_at ELSE alert.told_at END
                RETURNING id, told_at = %(now)s
                """,
                kind=kind,
                key=key,
                summary=summary,
                note=note or None,
                times=times,
                now=now,
                model=record._name if record else None,
                id=record.id if record else None,
            )
        )
        alert = self.browse(alert_id)
        alert.invalidate_recordset(flush=False)
        return alert, told

    def _call_people(self, group):
        """An activity for each member of the group, unless one of this summary is open there."""
        if self._activities():
            return
        bearer = self._bearer()
        members = self.env.ref(group).sudo().all_user_ids.filtered(lambda user: user.active and not user.share)
        for user in members[:_MAX_PEOPLE]:
            readable = bearer.with_user(user).has_access("read")
            # In the activities' menu at once; a mail to each of ten people on top of it would be noise.
            (bearer if readable else self).sudo().with_context(mail_activity_quick_update=True).activity_schedule(
                "mail.mail_activity_data_warning", summary=self.summary, note=escape(self.note or ""), user_id=user.id
            )

    @api.model
    def _over(self, records):
        """What the alerts about these records were raised for is mended."""
        about = [("state", "=", "open"), ("res_model", "=", records._name), ("res_id", "in", records.ids)]
        self.sudo().search(about)._close()

    def _close(self):
        """Close what is open, with the activities that were made for it."""
        for alert in self.filtered(lambda alert: alert.state == "open"):
            alert._activities().unlink()
            alert.write({"state": "closed", "closed_by": self.env.uid, "closed_at": fields.Datetime.now()})

    def _activities(self):
        """Those open for this alert: on the record, and on the alert for whoever may not see the record."""
        activities = self.sudo().activity_ids | self._bearer().sudo().activity_ids
        return activities.filtered(lambda activity: activity.summary == self.summary)

    def _bearer(self):
        """Where the activities stand: on the record, if it is there and can have some."""
        record = self._record()
        return record if "activity_ids" in record._fields else self

    def _record(self):
        """What the alert is about, if it still exists; else the alert itself."""
        if self.res_model in self.env and self.res_id:
            return self.env[self.res_model].browse(self.res_id).exists() or self
        return self

    def action_done(self):
        """A person has seen to it."""
        if not self.env.user.has_group(MANAGERS):
            raise AccessError(self.env._("Only an MCP administrator may mark alerts as done."))
        self.sudo()._close()

    def action_open_record(self):
        self.ensure_one()
        record = self._record()
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [[False, "form"]],
        }
