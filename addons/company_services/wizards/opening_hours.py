"""Opening hours as people think of them: one line a day with a break. The working calendar stays the truth."""

from itertools import pairwise

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..snapshot.opening_hours import clock_to_float, float_to_clock


class CompanyServicesOpeningHours(models.TransientModel):
    _name = "company.services.opening.hours"
    _description = "Change Opening Hours"

    profile_id = fields.Many2one("company.services.profile", required=True, readonly=True, ondelete="cascade")
    line_ids = fields.One2many("company.services.opening.hours.line", "wizard_id")

    @api.model
    def _create_for(self, profile):
        by_day = {entry["day"]: entry for entry in profile._opening_hours()}
        return self.create(
            {
                "profile_id": profile.id,
                "line_ids": [Command.create(self._line_values(day, by_day.get(day))) for day in range(7)],
            }
        )

    @api.model
    def _line_values(self, day, entry):
        if not entry:
            return {"day": str(day), "is_open": False}
        values = {"day": str(day), "is_open": True, "has_break": bool(entry["break_start"])}
        for name in ("opens", "closes", "break_start", "break_end"):
            if entry[name]:
                values[name] = clock_to_float(entry[name])
        return values

    def _action_open(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Opening Hours"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_repeat_first_day(self):
        """Give Tuesday to Friday what Monday has."""
        monday, *others = self.line_ids.sorted("day")
        for line in others[:4]:
            line.write(
                {name: monday[name] for name in ("is_open", "opens", "closes", "has_break", "break_start", "break_end")}
            )
        return self._action_open()

    def action_apply(self):
        self.profile_id.check_access("write")
        self.profile_id._set_opening_hours([line._entry() for line in self.line_ids.sorted("day") if line.is_open])


class CompanyServicesOpeningHoursLine(models.TransientModel):
    _name = "company.services.opening.hours.line"
    _description = "Opening Hours of a Day"
    _order = "day"

    wizard_id = fields.Many2one("company.services.opening.hours", required=True, ondelete="cascade")
    day = fields.Selection(
        [
            ("0", "Monday"),
            ("1", "Tuesday"),
            ("2", "Wednesday"),
            ("3", "Thursday"),
            ("4", "Friday"),
            ("5", "Saturday"),
            ("6", "Sunday"),
        ],
        required=True,
        readonly=True,
    )
    is_open = fields.Boolean(string="Open")
    opens = fields.Float(string="From", default=9)
    closes = fields.Float(string="Until", default=18)
    has_break = fields.Boolean(string="Lunch break")
    break_start = fields.Float(string="Break from", default=12)
    break_end = fields.Float(string="Break until", default=13)

    def _entry(self):
        """The line as opening hours; a line that cannot be is refused with the day's name."""
        self.ensure_one()
        times = [self.opens, *((self.break_start, self.break_end) if self.has_break else ()), self.closes]
        clocks = [float_to_clock(time) for time in times]
        if min(times) < 0 or max(times) > 24 or any(a >= b for a, b in pairwise(clocks)):
            day = dict(self._fields["day"]._description_selection(self.env))[self.day]
            raise UserError(
                self.env._(
                    "%s: the times must follow each other, from opening over the break to closing, within one day.", day
                )
            )
        return {
            "day": int(self.day),
            "opens": clocks[0],
            "closes": clocks[-1],
            "break_start": clocks[1] if self.has_break else None,
            "break_end": clocks[2] if self.has_break else None,
        }
