"""Opening hours are kept in a working calendar: a change there is a change of the profile."""

from odoo import api, models

TOLD_FIELDS = {"tz", "two_weeks_calendar"}


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def write(self, vals):
        result = super().write(vals)
        if TOLD_FIELDS & vals.keys():
            self._mark_profiles_changed()
        return result

    def _mark_profiles_changed(self):
        self.env["company.services.profile"].sudo().search([("resource_calendar_id", "in", self.ids)])._mark_changed()


class ResourceCalendarAttendance(models.Model):
    _inherit = "resource.calendar.attendance"

    @api.model_create_multi
    def create(self, vals_list):
        attendances = super().create(vals_list)
        attendances.calendar_id._mark_profiles_changed()
        return attendances

    def write(self, vals):
        calendars = self.calendar_id
        result = super().write(vals)
        (calendars | self.calendar_id)._mark_profiles_changed()
        return result

    def unlink(self):
        calendars = self.calendar_id
        result = super().unlink()
        calendars.exists()._mark_profiles_changed()
        return result
