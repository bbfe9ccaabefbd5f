"""MCP-Odoo writes: only what list and rights open, only what fits, whole or not at all."""

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import ToolCase


@tagged("post_install", "-at_install")
class TestOdooWriting(ToolCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        cls.manager = new_test_user(cls.env, "contacts-writer", "base.group_user,base.group_partner_manager")
        cls.writer = cls.principal_of(cls.manager, write=True)
        cls.entry = cls.env["chatwootai.allowed.model"].search([("model", "=", "res.partner")])
        cls.entry.write({"can_create": True, "can_write": True, "can_unlink": True})
        cls.partner = cls.env["res.partner"].create({"name": "Ana", "email": "ana@example.com"})

    def create(self, values, principal=None):
        return self.call("create_record", principal or self.writer, model="res.partner", values=values)

    def update(self, values):
        return self.call("update_record", self.writer, model="res.partner", id=self.partner.id, values=values)

    def refused(self, values, model="res.partner"):
        before = self.env[model].search_count([])
        error = self.refusal("create_record", self.writer, model=model, values=values)
        self.assertEqual(self.env[model].search_count([]), before)
        return error

    def test_a_record_is_created_and_told_as_it_is_stored(self):
        tag = self.env["res.partner.category"].create({"name": "VIP"})
        brazil = self.env.ref("base.br")
        result = self.create(
            {"name": "Bia", "is_company": True, "country_id": brazil.id, "category_id": [tag.id], "city": None}
        )
        partner = self.env["res.partner"].browse(result["id"])
        self.assertEqual((partner.name, partner.is_company, partner.country_id), ("Bia", True, brazil))
        self.assertEqual(partner.category_id, tag)
        self.assertEqual(partner.create_uid, self.manager)
        self.assertEqual(result["record"]["country_id"], {"id": brazil.id, "name": brazil.name})
        self.assertEqual(result["record"]["category_id"], {"ids": [tag.id], "count": 1})

    def test_a_change_tells_before_and_after_of_what_changed(self):
        result = self.update({"name": "Ana Maria", "email": "ana@example.com", "lang": "en_US"})
        self.assertEqual(result["changed"]["name"], {"before": "Ana", "after": "Ana Maria"})
        self.assertNotIn("email", result["changed"])
        self.assertEqual(self.partner.name, "Ana Maria")
        self.assertEqual(self.update({"email": None})["changed"]["email"]["after"], None)
        self.assertEqual(self.update({"name": "Ana Maria"})["changed"], {})

    def test_a_deletion_tells_what_is_gone(self):
        result = self.call("delete_record", self.writer, model="res.partner", id=self.partner.id)
        self.assertEqual(result["deleted"]["email"], "ana@example.com")
        self.assertFalse(self.partner.exists())
        self.assertIn("no record", self.refusal("delete_record", self.writer, model="res.partner", id=self.partner.id))

    def test_a_record_may_be_archived_and_brought_back(self):
        self.assertEqual(self.update({"active": False})["changed"]["active"], {"before": True, "after": False})
        self.update({"active": True})
        self.assertTrue(self.partner.active)

    def test_a_reading_key_changes_nothing(self):
        reader = self.principal_of(self.manager, write=False)
        for name, arguments in (
            ("create_record", {"values": {"name": "x"}}),
            ("update_record", {"id": self.partner.id, "values": {"name": "x"}}),
            ("delete_record", {"id": self.partner.id}),
        ):
            self.assertIn("write scope", self.refusal(name, reader, model="res.partner", **arguments))

    def test_what_the_list_does_not_open_is_not_done(self):
        self.entry.write({"can_create": False, "can_write": False, "can_unlink": False})
        self.assertIn("created", self.refused({"name": "x"}))
        for name, arguments, word in (
            ("update_record", {"values": {"name": "x"}}, "changed"),
            ("delete_record", {}, "deleted"),
        ):
            self.assertIn(word, self.refusal(name, self.writer, model="res.partner", id=self.partner.id, **arguments))
        self.assertEqual(self.partner.name, "Ana")

    def test_a_user_without_rights_changes_nothing_whatever_the_list_says(self):
        agent = self.principal_of(self.agent, write=True)
        for name, arguments in (
            ("create_record", {"values": {"name": "x"}}),
            ("update_record", {"id": self.partner.id, "values": {"name": "x"}}),
            ("delete_record", {"id": self.partner.id}),
        ):
            self.assertIn("no right", self.refusal(name, agent, model="res.partner", **arguments))
        self.assertEqual(self.partner.exists().name, "Ana")

    def test_record_rules_apply_to_writes(self):
        self.env["ir.rule"].create(
            {
                "name": "companies only are written",
                "model_id": self.env.ref("base.model_res_partner").id,
                "domain_force": "[('is_company', '=', True)]",
                "perm_read": False,
            }
        )
        for name, arguments in (("update_record", {"values": {"name": "x"}}), ("delete_record", {})):
            self.assertIn(
                "no right", self.refusal(name, self.writer, model="res.partner", id=self.partner.id, **arguments)
            )
        self.assertIn("no right", self.refused({"name": "A person"}))

    def test_a_users_contact_is_not_rewritten_by_who_may_not_write_users(self):
        admin = self.env.ref("base.partner_admin")
        email = admin.email
        self.refusal(
            "update_record", self.writer, model="res.partner", id=admin.id, values={"email": "evil@example.com"}
        )
        self.assertEqual(admin.email, email)

    def test_what_does_not_fit_is_named_and_changes_nothing(self):
        country = self.env["res.country"].search([], order="id desc", limit=1).id
        for values, named in (
            ({"nome": "x"}, "'nome'"),
            ({"name": "x", "vat": "1"}, "'vat'"),  # a field off the list
            ({"name": "x", "password": "1"}, "'password'"),
            ({"name": "x", "id": 7}, "id"),
            ({"name": "x", "display_name": "y"}, "display_name"),
            ({"name": 5}, "name"),
            ({"name": "x", "is_company": "yes"}, "is_company"),
            ({"name": "x", "country_id": "Brazil"}, "country_id"),
            ({"name": "x", "country_id": country + 1000}, "country_id"),
            ({"name": "x", "category_id": [[6, 0, [1]]]}, "category_id"),
            ({"name": "x", "category_id": [2**31 - 1]}, "category_id"),
            ({"name": "x", "lang": "xx"}, "lang"),
        ):
            self.assertIn(named, self.refused(values))
        for values in ({}, [], "x", None):
            self.assertIn("values", self.refused(values))

    def test_read_only_fields_of_orders_and_their_lines_are_refused_with_the_way_to_go(self):
        if "sale.order" not in self.env:
            self.skipTest("Sales is not installed")
        self.env["chatwootai.allowed.model"].search([("model", "=", "sale.order")]).can_create = True
        seller = new_test_user(self.env, "seller-writes", "sales_team.group_sale_salesman_all_leads")
        principal = self.principal_of(seller, write=True)
        for values, named in (
            ({"state": "sale"}, "read-only"),
            ({"amount_total": 5.0}, "read-only"),
            ({"order_line": [{"product_id": 1}]}, "sale.order.line"),
            ({"access_token": "x"}, "'access_token'"),
            ({"note": "x"}, "partner_id"),
        ):
            self.assertIn(named, self.refusal("create_record", principal, model="sale.order", values=values))
        result = self.call("create_record", principal, model="sale.order", values={"partner_id": self.partner.id})
        self.assertEqual(self.env["sale.order"].browse(result["id"]).user_id, seller)

    def test_a_missing_required_field_is_named(self):
        self.env["chatwootai.allowed.model"].create(
            {"model_id": self.env["ir.model"]._get_id("res.partner.category"), "can_create": True}
        )
        self.assertIn("name", self.refused({"color": 3}, model="res.partner.category"))

    def test_a_constraint_speaks_in_words_and_undoes_everything(self):
        with mute_logger("odoo.sql_db"):
            error = self.refusal(
                "update_record",
                self.writer,
                model="res.partner",
                id=self.partner.id,
                values={"city": "Recife", "parent_id": self.partner.id},
            )
        self.assertNotIn("Traceback", error)
        self.assertFalse(self.partner.city)
        self.assertFalse(self.partner.parent_id)

    def test_a_record_in_use_is_kept_and_the_reason_told(self):
        country = self.env["res.country"].create({"name": "Atlantis", "code": "QQ"})
        self.partner.country_id = country
        self.env["chatwootai.allowed.model"].create(
            {"model_id": self.env["ir.model"]._get_id("res.country"), "can_unlink": True}
        )
        admin = self.principal_of(self.env.ref("base.user_admin"), write=True)
        with mute_logger("odoo.sql_db"):
            error = self.refusal("delete_record", admin, model="res.country", id=country.id)
        self.assertNotIn("violates", error)
        self.assertTrue(country.exists())

    def test_every_write_is_in_the_audit_with_its_record(self):
        result = self.create({"name": "Bia"})
        row = self.env["chatwootai.audit"].search([], order="id desc", limit=1)
        self.assertEqual((row.tool, row.outcome), ("create_record", "success"))
        self.assertIn(str(result["id"]), str(row.read()[0]))
