"""MCP-Odoo reads: single records, counts, groups, models and fields, in a form a model understands."""

from odoo.tests import new_test_user, tagged

from ..servers.odoo_values import MAX_IDS
from .common import ToolCase


@tagged("post_install", "-at_install")
class TestOdooReading(ToolCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        cls.env["res.lang"]._activate_lang("pt_BR")
        cls.brazil, cls.portugal = cls.env.ref("base.br"), cls.env.ref("base.pt")
        cls.partners = cls.env["res.partner"].create(
            [
                {"name": f"Grupo {n}", "is_company": n < 2, "country_id": (cls.brazil if n < 3 else cls.portugal).id}
                for n in range(5)
            ]
        )
        cls.mine = [["name", "like", "Grupo "]]

    def open(self, model, **operations):
        """Put the model on the allow-list, with these operations beside reading."""
        Allowed = self.env["chatwootai.allowed.model"]
        entry = Allowed.search([("model", "=", model)]) or Allowed.create(
            {"model_id": self.env["ir.model"]._get_id(model)}
        )
        entry.write(operations)
        return entry

    def test_one_record_is_read_by_its_id_archived_or_not(self):
        self.partners[0].active = False
        record = self.call("read_record", model="res.partner", id=self.partners[0].id, fields=["name", "country_id"])
        self.assertEqual(
            record["record"],
            {
                "id": self.partners[0].id,
                "name": "Grupo 0",
                "country_id": {"id": self.brazil.id, "name": self.brazil.name},
            },
        )

    def test_a_record_that_is_not_there_and_one_not_to_be_seen_get_the_same_answer(self):
        hidden = self.partners[4]
        self.env["ir.rule"].create(
            {
                "name": "not this one",
                "model_id": self.env.ref("base.model_res_partner").id,
                "domain_force": f"[('id', '!=', {hidden.id})]",
            }
        )
        unseen = self.refusal("read_record", model="res.partner", id=hidden.id)
        absent = self.refusal("read_record", model="res.partner", id=2**31 - 1)
        self.assertEqual(unseen.replace(str(hidden.id), "N"), absent.replace(str(2**31 - 1), "N"))

    def test_an_agent_sees_customers_and_not_the_staff(self):
        staff = new_test_user(self.env, "staff-member").partner_id
        self.assertIn("no record", self.refusal("read_record", model="res.partner", id=staff.id))
        self.assertEqual(self.call("find_customer", name=staff.name)["customers"], [])
        self.call("read_record", model="res.partner", id=self.agent.partner_id.id)
        self.call("read_record", model="res.partner", id=self.env.company.partner_id.id)

    def test_wrong_ids_are_errors(self):
        for wrong in (0, -1, 2**31, 2**70, "1", 1.0, True, None, [1]):
            self.assertIn("id", self.refusal("read_record", model="res.partner", id=wrong))

    def test_counts_match_the_search(self):
        self.assertEqual(self.call("count_records", model="res.partner", domain=self.mine)["count"], 5)
        found = self.call("search_records", model="res.partner", domain=self.mine, limit=2, with_total=True)
        self.assertEqual((found["count"], found["total"], found["truncated"]), (2, 5, True))
        self.assertIn("'nome'", self.refusal("count_records", model="res.partner", domain=[["nome", "=", "x"]]))

    def test_values_come_in_a_form_a_model_understands(self):
        self.open("res.partner").field_ids += self.env["ir.model.fields"].search(
            [("model", "=", "res.partner"), ("name", "in", ["comment", "child_ids", "type", "write_date"])]
        )
        parent = self.partners[0]
        parent.comment = "<p>Prefere <b>manhãs</b></p>"
        children = self.env["res.partner"].create([{"name": f"C{n}", "parent_id": parent.id} for n in range(3)])
        fields = ["comment", "child_ids", "type", "write_date", "email"]
        row = self.call("read_record", model="res.partner", id=parent.id, fields=fields)["record"]
        self.assertEqual(row["comment"], "Prefere *manhãs*")
        self.assertEqual((sorted(row["child_ids"]["ids"]), row["child_ids"]["count"]), (children.ids, 3))
        self.assertEqual(row["type"], {"value": "contact", "label": "Contact"})
        self.assertTrue(row["write_date"].endswith("+00:00"))
        self.assertIsNone(row["email"])

    def test_long_lists_and_texts_are_cut_and_say_so(self):
        self.open("res.partner").field_ids += self.env["ir.model.fields"].search(
            [("model", "=", "res.partner"), ("name", "in", ["comment", "child_ids"])]
        )
        parent = self.partners[0]
        self.env["res.partner"].create([{"name": f"C{n}", "parent_id": parent.id} for n in range(MAX_IDS + 1)])
        parent.comment = "x" * 30_000
        row = self.call("read_record", model="res.partner", id=parent.id, fields=["comment", "child_ids"])["record"]
        self.assertEqual((len(row["child_ids"]["ids"]), row["child_ids"]["count"]), (MAX_IDS, MAX_IDS + 1))
        self.assertIn("cut", row["comment"][-50:])

    def test_texts_come_in_the_language_asked_for(self):
        product = self.env["product.template"].create({"name": "Chair"})
        product.with_context(lang="pt_BR").name = "Cadeira"
        read = {"model": "product.template", "id": product.id, "fields": ["name"]}
        self.assertEqual(self.call("read_record", **read, lang="pt_BR")["record"]["name"], "Cadeira")
        self.assertEqual(self.call("read_record", **read, lang="en_US")["record"]["name"], "Chair")
        self.assertIn("not installed", self.refusal("read_record", **read, lang="xx_XX"))

    def test_a_time_from_a_result_can_be_searched_with(self):
        self.open("res.partner").field_ids += self.env["ir.model.fields"]._get("res.partner", "create_date")
        row = self.call("read_record", model="res.partner", id=self.partners[0].id, fields=["create_date"])["record"]
        found = self.call(
            "count_records", model="res.partner", domain=[*self.mine, ["create_date", "<", row["create_date"]]]
        )
        self.assertEqual(found["count"], 0)

    def test_groups_have_their_names_and_counts(self):
        groups = self.call(
            "group_records", model="res.partner", group_by=["country_id", "is_company"], domain=self.mine
        )["groups"]
        brazil = {"id": self.brazil.id, "name": self.brazil.name}
        counted = {(group["country_id"]["id"], group["is_company"]): group["record_count"] for group in groups}
        self.assertIn(brazil, [group["country_id"] for group in groups])
        self.assertEqual(counted, {(self.brazil.id, True): 2, (self.brazil.id, False): 1, (self.portugal.id, False): 2})

    def test_the_largest_groups_come_first_when_asked_and_a_cut_says_so(self):
        found = self.call(
            "group_records",
            model="res.partner",
            group_by=["country_id"],
            domain=self.mine,
            largest_first=True,
            limit=1,
        )
        self.assertEqual((found["groups"][0]["record_count"], found["truncated"]), (3, True))

    def test_amounts_are_summed_by_period_with_their_currency(self):
        if "sale.order" not in self.env:
            self.skipTest("Sales is not installed")
        seller = new_test_user(self.env, "seller-sums", "sales_team.group_sale_salesman_all_leads")
        product = self.env["product.product"].create({"name": "Mesa", "list_price": 100, "taxes_id": False})
        for day, quantity in (("2024-01-05", 1), ("2024-01-20", 2), ("2024-02-02", 4)):
            self.env["sale.order"].create(
                {
                    "partner_id": self.partners[0].id,
                    "date_order": f"{day} 12:00:00",
                    "order_line": [(0, 0, {"product_id": product.id, "product_uom_qty": quantity})],
                }
            )
        groups = self.call(
            "group_records",
            self.principal_of(seller),
            model="sale.order",
            group_by=["date_order:month"],
            aggregates=["amount_total:sum", "date_order:max"],
            domain=[["partner_id", "=", self.partners[0].id]],
        )["groups"]
        currency = self.env.company.currency_id.name
        self.assertEqual(
            [(group["date_order:month"], group["record_count"], group["amount_total:sum"]) for group in groups],
            [
                ("2024-01-01", 2, {"amount": 300.0, "currency": currency}),
                ("2024-02-01", 1, {"amount": 400.0, "currency": currency}),
            ],
        )
        self.assertTrue(groups[0]["date_order:max"].startswith("2024-01-20"))

    def test_a_wrong_group_or_aggregate_is_an_error_that_names_it(self):
        wrong = (
            ({"group_by": ["nome"]}, "'nome'"),
            ({"group_by": ["country_id:month"]}, "period"),
            ({"group_by": ["create_uid"]}, "create_uid"),
            ({"group_by": [], "aggregates": ["name:sum"]}, "sum"),
            ({"group_by": [], "aggregates": ["name"]}, "function"),
            ({"group_by": [], "aggregates": ["name:array_agg"]}, "function"),
            ({"group_by": ["a", "b", "c", "d"]}, "group_by"),
            ({}, "group_by"),
        )
        for arguments, named in wrong:
            self.assertIn(named, self.refusal("group_records", model="res.partner", **arguments))

    def test_in_all_is_one_group(self):
        groups = self.call("group_records", model="res.partner", group_by=[], domain=self.mine)["groups"]
        self.assertEqual(groups, [{"record_count": 5}])

    def test_the_models_listed_are_those_the_caller_may_read(self):
        listed = {row["model"]: row["operations"] for row in self.call("list_models")["models"]}
        self.assertEqual(listed["res.partner"], ["read"])
        self.assertNotIn("res.users", listed)
        self.assertNotIn("sale.order", listed)  # on the list, but the agent has no right to it
        self.open("res.partner", can_write=True, can_unlink=True)
        listed = {row["model"]: row["operations"] for row in self.call("list_models")["models"]}
        self.assertEqual(listed["res.partner"], ["read"])  # a reading key
        manager = new_test_user(self.env, "contacts-manager", "base.group_user,base.group_partner_manager")
        writing = self.principal_of(manager, write=True)
        listed = {row["model"]: row["operations"] for row in self.call("list_models", writing)["models"]}
        self.assertEqual(listed["res.partner"], ["read", "write", "unlink"])

    def test_a_model_is_described_with_its_open_fields_only(self):
        described = self.call("describe_model", model="res.partner")
        fields = {row["name"]: row for row in described["fields"]}
        self.assertEqual(fields["country_id"]["relation"], "res.country")
        self.assertEqual(fields["country_id"]["type"], "many2one")
        self.assertIn({"value": "en_US", "label": "English (US)"}, fields["lang"]["options"])
        self.assertTrue(fields["display_name"]["readonly"])
        self.assertFalse({"vat", "comment", "signup_token", "image_1920", "user_ids"} & set(fields))
        self.assertEqual(described["operations"], ["read"])

    def test_a_named_field_comes_with_its_help(self):
        rows = self.call("describe_model", model="res.partner", fields=["lang"])["fields"]
        self.assertEqual([row["name"] for row in rows], ["lang"])
        self.assertTrue(rows[0]["help"])
        self.assertIn("'nome'", self.refusal("describe_model", model="res.partner", fields=["nome"]))

    def test_no_tool_reaches_a_system_model(self):
        domain = [["id", "=", 1]]
        calls = (
            ("read_record", {"id": 1}),
            ("count_records", {"domain": domain}),
            ("group_records", {"group_by": []}),
            ("describe_model", {}),
        )
        for name, arguments in calls:
            for model in ("res.users", "ir.config_parameter", "ir.attachment", "mail.message", "no.such", ""):
                self.assertIn("allowed models", self.refusal(name, model=model, **arguments))

    def test_a_field_for_other_groups_is_not_shown(self):
        field = self.env["res.partner"]._fields["city"]
        self.patch(field, "groups", "base.group_system")
        for name, arguments in (
            ("read_record", {"id": self.partners[0].id, "fields": ["city"]}),
            ("group_records", {"group_by": ["city"]}),
            ("describe_model", {"fields": ["city"]}),
            ("search_records", {"order": "city"}),
            ("count_records", {"domain": [["city", "=", "x"]]}),
        ):
            self.assertIn("city", self.refusal(name, model="res.partner", **arguments))
