"""One profile per company, and every change of what the agents are told is noticed."""

import base64
from ast import literal_eval
from datetime import timedelta

from lxml import etree
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ProfileCase


@tagged("post_install", "-at_install")
class TestProfile(ProfileCase):
    def test_a_new_company_has_a_profile(self):
        company = self.env["res.company"].create({"name": "Furniture"})
        profile = self.env["company.services.profile"].search([("company_id", "=", company.id)])
        self.assertEqual(profile.display_name, "Furniture")
        self.assertEqual(profile.sync_state, "not_synced")
        self.assertTrue(profile._opening_hours(), "the company's own calendar serves until somebody changes it")

    @mute_logger("odoo.sql_db")
    def test_a_company_has_no_second_profile(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["company.services.profile"].create({"company_id": self.company.id})

    def test_the_menu_opens_the_own_profile_as_a_form(self):
        action = self.env["company.services.profile"].with_company(self.company).action_open()
        self.assertEqual((action["res_id"], action["views"]), (self.profile.id, [(False, "form")]))

    def test_without_time_zone_a_brazilian_profile_is_in_sao_paulo(self):
        self.env["res.lang"]._activate_lang("pt_BR")
        company = self.env["res.company"].create({"name": "Utc"})
        profile = self.env["company.services.profile"]._of_company(company)
        profile.unlink()
        company.resource_calendar_id.tz = "UTC"
        profile = self.env["company.services.profile"]._create_for(company)
        self.assertEqual((profile.lang, profile.tz), ("pt_BR", "America/Sao_Paulo"))
        self.assertEqual(company.resource_calendar_id.tz, "UTC", "the employees' calendar stays as it is")

    # --- Changes

    def assert_noticed(self, change):
        self.mark_synced()
        revision = self.profile.revision
        change()
        self.env.flush_all()
        self.assertEqual(self.profile.sync_state, "not_synced")
        self.assertGreater(self.profile.revision, revision)

    def assert_ignored(self, change):
        self.mark_synced()
        change()
        self.env.flush_all()
        self.assertEqual(self.profile.sync_state, "synced")

    def test_every_told_field_of_the_profile_is_noticed(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        values = {
            "street": "Rua XV",
            "website": "https://example.com",
            "description": "We make furniture.",
            "lang": "fr_FR",
            "share_address": not self.profile.share_address,
            "mention_website": not self.profile.mention_website,
            "tone": "formal",
            "use_emoji": not self.profile.use_emoji,
            "greeting": "Hi",
            "farewell": "Bye",
            "rating_request": "1 to 5?",
            "service_sales": not self.profile.service_sales,
            "service_scheduling": not self.profile.service_scheduling,
            "service_delivery": not self.profile.service_delivery,
            "service_support": not self.profile.service_support,
            "tz": "Asia/Tokyo",
            "phone": "+55 41 3333-0000",
            "email": "hello@example.com",
        }
        for name, value in values.items():
            with self.subTest(name):
                before = self.profile._snapshot()
                self.assert_noticed(lambda name=name, value=value: self.profile.write({name: value}))
                self.assertNotEqual(self.profile._snapshot(), before, "what is noticed is also told")

    def test_changes_of_the_company_are_noticed(self):
        self.assert_noticed(lambda: self.company.write({"city": "Curitiba"}))
        self.assert_noticed(lambda: self.company.partner_id.write({"name": "Renamed"}))
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.assert_noticed(lambda: self.company.write({"currency_id": euro.id}))

    def test_what_is_not_told_is_not_noticed(self):
        self.assert_ignored(lambda: self.company.partner_id.write({"comment": "internal"}))
        self.assert_ignored(lambda: self.env["res.partner"].create({"name": "Other"}).write({"name": "Another"}))
        self.assert_ignored(lambda: self.profile.message_post(body="A note"))

    def test_rules_documents_and_links_are_noticed(self):
        for model, values, change in (
            ("company.services.rule", {"name": "R", "description": "D"}, {"description": "E"}),
            ("company.services.document", {"name": "T", "text": "Body"}, {"text": "Other"}),
            ("company.services.link", {"url": "https://example.com/a"}, {"mention": False}),
        ):
            with self.subTest(model):
                Model = self.env[model].with_context(default_profile_id=self.profile.id)
                self.assert_noticed(lambda Model=Model, values=values: Model.create(values))
                record = Model.search([("profile_id", "=", self.profile.id)])
                self.assert_noticed(lambda record=record, change=change: record.write(change))
                self.assert_noticed(lambda record=record: record.unlink())

    def test_archiving_a_rule_is_noticed(self):
        rule = self.rule()
        self.assert_noticed(rule.action_archive)

    # --- What cannot be saved

    def test_texts_have_a_limit(self):
        with self.assertRaisesRegex(ValidationError, "Greeting.*1000"):
            self.profile.greeting = "x" * 1001
        with self.assertRaisesRegex(ValidationError, "4000"):
            self.rule(description="x" * 4001)

    def test_temporary_rules_need_a_possible_time(self):
        today = fields.Date.context_today(self.profile)
        with self.assertRaises(ValidationError):
            self.rule(kind="temporary")
        with self.assertRaises(ValidationError):
            self.rule(kind="temporary", date_start=today, date_end=today - timedelta(1))
        self.rule(kind="temporary", date_start=today, date_end=today)

    def test_scheduling_rules_need_days_and_a_possible_length(self):
        closed = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), False)
        for values in (closed, {"duration_minutes": 1}, {"duration_minutes": 1441}, {"notice_hours": -1}):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.rule(kind="scheduling", **values)

    def test_an_expired_rule_says_so(self):
        today = fields.Date.context_today(self.profile)
        day = timedelta(1)
        self.assertEqual(self.rule(kind="temporary", date_end=today - day).period, "expired")
        self.assertEqual(self.rule(kind="temporary", date_end=today).period, "current")
        self.assertEqual(self.rule(kind="temporary", date_start=today + day).period, "upcoming")
        self.assertEqual(self.rule(date_end=today - day).period, "current", "a permanent rule has no dates")

    def test_filters_agree_with_the_badge(self):
        today = fields.Date.context_today(self.profile)
        day = timedelta(1)
        rules = self.env["company.services.rule"].union(
            *(
                self.rule(kind="temporary", date_start=start, date_end=end)
                for start, end in ((today - day, today - day), (today, today), (today + day, False), (False, today))
            ),
            self.rule(),
        )
        search = self.env["company.services.rule"].get_view(view_type="search")["arch"]
        for name, period in (("in_force", "current"), ("expired", "expired")):
            domain = etree.fromstring(search).xpath(f"//filter[@name='{name}']/@domain")[0]
            found = self.env["company.services.rule"].search([("id", "in", rules.ids), *literal_eval(domain)])
            self.assertEqual(found, rules.filtered(lambda rule, period=period: rule.period == period), name)

    def test_links_are_web_addresses(self):
        link = self.env["company.services.link"].create({"profile_id": self.profile.id, "url": "instagram.com/acme"})
        self.assertEqual(link.url, "https://instagram.com/acme")
        with self.assertRaises(ValidationError):
            link.url = "javascript://alert"

    def test_documents_need_what_they_say_they_are(self):
        Document = self.env["company.services.document"]
        content = base64.b64encode(b"How to care for wood")
        for values in (
            {"kind": "text", "text": "  "},
            {"kind": "file"},
            {"kind": "file", "file": content, "filename": "care.exe"},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                Document.create({"name": "Care", "profile_id": self.profile.id, **values})
        document = Document.create({"name": "Care", "kind": "file", "file": content, "filename": "care.MD"})
        self.assertEqual(base64.b64decode(document.file), b"How to care for wood")

    def test_a_document_too_large_is_refused(self):
        def upload(size):
            content = base64.b64encode(b"x" * size)
            return self.env["company.services.document"].create(
                {"name": "Big", "kind": "file", "file": content, "filename": "big.txt"}
            )

        self.assertTrue(upload(10 * 1024 * 1024))
        with self.assertRaisesRegex(ValidationError, "10"):
            upload(10 * 1024 * 1024 + 1)

    def test_a_file_gives_its_document_a_title(self):
        document = self.env["company.services.document"].new({"kind": "file", "filename": "delivery_policy.pdf"})
        document._onchange_file()
        self.assertEqual(document.name, "delivery policy")
