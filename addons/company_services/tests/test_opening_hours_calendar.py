"""Opening hours live in a working calendar of their own, and are changed one line a day."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ProfileCase

MONDAY = {"day": 0, "opens": "09:00", "closes": "18:30", "break_start": "12:00", "break_end": "13:00"}
SATURDAY = {"day": 5, "opens": "09:00", "closes": "13:00", "break_start": None, "break_end": None}


@tagged("post_install", "-at_install")
class TestOpeningHoursCalendar(ProfileCase):
    def test_hours_come_back_from_the_calendar(self):
        self.profile._set_opening_hours([MONDAY, SATURDAY])
        self.assertEqual(self.profile._opening_hours(), [MONDAY, SATURDAY])
        self.assertEqual(
            self.profile.resource_calendar_id.attendance_ids.mapped("day_period"),
            ["morning", "lunch", "afternoon", "full_day"],
        )

    def test_nobodys_working_hours_change_with_the_opening_hours(self):
        employees = self.company.resource_calendar_id
        self.profile.resource_calendar_id = employees
        before = employees.attendance_ids.ids
        self.profile._set_opening_hours([SATURDAY])
        self.assertNotEqual(self.profile.resource_calendar_id, employees)
        self.assertEqual(employees.attendance_ids.ids, before)
        own = self.profile.resource_calendar_id
        self.profile._set_opening_hours([MONDAY])
        self.assertEqual(self.profile.resource_calendar_id, own, "one own calendar is enough")

    def test_a_calendar_of_two_weeks_becomes_one_of_one(self):
        self.profile._set_opening_hours([MONDAY, SATURDAY])
        calendar = self.profile.resource_calendar_id
        calendar.switch_calendar_type()
        self.assertEqual(self.profile._opening_hours(), [MONDAY, SATURDAY])
        calendar.attendance_ids.filtered(lambda a: a.week_type == "1" and a.dayofweek == "5").unlink()
        self.assertEqual(self.profile._opening_hours(), [MONDAY], "open every other Saturday is not open on Saturdays")
        self.profile._set_opening_hours([SATURDAY])
        self.assertEqual(self.profile._opening_hours(), [SATURDAY])

    def test_changes_in_the_calendar_are_noticed(self):
        self.profile._set_opening_hours([MONDAY])
        attendance = self.profile.resource_calendar_id.attendance_ids[0]
        for change in (
            lambda: attendance.write({"hour_from": 8}),
            lambda: attendance.copy({"dayofweek": "3"}),
            lambda: self.profile.resource_calendar_id.write({"tz": "Asia/Tokyo"}),
            lambda: attendance.unlink(),
        ):
            self.mark_synced()
            change()
            self.assertEqual(self.profile.sync_state, "not_synced")

    def test_the_table_shows_all_seven_days(self):
        self.profile._set_opening_hours([MONDAY])
        table = str(self.profile.opening_hours_table)
        self.assertIn("09:00 – 18:30", table)
        self.assertIn("break 12:00 – 13:00", table)
        self.assertEqual(table.count("Closed"), 6)
        self.profile._set_opening_hours([])
        self.assertFalse(self.profile.has_opening_hours)

    # --- The dialog

    def dialog(self):
        return self.env[self.profile.action_edit_opening_hours()["res_model"]].browse(
            self.profile.action_edit_opening_hours()["res_id"]
        )

    def test_the_dialog_starts_with_what_is_and_changes_nothing_by_itself(self):
        self.profile._set_opening_hours([MONDAY, SATURDAY])
        dialog = self.dialog()
        self.assertEqual(dialog.line_ids.mapped("is_open"), [True, False, False, False, False, True, False])
        dialog.action_apply()
        self.assertEqual(self.profile._opening_hours(), [MONDAY, SATURDAY])

    def test_monday_until_friday(self):
        self.profile._set_opening_hours([MONDAY, SATURDAY])
        dialog = self.dialog()
        dialog.action_repeat_first_day()
        dialog.action_apply()
        week = [{**MONDAY, "day": day} for day in range(5)]
        self.assertEqual(self.profile._opening_hours(), [*week, SATURDAY])

    def test_times_in_the_wrong_order_name_the_day(self):
        dialog = self.dialog()
        wednesday = dialog.line_ids[2]
        for values in (
            {"opens": 18, "closes": 9},
            {"opens": 9, "closes": 25},
            {"opens": 9, "closes": 18, "has_break": True, "break_start": 19, "break_end": 20},
            {"opens": 9, "closes": 18, "has_break": True, "break_start": 13, "break_end": 12},
        ):
            wednesday.write({"is_open": True, "has_break": False, **values})
            with self.subTest(values), self.assertRaisesRegex(UserError, "Wednesday"):
                dialog.action_apply()
