"""MCP-Odoo for business: customers, orders, leads and appointments, where their apps are installed."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

from odoo.tests import new_test_user, tagged

from ..servers import odoo_appointments
from ..servers.orchestrator import UnknownTool, get_orchestrator
from ..servers.tool import tool
from .common import ToolCase


@tagged("post_install", "-at_install")
class TestFindCustomer(ToolCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.country_id = cls.env.ref("base.br")
        cls.ana, cls.bruno = cls.env["res.partner"].create(
            [
                {"name": "Ana Prado", "email": "Ana.Prado@Example.com", "phone": "(11) 98765-4321"},
                {"name": "Bruno 100% Prado", "phone": "+55 21 3333-4444"},
            ]
        )

    def found(self, **arguments):
        return [row["id"] for row in self.call("find_customer", **arguments)["customers"]]

    def test_a_number_is_found_however_it_is_written(self):
        for phone in ("+55 11 98765-4321", "5511987654321", "+551187654321", "98765 4321"):
            self.assertEqual(self.found(phone=phone), self.ana.ids, phone)
        self.assertEqual(self.found(phone="+55 11 98765-0000"), [])

    def test_an_address_is_found_whatever_its_case(self):
        self.assertEqual(self.found(email="ana.prado@example.com"), self.ana.ids)

    def test_words_of_the_name_find_it_and_signs_are_taken_as_they_are(self):
        self.assertEqual(self.found(name="prado ana"), self.ana.ids)
        self.assertEqual(self.found(name="100%"), self.bruno.ids)
        self.assertEqual(self.found(name="A%a Prado"), [])

    def test_what_is_given_must_all_match(self):
        self.assertEqual(self.found(name="Prado", phone="+55 21 3333-4444"), self.bruno.ids)
        self.assertEqual(self.found(name="Ana", phone="+55 21 3333-4444"), [])

    def test_only_what_it_takes_to_know_who_it_is_is_told(self):
        row = self.call("find_customer", email="ana.prado@example.com")["customers"][0]
        self.assertEqual(set(row), {"id", "name", "is_company", "parent_id", "email", "phone", "city"})
        entry = self.env["chatwootai.allowed.model"].search([("model", "=", "res.partner")])
        entry.field_ids -= self.env["ir.model.fields"]._get("res.partner", "city")
        self.assertNotIn("city", self.call("find_customer", email="ana.prado@example.com")["customers"][0])
        entry.active = False
        self.assertIn("allowed models", self.refusal("find_customer", email="ana.prado@example.com"))

    def test_nothing_to_find_by_is_an_error(self):
        self.assertIn("phone", self.refusal("find_customer"))
        for wrong in ({"phone": "123"}, {"phone": "call me"}, {"email": "ana"}, {"name": "  "}, {"name": 5}):
            self.refusal("find_customer", **wrong)


@tagged("post_install", "-at_install")
class TestOrdersAndLeads(ToolCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "sale.order" not in cls.env or "crm.lead" not in cls.env:
            cls.skipTest(cls, "Sales or CRM is not installed")
        cls.seller = new_test_user(cls.env, "seller-business", "sales_team.group_sale_salesman_all_leads")
        cls.selling = cls.principal_of(cls.seller, write=True)
        cls.ana, cls.bruno = cls.env["res.partner"].create([{"name": "Ana"}, {"name": "Bruno"}])
        product = cls.env["product.product"].create({"name": "Mesa", "list_price": 100, "taxes_id": False})
        cls.orders = cls.env["sale.order"].create(
            [
                {
                    "partner_id": partner.id,
                    "date_order": f"2026-01-0{day} 12:00:00",
                    "order_line": [(0, 0, {"product_id": product.id, "product_uom_qty": day})],
                }
                for day, partner in ((1, cls.ana), (2, cls.ana), (3, cls.bruno))
            ]
        )

    def test_a_customers_orders_come_newest_first_with_what_was_bought(self):
        result = self.call("list_orders", self.selling, partner_id=self.ana.id)
        self.assertEqual([row["id"] for row in result["orders"]], [self.orders[1].id, self.orders[0].id])
        newest = result["orders"][0]
        self.assertEqual(newest["state"]["value"], "draft")
        self.assertEqual(newest["amount_total"], {"amount": 200.0, "currency": self.env.company.currency_id.name})
        self.assertEqual((newest["lines"][0]["product"], newest["lines"][0]["quantity"]), ("Mesa", 2.0))

    def test_anothers_order_is_not_found_by_its_number(self):
        search = {"partner_id": self.ana.id, "number": self.orders[2].name}
        self.assertEqual(self.call("list_orders", self.selling, **search)["orders"], [])

    def test_an_unknown_customer_is_an_error(self):
        self.assertIn("customer", self.refusal("list_orders", self.selling, partner_id=2**31 - 1))
        self.assertIn("partner_id", self.refusal("list_orders", self.selling))

    def test_a_user_without_rights_is_neither_shown_nor_let_in(self):
        listed = {tool.name for tool in get_orchestrator().list_tools(self.principal, env=self.env(user=self.agent))}
        self.assertFalse({"list_orders", "create_lead"} & listed)
        self.assertIn("no right", self.refusal("list_orders", partner_id=self.ana.id))
        listed = {tool.name for tool in get_orchestrator().list_tools(self.selling, env=self.env(user=self.seller))}
        self.assertTrue({"list_orders", "create_lead"} <= listed)

    def test_a_lead_tells_the_team_who_wants_what(self):
        result = self.call(
            "create_lead",
            self.selling,
            subject="Mesa de 8 lugares",
            details="Quer ver <b>hoje</b>",
            contact_name="Caio",
            phone="+55 11 90000-0000",
        )
        lead = self.env["crm.lead"].browse(result["id"])
        self.assertEqual((lead.name, lead.contact_name, lead.user_id), ("Mesa de 8 lugares", "Caio", self.seller))
        self.assertIn("&lt;b&gt;", lead.description)
        self.assertEqual(
            self.call("create_lead", self.selling, subject="Mais mesas", partner_id=self.ana.id)["name"], "Mais mesas"
        )

    def test_a_lead_nobody_can_be_reached_by_is_refused(self):
        before = self.env["crm.lead"].search_count([])
        for wrong in (
            {"subject": "Mesa"},
            {"subject": "Mesa", "email": "no address"},
            {"subject": "   ", "phone": "1"},
            {"subject": "Mesa", "partner_id": 2**31 - 1},
            {"phone": "1"},
        ):
            self.refusal("create_lead", self.selling, **wrong)
        self.assertEqual(self.env["crm.lead"].search_count([]), before)


ZONE = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=ZONE)  # a Monday


class Clock(datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW.astimezone(tz)


@tagged("post_install", "-at_install")
class TestAppointments(ToolCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "calendar.event" not in cls.env:
            cls.skipTest(cls, "Calendar is not installed")
        cls.booking = cls.principal_of(cls.agent, write=True)
        cls.ana = cls.env["res.partner"].create({"name": "Ana", "email": "ana@example.com"})
        cls.env["calendar.event"].search([]).unlink()
        cls.env.company.resource_calendar_id = cls.env["resource.calendar"].create(
            {
                "name": "Shop",
                "tz": ZONE.key,
                "attendance_ids": [
                    (0, 0, {"name": day, "dayofweek": day, "hour_from": start, "hour_to": end, "day_period": period})
                    for day in "01234"
                    for start, end, period in ((9, 12, "morning"), (13, 15, "afternoon"))
                ],
            }
        )

    def setUp(self):
        super().setUp()
        clock = patch.object(odoo_appointments, "datetime", Clock)
        clock.start()
        self.addCleanup(clock.stop)

    def rule(self, rule_id=1, **scheduling):
        terms = {"duration_minutes": 60, "notice_hours": 2, "days": [0, 1], **scheduling}
        return {
            "rule_id": rule_id,
            "name": f"Visit {rule_id}",
            "description": "At the shop",
            "kind": "scheduling",
            "service": "scheduling",
            "scheduling": terms,
        }

    def rules(self, *rules):
        from ..stores.schemas import Snapshot, parse_document

        version = getattr(self, "version", 0) + 1
        self.version = version
        self.stores.documents.drop(self.account_id)
        document = {
            "account_id": self.account_id,
            "version": version,
            "company_metadata": {"company_name": "Shop"},
            "business_rules": list(rules),
        }
        self.stores.documents.replace_snapshot(self.account_id, parse_document(Snapshot, document))

    def starts(self, **arguments):
        return [slot["start"][:16] for slot in self.call("list_free_slots", **arguments)["slots"]]

    def event(self, start, hours=1, **values):
        start = start.astimezone(UTC).replace(tzinfo=None)
        return self.env["calendar.event"].create(
            {"name": "Busy", "start": start, "stop": start + timedelta(hours=hours), **values}
        )

    def test_slots_are_the_working_hours_less_notice_lunch_and_what_is_booked(self):
        self.rules(self.rule())
        self.event(NOW.replace(hour=13))
        self.assertEqual(
            self.starts(days=2),
            [
                "2026-03-02T10:00",
                "2026-03-02T11:00",
                "2026-03-02T14:00",
                *(f"2026-03-03T{hour:02}:00" for hour in (9, 10, 11, 13, 14)),
            ],
        )

    def test_only_the_rules_days_are_offered(self):
        self.rules(self.rule(days=[4]))
        self.assertEqual({start[:10] for start in self.starts()}, {"2026-03-06"})

    def test_days_off_and_whole_day_events_are_not_offered(self):
        self.rules(self.rule(days=[0, 1, 2, 3, 4]))
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": self.env.company.resource_calendar_id.id,
                "date_from": "2026-03-03 03:00:00",
                "date_to": "2026-03-04 02:59:59",
            }
        )
        self.env["calendar.event"].create(
            {"name": "Fair", "allday": True, "start": "2026-03-04", "stop": "2026-03-04", "show_as": "busy"}
        )
        days = {start[:10] for start in self.starts(days=4)}
        self.assertEqual(days, {"2026-03-02", "2026-03-05"})

    def test_what_is_marked_free_takes_no_time(self):
        self.rules(self.rule())
        self.event(NOW.replace(hour=10), show_as="free")
        self.assertIn("2026-03-02T10:00", self.starts(days=1))

    def test_somebodys_private_event_takes_the_time_too(self):
        self.rules(self.rule())
        other = new_test_user(self.env, "private-person")
        self.event(NOW.replace(hour=10), privacy="private", user_id=other.id, partner_ids=other.partner_id.ids)
        self.assertNotIn("2026-03-02T10:00", self.starts(days=1))

    def test_a_slot_is_booked_once(self):
        self.rules(self.rule())
        with self.mock_mail():
            booked = self.call(
                "book_appointment", self.booking, start="2026-03-02T10:00", partner_id=self.ana.id, notes="<i>Olá</i>"
            )
        event = self.env["calendar.event"].browse(booked["id"])
        self.assertEqual(event.start, datetime(2026, 3, 2, 13))
        self.assertEqual((event.name, booked["end"]), ("Visit 1: Ana", "2026-03-02T11:00-03:00"))
        self.assertIn(self.ana, event.partner_ids)
        self.assertIn("&lt;i&gt;", event.description)
        self.assertNotIn("2026-03-02T10:00", self.starts(days=1))
        for start in ("2026-03-02T10:00", "2026-03-02T10:30-03:00", "2026-03-02T13:59:00Z"):
            error = self.refusal("book_appointment", self.booking, start=start, partner_id=self.ana.id)
            self.assertIn("taken", error)

    def mock_mail(self):
        def never(*_args, **_kwargs):
            self.fail("an e-mail was sent")

        return patch.object(type(self.env["mail.mail"]), "create", never)

    def test_what_cannot_be_booked_says_why_and_books_nothing(self):
        self.rules(self.rule())
        before = self.env["calendar.event"].search_count([])
        for arguments, named in (
            ({"start": "2026-03-02T09:00"}, "too soon"),
            ({"start": "2026-03-02T12:30"}, "outside"),
            ({"start": "2026-03-04T10:00"}, "outside"),
            ({"start": "2026-03-07T10:00"}, "outside"),
            ({"start": "2025-03-03T10:00"}, "too soon"),
            ({"start": "2036-03-03T10:00"}, "year"),
            ({"start": "tomorrow"}, "start"),
            ({"start": "2026-03-03T10:00", "rule_id": 9}, "9"),
        ):
            error = self.refusal("book_appointment", self.booking, partner_id=self.ana.id, **arguments)
            self.assertIn(named, error)
        self.assertIn(
            "customer", self.refusal("book_appointment", self.booking, start="2026-03-03T10:00", partner_id=2**31 - 1)
        )
        self.assertEqual(self.env["calendar.event"].search_count([]), before)

    def test_several_rules_want_to_be_told_apart(self):
        self.rules(self.rule(1), self.rule(2, duration_minutes=30))
        self.assertIn("Visit 2", self.refusal("list_free_slots"))
        self.assertIn("2026-03-02T10:30", self.starts(rule_id=2, days=1))

    def test_without_a_rule_or_working_hours(self):
        self.rules()
        self.assertIn("2026-03-04T09:00", self.starts())
        self.env.company.resource_calendar_id = False
        self.assertIn("working hours", self.refusal("list_free_slots"))

    def test_bad_input_is_named(self):
        self.rules(self.rule())
        for wrong in ({"from_date": "soon"}, {"from_date": "2020-01-01"}, {"from_date": "2999-01-01"}):
            self.assertIn("from_date", self.refusal("list_free_slots", **wrong))
        self.assertIn("days", self.refusal("list_free_slots", days=400))


@tool("odoo", title="Elsewhere", read_only=True, requires_module="no_such_app", returns={})
def elsewhere(call) -> dict:
    """Of an app that is not installed."""
    return {}


@tagged("post_install", "-at_install")
class TestAppsNotInstalled(ToolCase):
    def test_a_tool_of_an_app_that_is_not_installed_does_not_exist(self):
        orchestrator = get_orchestrator()
        self.addCleanup(orchestrator._tools.pop, "elsewhere")
        orchestrator.add(elsewhere)
        env = self.env(user=self.agent)
        self.assertNotIn("elsewhere", {tool.name for tool in orchestrator.list_tools(self.principal, env=env)})
        with self.assertRaises(UnknownTool):
            orchestrator.call(self.principal, "elsewhere", {}, env=env)
