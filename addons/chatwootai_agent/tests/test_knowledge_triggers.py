"""What queues a resync: one job per collection and transaction, and nothing for what is no knowledge."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.queue_job.tests.common import trap_jobs

from .knowledge_common import KnowledgeCase


@tagged("post_install", "-at_install")
class TestKnowledgeTriggers(KnowledgeCase):
    def queued_by(self, change):
        """The collections for which jobs are queued when this change is committed."""
        with trap_jobs() as trap:
            change()
            self.env.cr.precommit.run()
            return [job.args[0] for job in trap.enqueued_jobs]

    def test_a_change_of_a_rule_queues_exactly_one_job(self):
        rule = self.rule("Trocas", "Até 7 dias.")
        self.env.cr.precommit.clear()
        self.assertEqual(self.queued_by(lambda: rule.write({"description": "Até 15 dias."})), ["rules"])

    def test_a_mass_edit_queues_one_job(self):
        def change():
            products = self.env["product.template"].create([{"name": f"Produto {n}"} for n in range(50)])
            for product in products:
                product.name += " novo"
            products.unlink()

        self.assertEqual(self.queued_by(change), ["products"])

    def test_a_job_that_waits_is_not_queued_again(self):
        for _ in range(2):
            self.product("Batom")
            self.env.cr.precommit.run()
        jobs = self.env["queue.job"].search([("identity_key", "=", "chatwootai_knowledge:products")])
        self.assertEqual(len(jobs), 1)
        self.assertEqual(jobs.channel, "root.chatwootai_knowledge")
        self.assertEqual(self.row("products").state, "queued")

    def test_each_source_queues_its_own_collection(self):
        def change():
            self.product("Batom")
            self.rule("Trocas", "Até 7 dias.")
            self.document("Manual", text="Ler antes.")

        self.assertEqual(self.queued_by(change), ["products", "rules", "support_documents"])

    def test_every_way_to_change_a_source_counts(self):
        product = self.product("Batom")
        category = self.env["product.category"].create({"name": "Lábios"})
        rule, document = self.rule("Trocas", "Até 7 dias."), self.document("Manual", text="Ler antes.")
        self.env.cr.precommit.clear()
        for change, expected in (
            (lambda: product.write({"description_sale": "Matte."}), ["products"]),
            (lambda: product.product_variant_id.write({"default_code": "B1"}), ["products"]),
            (lambda: product.action_archive(), ["products"]),
            (lambda: category.write({"name": "Boca"}), ["products"]),
            (lambda: product.unlink(), ["products"]),
            (lambda: rule.unlink(), ["rules"]),
            (lambda: document.write({"text": "Ler depois."}), ["support_documents"]),
            (lambda: document.unlink(), ["support_documents"]),
        ):
            self.assertEqual(self.queued_by(change), expected)

    def test_what_is_no_knowledge_queues_nothing(self):
        product = self.product("Batom")
        self.env.cr.precommit.clear()
        self.assertEqual(self.queued_by(lambda: product.write({"list_price": 10, "weight": 1})), [])
        self.assertEqual(self.queued_by(lambda: self.env["res.partner"].create({"name": "Maria"})), [])

    def test_the_cron_reconciles_every_collection(self):
        self.assertEqual(
            self.queued_by(self.env.ref("chatwootai_agent.cron_knowledge_reconcile").method_direct_trigger),
            ["products", "rules", "support_documents"],
        )

    def test_the_button_queues_and_brings_a_waiting_retry_forward(self):
        self.knowledge.with_delay(identity_key="chatwootai_knowledge:rules", eta=3600)._job_resync("rules")
        self.env.ref("chatwootai_agent.knowledge_rules").action_resync()
        jobs = self.env["queue.job"].search([("identity_key", "=", "chatwootai_knowledge:rules")])
        self.assertEqual((len(jobs), jobs.eta), (1, False))

    def test_a_person_who_reads_turns_may_press_the_button_and_no_other(self):
        user = new_test_user(self.env, "reader", groups="chatwootai_agent.group_agent_user")
        rows = self.knowledge.with_user(user).search([])
        self.assertEqual(len(rows), 3)
        with trap_jobs() as trap:
            rows.action_resync()
            trap.assert_jobs_count(3)
        stranger = new_test_user(self.env, "stranger", groups="base.group_user")
        with self.assertRaises(AccessError):
            rows.with_user(stranger).action_resync()
        with self.assertRaises(AccessError):
            rows.with_user(user).write({"message": "mine"})
