"""The snapshot holds exactly what the configuration webhook takes, and nothing a JSON encoder stumbles over."""

import json
from datetime import date

from odoo.tests import tagged

from .common import ProfileCase


@tagged("post_install", "-at_install")
class TestSnapshot(ProfileCase):
    def test_whole_snapshot(self):
        brazil = self.env.ref("base.br")
        self.company.write(
            {
                "name": "Móveis Araucária",
                "street": "Rua XV, 10",
                "street2": False,
                "city": "Curitiba",
                "state_id": self.env.ref("base.state_br_pr").id,
                "zip": "80020-310",
                "country_id": brazil.id,
                "phone": "+55 41 3333-0000",
                "email": "oi@araucaria.example",
                "website": "araucaria.example",
            }
        )
        self.profile.write(
            {
                "description": " We make furniture. ",
                "lang": "en_US",
                "tz": "America/Sao_Paulo",
                "share_address": True,
                "mention_website": False,
                "link_ids": [(0, 0, {"network": "instagram", "url": "instagram.com/araucaria", "mention": False})],
                "tone": "formal",
                "use_emoji": False,
                "greeting": "Good day",
                "farewell": False,
                "rating_request": False,
                "service_sales": True,
                "service_scheduling": True,
                "service_delivery": False,
                "service_support": False,
            }
        )
        self.profile._set_opening_hours(
            [{"day": 1, "opens": "08:00", "closes": "17:00", "break_start": "12:00", "break_end": "13:00"}]
        )
        last = self.rule(name="Visit", kind="scheduling", service="scheduling", sequence=30, duration_minutes=90)
        first = self.rule(name="Exchange", sequence=10)
        promotion = self.rule(
            name="Promotion", kind="temporary", service="sales", sequence=20, date_end=date(2026, 11, 30)
        )
        self.rule(name="Old", active=False)
        snapshot = self.profile._snapshot()
        self.assertEqual(json.loads(json.dumps(snapshot)), snapshot)
        self.assertEqual(
            snapshot,
            {
                "account_id": self.env.cr.dbname,
                "version": max(self.profile.version, 1),
                "company_metadata": {
                    "company_name": "Móveis Araucária",
                    "description": "We make furniture.",
                    "language": "en_US",
                    "timezone": "America/Sao_Paulo",
                    "currency": self.company.currency_id.name,
                    "address": {
                        "street": "Rua XV, 10",
                        "street2": "",
                        "city": "Curitiba",
                        "state": self.env.ref("base.state_br_pr").name,
                        "zip": "80020-310",
                        "country": "Brazil",
                        "share_with_customers": True,
                    },
                    "phone": self.company.phone,
                    "email": "oi@araucaria.example",
                    "website": {"url": "http://araucaria.example", "mention": False},
                    "social_links": [
                        {"network": "instagram", "url": "https://instagram.com/araucaria", "mention": False}
                    ],
                    "opening_hours": [
                        {"day": 1, "opens": "08:00", "closes": "17:00", "break_start": "12:00", "break_end": "13:00"}
                    ],
                    "style": {
                        "tone": "formal",
                        "emoji": False,
                        "greeting": "Good day",
                        "farewell": "",
                        "rating_request": "",
                    },
                    "services": {"sales": True, "scheduling": True, "delivery": False, "support": False},
                },
                "business_rules": [
                    {
                        "rule_id": first.id,
                        "name": "Exchange",
                        "description": "Within 7 days.",
                        "kind": "permanent",
                        "service": "general",
                        "sequence": 10,
                        "date_start": None,
                        "date_end": None,
                        "scheduling": None,
                    },
                    {
                        "rule_id": promotion.id,
                        "name": "Promotion",
                        "description": "Within 7 days.",
                        "kind": "temporary",
                        "service": "sales",
                        "sequence": 20,
                        "date_start": None,
                        "date_end": "2026-11-30",
                        "scheduling": None,
                    },
                    {
                        "rule_id": last.id,
                        "name": "Visit",
                        "description": "Within 7 days.",
                        "kind": "scheduling",
                        "service": "scheduling",
                        "sequence": 30,
                        "date_start": None,
                        "date_end": None,
                        "scheduling": {"duration_minutes": 90, "notice_hours": 24, "days": [0, 1, 2, 3, 4]},
                    },
                ],
            },
        )

    def test_one_companys_rules_are_not_in_anothers_snapshot(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.rule(profile_id=self.env["company.services.profile"]._of_company(other).id, name="Theirs")
        self.assertEqual(self.profile._snapshot()["business_rules"], [])

    def test_a_reader_gets_the_same_snapshot(self):
        self.rule()
        reader = self.user("company_services.group_company_services_user")
        self.assertEqual(self.profile.with_user(reader)._snapshot(), self.profile._snapshot())

    def test_rules_the_context_would_hide_or_add_are_the_same(self):
        self.rule(active=False)
        self.assertEqual(self.profile.with_context(active_test=False)._snapshot()["business_rules"], [])
