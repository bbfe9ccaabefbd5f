"""The resync: what it indexes, that it does nothing when nothing changed, and that it touches only its own points."""

import uuid

from odoo.tests import tagged

from odoo.addons.chatwootai_mcp.stores.errors import StoreUnavailable
from odoo.addons.chatwootai_mcp.stores.vectors import Point
from odoo.addons.chatwootai_mcp.tenancy.account import CollectionType
from odoo.addons.queue_job.tests.common import trap_jobs

from .knowledge_common import KnowledgeCase


@tagged("post_install", "-at_install")
class TestKnowledgeResync(KnowledgeCase):
    def thirty_products(self):
        return self.env["product.template"].create(
            [{"name": f"Produto {number}", "default_code": f"P{number:02}"} for number in range(30)]
        )

    def test_a_first_resync_indexes_every_product_once(self):
        self.thirty_products()
        counts = self.resync("products")
        self.assertEqual(counts, {"products": {"upserted": 30, "deleted": 0, "unchanged": 0}})
        self.assertEqual(len(self.embedder.embedded), 30)
        self.assertEqual((self.row("products").state, self.row("products").points), ("done", 30))
        self.assertEqual(self.row("products").with_context(lang="en_US").display_name, "Products")

    def test_nothing_changed_means_nothing_embedded_and_nothing_written(self):
        self.thirty_products()
        self.rule("Trocas", "Até 7 dias.")
        self.document("Manual", text="# Uso\n\nLer antes.")
        self.resync()
        counts = self.resync()
        self.assertEqual({collection: each["unchanged"] for collection, each in counts.items()}["products"], 30)
        self.assertEqual((self.embedder.embedded, self.vectors.upserted, self.vectors.deleted), ([], [], []))

    def test_a_renamed_product_is_one_upsert(self):
        products = self.thirty_products()
        self.resync("products")
        products[3].name = "Batom Rubi"
        self.assertEqual(self.resync("products"), {"products": {"upserted": 1, "deleted": 0, "unchanged": 29}})
        self.assertEqual([point.payload["title"] for point in self.vectors.upserted], ["Batom Rubi"])
        self.assertEqual(self.find("batom rubi")[0].payload["source_id"], products[3].id)

    def test_a_product_deleted_archived_or_not_for_sale_is_one_delete_each(self):
        products = self.thirty_products()
        self.resync("products")
        products[0].unlink()
        products[1].active = False
        products[2].sale_ok = False
        self.assertEqual(self.resync("products"), {"products": {"upserted": 0, "deleted": 3, "unchanged": 27}})

    def test_a_price_is_no_knowledge(self):
        product = self.product("Batom", list_price=49.9)
        self.resync("products")
        product.list_price = 59.9
        self.assertEqual(self.resync("products")["products"]["upserted"], 0)
        self.assertNotIn("49", self.find("batom")[0].payload["text"])

    def test_a_product_is_found_by_its_code_category_variants_and_description(self):
        attribute = self.env["product.attribute"].create(
            {"name": "Cor", "value_ids": [(0, 0, {"name": "Carmesim"}), (0, 0, {"name": "Turquesa"})]}
        )
        product = self.product(
            "Esmalte",
            categ_id=self.env["product.category"].create({"name": "Unhas"}).id,
            description_sale="Secagem rápida.",
            attribute_line_ids=[(0, 0, {"attribute_id": attribute.id, "value_ids": [(6, 0, attribute.value_ids.ids)]})],
        )
        product.product_variant_ids[0].default_code = "ESM-CAR"
        self.product("Sofá")
        self.resync("products")
        for question in ("ESM-CAR", "para unhas", "cor turquesa", "que seca rapido"):
            self.assertEqual(self.find(question)[0].payload["source_id"], product.id, question)

    def test_points_of_others_are_never_touched(self):
        self.product("Batom")
        self.resync("products")
        foreign = Point(str(uuid.uuid4()), [1.0] * self.embedder.dimension, None, {"written_by": "an MCP client"})
        unsigned = Point(str(uuid.uuid4()), [1.0] * self.embedder.dimension, None, {"text": "unsigned"})
        self.vectors.upsert(self.account_id, CollectionType.PRODUCTS, [foreign, unsigned])
        self.env["product.template"].search([]).active = False
        self.assertEqual(self.resync("products")["products"], {"upserted": 0, "deleted": 1, "unchanged": 0})
        left = {hit.id for hit in self.vectors.search(self.account_id, CollectionType.PRODUCTS, dense=foreign.dense)}
        self.assertEqual(left, {foreign.id, unsigned.id})

    def test_a_store_that_lost_its_points_gets_them_again(self):
        self.thirty_products()
        self.resync("products")
        self.vectors.drop(self.account_id)
        self.assertEqual(self.resync("products")["products"]["upserted"], 30)

    def test_a_new_embedding_model_embeds_everything_anew(self):
        self.thirty_products()
        self.resync("products")
        self.embedder.model = "lexical-v2"
        self.assertEqual(self.resync("products")["products"]["upserted"], 30)
        self.assertEqual(self.row("products").embedding_model, "lexical-v2")

    def test_a_rule_carries_the_days_it_holds(self):
        self.rule("Trocas", "Até 7 dias com a nota.")
        self.rule("Natal", "Frete grátis.", kind="temporary", date_start="2026-12-01", date_end="2026-12-25")
        self.resync("rules")
        payloads = {point.payload["title"]: point.payload for point in self.vectors.upserted}
        self.assertEqual(payloads["Natal"]["date_start"], "2026-12-01")
        self.assertEqual(payloads["Natal"]["date_end"], "2026-12-25")
        self.assertNotIn("date_end", payloads["Trocas"])
        self.assertEqual(self.find("posso trocar com a nota?", "rules")[0].payload["title"], "Trocas")

    def test_new_dates_of_a_rule_are_written(self):
        rule = self.rule("Natal", "Frete grátis.", kind="temporary", date_end="2026-12-25")
        self.resync("rules")
        rule.date_end = "2026-12-31"
        self.assertEqual(self.resync("rules")["rules"]["upserted"], 1)
        self.assertEqual(self.vectors.upserted[0].payload["date_end"], "2026-12-31")

    def test_a_scheduling_rule_tells_its_duration_and_days(self):
        self.rule("Limpeza de pele", "Com hora marcada.", kind="scheduling", duration_minutes=75, notice_hours=24)
        self.resync("rules")
        self.assertIn("75", self.vectors.upserted[0].payload["text"])

    def test_an_archived_rule_is_no_knowledge(self):
        rule = self.rule("Trocas", "Até 7 dias.")
        self.resync("rules")
        rule.active = False
        self.assertEqual(self.resync("rules")["rules"]["deleted"], 1)

    def test_progress_is_told(self):
        self.thirty_products()
        told = []
        self.knowledge._resync(["products"], progress=lambda *step: told.append(step))
        self.assertEqual(told, [("products", 30, 30)])

    def test_cached_searches_are_forgotten_only_when_something_was_written(self):
        cache, product = self.stores.cache, self.product("Batom")
        self.resync("products")
        cache.get_or_load(self.account_id, "vectors_products", "k", lambda: "cached")
        self.resync("products")
        self.assertTrue(cache.get(self.account_id, "vectors_products", "k").hit)
        product.name = "Batom Rubi"
        self.resync("products")
        self.assertFalse(cache.get(self.account_id, "vectors_products", "k").hit)

    def test_a_store_that_is_down_is_told_in_the_companys_language_and_tried_again(self):
        self.env["res.lang"]._activate_lang("pt_BR")
        self.env.company.partner_id.lang = "pt_BR"
        self.vectors.down = StoreUnavailable("Qdrant can't be reached now.")
        with trap_jobs() as trap:
            self.knowledge._job_resync("products")
            trap.assert_jobs_count(1)
            self.assertTrue(trap.enqueued_jobs[0].eta)
        said = "Não é possível alcançar o Qdrant agora."
        self.assertEqual((self.row("products").state, self.row("products").message), ("error", said))
        self.assertEqual(self.env["chatwootai.alert"].search([("kind", "=", "failed_sync")]).note, said)
        self.vectors.down = None
        self.knowledge._job_resync("products")
        self.assertEqual((self.row("products").state, self.row("products").message), ("done", False))
