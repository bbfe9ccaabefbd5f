"""Knowledge at the tenant's limits: what still fits is indexed, what does not is told, and uploads are refused."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.chatwootai_mcp.control import Control
from odoo.addons.chatwootai_mcp.servers.usage_meter import meter
from odoo.addons.chatwootai_mcp.tenancy.quota import Limits

from .knowledge_common import KnowledgeCase


@tagged("post_install", "-at_install")
class TestKnowledgeLimits(KnowledgeCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(meter.forget, self.env.cr.dbname)

    def set_limits(self, **limits):
        self.startPatcher(patch.object(Control, "limits", lambda control, account_id: Limits(**limits)))

    def total(self):
        return self.env["chatwootai.usage"]._vectors()

    def limit_alerts(self):
        return self.env["chatwootai.alert"].search_count([("kind", "=", "quota_reached"), ("key", "like", "vectors")])

    def test_the_resync_stops_at_the_limit_says_so_and_goes_on_when_it_is_raised(self):
        before = self.limit_alerts()
        products = [self.product(f"Creme {number}") for number in range(5)]
        self.resync("products")
        limit = self.total() + 2
        self.set_limits(vectors=limit)
        for number in range(4):
            self.product(f"Sabonete {number}")
        products[0].name = "Creme de noite"
        self.resync("products")
        self.assertEqual(self.total(), limit)
        row = self.row("products")
        self.assertEqual((row.outcome, row.points), ("error", limit))
        self.assertIn("2", row.message)
        self.assertTrue(self.find("Creme de noite"), "what is there already is kept up to date")
        self.resync("products")
        self.assertEqual((self.total(), self.limit_alerts()), (limit, before + 1))
        self.set_limits(vectors=limit + 2)
        self.resync("products")
        self.assertEqual((self.row("products").outcome, self.total()), ("done", limit + 2))

    def test_a_document_beyond_the_limit_is_refused_when_it_is_uploaded(self):
        self.document("Trocas", kind="text", text="Trocas em sete dias.")
        self.set_limits(documents=self.env["chatwootai.usage"]._documents() + 1)
        self.document("Frete", kind="text", text="Frete em dois dias.")
        with self.assertRaises(UserError):
            self.document("Horário", kind="text", text="Das nove às seis.")
