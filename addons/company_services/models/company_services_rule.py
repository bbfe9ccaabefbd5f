"""A rule the agents answer by: for good, for a time, or about appointments."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..snapshot.document import business_rule

LONG_TEXT = 4000
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class CompanyServicesRule(models.Model):
    _name = "company.services.rule"
    _description = "Business Rule"
    _inherit = ["company.services.part"]
    _order = "sequence, id"

    name = fields.Char(string="Rule", required=True, size=200)
    description = fields.Text(
        string="What it says",
        required=True,
        help="Write it as you would tell a new colleague: the agents answer customers from this text.",
    )
    kind = fields.Selection(
        [("permanent", "Permanent"), ("temporary", "Temporary"), ("scheduling", "Scheduling")],
        required=True,
        default="permanent",
    )
    service = fields.Selection(
        [
            ("general", "General"),
            ("sales", "Sales"),
            ("scheduling", "Scheduling"),
            ("delivery", "Delivery"),
            ("support", "Support"),
        ],
        required=True,
        default="general",
        help="Which service the rule is about; general rules hold for all of them.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    date_start = fields.Date(string="From", help="First day on which the rule holds. Empty: it holds already.")
    date_end = fields.Date(string="Until", help="Last day on which the rule holds. Empty: until you archive it.")
    period = fields.Selection(
        [("upcoming", "Upcoming"), ("current", "In force"), ("expired", "Expired")],
        string="Validity",
        compute="_compute_period",
    )

    duration_minutes = fields.Integer(string="Duration", default=60, help="Minutes one appointment takes.")
    notice_hours = fields.Integer(
        string="Notice", default=24, help="Hours that must lie between the request and the appointment."
    )
    monday = fields.Boolean(default=True)
    tuesday = fields.Boolean(default=True)
    wednesday = fields.Boolean(default=True)
    thursday = fields.Boolean(default=True)
    friday = fields.Boolean(default=True)
    saturday = fields.Boolean()
    sunday = fields.Boolean()

    @api.depends("kind", "date_start", "date_end")
    def _compute_period(self):
        today = fields.Date.context_today(self)
        for rule in self:
            if rule.kind == "temporary" and rule.date_end and rule.date_end < today:
                rule.period = "expired"
            elif rule.kind == "temporary" and rule.date_start and rule.date_start > today:
                rule.period = "upcoming"
            else:
                rule.period = "current"

    @api.constrains("kind", "date_start", "date_end")
    def _check_dates(self):
        for rule in self.filtered(lambda rule: rule.kind == "temporary"):
            if not rule.date_start and not rule.date_end:
                raise ValidationError(
                    self.env._("The temporary rule “%s” needs the day it starts, the day it ends, or both.", rule.name)
                )
            if rule.date_start and rule.date_end and rule.date_start > rule.date_end:
                raise ValidationError(self.env._("The rule “%s” ends before it starts.", rule.name))

    @api.constrains("kind", "duration_minutes", "notice_hours", *WEEKDAYS)
    def _check_scheduling(self):
        for rule in self.filtered(lambda rule: rule.kind == "scheduling"):
            if not 5 <= rule.duration_minutes <= 24 * 60:
                raise ValidationError(
                    self.env._("An appointment by the rule “%s” must take 5 minutes to 24 hours.", rule.name)
                )
            if not 0 <= rule.notice_hours <= 24 * 365:
                raise ValidationError(
                    self.env._("The notice of the rule “%s” must be between none and a year.", rule.name)
                )
            if not rule._days():
                raise ValidationError(
                    self.env._("Choose at least one day for appointments by the rule “%s”.", rule.name)
                )

    @api.constrains("description")
    def _check_description(self):
        for rule in self:
            if len(rule.description) > LONG_TEXT:
                raise ValidationError(
                    self.env._(
                        "The rule “%(rule)s” is longer than %(limit)s characters. Make it a support document.",
                        rule=rule.name,
                        limit=LONG_TEXT,
                    )
                )

    def _days(self):
        """The weekdays of a scheduling rule, 0 is Monday."""
        self.ensure_one()
        return [number for number, name in enumerate(WEEKDAYS) if self[name]]

    def _snapshot_rule(self):
        self.ensure_one()
        return business_rule(
            rule_id=self.id,
            name=self.name,
            description=self.description,
            kind=self.kind,
            service=self.service,
            sequence=self.sequence,
            date_start=self.date_start,
            date_end=self.date_end,
            duration_minutes=self.duration_minutes,
            notice_hours=self.notice_hours,
            days=self._days(),
        )
