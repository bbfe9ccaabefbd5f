"""MCP-Odoo: what a search returns, and what it never returns."""

from odoo.tests import tagged

from .common import ToolCase


@tagged("post_install", "-at_install")
class TestSearchRecords(ToolCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls.env["res.partner"].create(
            [{"name": f"Cliente {n}", "is_company": n % 2 == 0, "email": f"c{n}@example.com"} for n in range(5)]
        )

    def test_the_seeds_example_works_as_printed(self):
        result = self.call(
            "search_records",
            account_id=self.account_id,
            model="res.partner",
            domain=[["is_company", "=", True]],
            fields=["name", "email", "phone"],
            limit=10,
        )
        self.assertTrue(result["success"])
        rows = {row["id"]: row for row in result["records"]}
        self.assertEqual(
            rows[self.partners[0].id],
            {"id": self.partners[0].id, "name": "Cliente 0", "email": "c0@example.com", "phone": None},
        )
        self.assertNotIn(self.partners[1].id, rows)

    def test_a_cut_list_says_so_and_the_next_page_goes_on(self):
        search = {"model": "res.partner", "domain": [["name", "like", "Cliente "]], "order": "name asc", "limit": 3}
        first = self.call("search_records", **search)
        second = self.call("search_records", **search, offset=3)
        self.assertEqual((first["count"], first["truncated"]), (3, True))
        self.assertEqual((second["count"], second["truncated"]), (2, False))
        ids = [row["id"] for row in first["records"] + second["records"]]
        self.assertEqual(ids, self.partners.ids)

    def test_many2one_values_come_with_their_names(self):
        self.partners[0].country_id = self.env.ref("base.br")
        row = self.call(
            "search_records", model="res.partner", domain=[["id", "=", self.partners[0].id]], fields=["country_id"]
        )["records"][0]
        self.assertEqual(row["country_id"]["id"], self.env.ref("base.br").id)
        self.assertTrue(row["country_id"]["name"])

    def test_system_models_are_never_reached_whatever_the_list_says(self):
        for model in ("res.users", "ir.config_parameter", "ir.cron", "ir.attachment", "ir.rule", "chatwootai.mcp.key"):
            self.assertIn("allowed models", self.refusal("search_records", model=model))

    def test_a_system_model_is_not_reached_through_a_relation(self):
        error = self.refusal("search_records", model="res.partner", domain=[["user_ids.login", "like", "a"]])
        self.assertIn("field", error)

    def test_an_unknown_model_field_operator_or_order_is_an_error(self):
        self.assertIn("no.such", self.refusal("search_records", model="no.such"))
        self.assertIn("'nome'", self.refusal("search_records", model="res.partner", domain=[["nome", "=", "x"]]))
        self.assertIn("'~'", self.refusal("search_records", model="res.partner", domain=[["name", "~", "x"]]))
        self.assertIn("'nome'", self.refusal("search_records", model="res.partner", fields=["nome"]))
        self.assertIn("order", self.refusal("search_records", model="res.partner", order="name; drop"))

    def test_the_users_own_rules_apply(self):
        self.env["ir.rule"].sudo().create(
            {
                "name": "agents see companies only",
                "model_id": self.env.ref("base.model_res_partner").id,
                "domain_force": "[('is_company', '=', True)]",
            }
        )
        rows = self.call("search_records", model="res.partner", domain=[["name", "like", "Cliente "]])["records"]
        self.assertEqual({row["id"] for row in rows}, set(self.partners[::2].ids))


@tagged("post_install", "-at_install")
class TestFindProducts(ToolCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.chair, cls.table, cls.hidden = cls.env["product.product"].create(
            [
                {"name": "Cadeira Ipê", "default_code": "CAD-1", "list_price": 450.5, "is_storable": True},
                {"name": "Mesa Ipê", "default_code": "MES-1", "list_price": 1200, "description_sale": "Madeira maciça"},
                {"name": "Cadeira interna", "sale_ok": False},
            ]
        )
        cls.env["stock.quant"]._update_available_quantity(
            cls.chair, cls.env["stock.warehouse"].search([], limit=1).lot_stock_id, 7
        )

    def test_price_and_stock_are_those_of_this_moment(self):
        found = self.call("find_products", query="cadeiras ipê")["products"][0]
        self.assertEqual((found["name"], found["price"], found["available_quantity"]), ("Cadeira Ipê", 450.5, 7.0))
        self.chair.list_price = 399.9
        self.assertEqual(self.call("find_products", query="cadeiras ipê")["products"][0]["price"], 399.9)

    def test_it_is_said_whether_a_product_has_a_picture(self):
        self.assertFalse(self.call("find_products", query="cadeiras ipê")["products"][0]["has_picture"])
        pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
        self.chair.image_1920 = pixel
        self.assertTrue(self.call("find_products", query="cadeiras ipê")["products"][0]["has_picture"])

    def test_the_product_with_most_of_the_words_comes_first(self):
        names = [row["name"] for row in self.call("find_products", query="mesa de madeira ipê")["products"]]
        self.assertEqual(names[0], "Mesa Ipê")

    def test_what_is_not_for_sale_is_not_found(self):
        names = [row["name"] for row in self.call("find_products", query="cadeira interna")["products"]]
        self.assertNotIn("Cadeira interna", names)

    def test_the_customers_price_list_applies(self):
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Atacado",
                "item_ids": [(0, 0, {"compute_price": "percentage", "percent_price": 10, "applied_on": "3_global"})],
            }
        )
        partner = self.env["res.partner"].create({"name": "Atacadista", "property_product_pricelist": pricelist.id})
        found = self.call("find_products", query="mesa ipê", partner_id=partner.id)["products"][0]
        self.assertEqual(found["price"], 1080)

    def test_an_unknown_customer_or_an_empty_query_is_an_error(self):
        self.assertIn("customer", self.refusal("find_products", query="mesa", partner_id=2**31 - 1))
        self.assertIn("words", self.refusal("find_products", query="?!"))
