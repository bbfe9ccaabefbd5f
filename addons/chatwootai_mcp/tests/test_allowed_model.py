"""The allow-list: a safe start for a shop, and what no list can open."""

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import TransactionCase, new_test_user, tagged

from ..models.allowed_model import SHOP_MODELS
from ..models.secret_field import Secret
from ..servers.odoo_allow_list import is_system_model

SYSTEM_MODELS = (
    "res.users",
    "res.users.apikeys",
    "res.groups",
    "ir.config_parameter",
    "ir.cron",
    "ir.attachment",
    "ir.rule",
    "ir.model.access",
    "ir.actions.server",
    "ir.mail_server",
    "mail.message",
    "mail.mail",
    "queue.job",
    "chatwootai.mcp.key",
    "chatwootai.chatwoot.connection",
    "res.config.settings",
)


@tagged("post_install", "-at_install")
class TestAllowedModel(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.allowed = cls.env["chatwootai.allowed.model"]

    def _entry(self, model):
        return self.allowed.with_context(active_test=False).search([("model", "=", model)])

    def test_a_shop_may_be_read_from_the_start_and_not_changed(self):
        for name in SHOP_MODELS:
            if name in self.env:
                found = self.allowed._allowed(name)
                self.assertTrue(found.read, name)
                self.assertFalse(found.create or found.write or found.unlink, name)
                self.assertIn("id", found.default_fields)

    def test_system_models_stay_closed_whatever_the_list_says(self):
        for name in SYSTEM_MODELS:
            self.assertTrue(is_system_model(name), name)
            if name not in self.env:
                continue
            with self.assertRaises(ValidationError, msg=name):
                self.allowed.create({"model_id": self.env["ir.model"]._get_id(name)})
        # Put on the list behind the ORM's back.
        self._entry("uom.uom").flush_recordset()
        self.env.cr.execute(
            "UPDATE chatwootai_allowed_model SET model_id = %s, model = 'res.users' WHERE model = 'uom.uom'",
            [self.env["ir.model"]._get_id("res.users")],
        )
        self.env.registry.clear_cache()
        self.assertIsNone(self.allowed._allowed("res.users"))

    def test_no_model_that_holds_a_secret_field_shows_it(self):
        for name, model in self.env.items():
            secrets = [field for field in model._fields.values() if isinstance(field, Secret)]
            if secrets and not self.allowed._is_closed(name):
                entry = self._entry(name) or self.allowed.create({"model_id": self.env["ir.model"]._get_id(name)})
                self.assertTrue(entry)
                self.assertFalse({field.name for field in secrets} & self.allowed._allowed(name).fields, name)

    def test_abstract_transient_and_unknown_models_are_not_there(self):
        for name in ("mail.thread", "base.language.install", "no.such.model", ""):
            self.assertIsNone(self.allowed._allowed(name), name)

    def test_a_model_off_the_list_is_closed_at_once(self):
        self.assertIsNotNone(self.allowed._allowed("res.partner"))
        self._entry("res.partner").active = False
        self.assertIsNone(self.allowed._allowed("res.partner"))
        self._entry("res.partner").active = True
        self.assertIsNotNone(self.allowed._allowed("res.partner"))
        self._entry("res.partner").unlink()
        self.assertIsNone(self.allowed._allowed("res.partner"))

    def test_what_was_taken_off_does_not_come_back_by_itself(self):
        self._entry("res.partner").unlink()
        self.allowed._add_shop_models()
        self.assertFalse(self._entry("res.partner"))

    def test_fields_are_those_chosen_or_all_that_are_safe(self):
        entry = self._entry("product.template")
        seen = self.allowed._allowed("product.template").fields
        self.assertIn("list_price", seen)
        self.assertFalse({"image_1920", "message_ids", "create_uid", "activity_ids"} & seen)
        entry.field_ids = self.env["ir.model.fields"]._get("product.template", "name")
        self.assertEqual(self.allowed._allowed("product.template").fields, {"id", "name"})
        with self.assertRaises(ValidationError):
            entry.field_ids = self.env["ir.model.fields"]._get("product.template", "image_1920")

    def test_people_without_the_role_cannot_touch_it(self):
        user = new_test_user(self.env, "curious")
        with self.assertRaises(AccessError):
            self._entry("res.partner").with_user(user).can_write = True

    def test_the_agent_may_compute_what_is_in_stock(self):
        if "stock.move" not in self.env:
            self.skipTest("Inventory is not installed")
        agent = self.env.ref("chatwootai_mcp.user_agent")
        self.assertTrue(self.env["stock.move"].with_user(agent).has_access("read"))
        self.assertFalse(self.env["stock.move"].with_user(agent).has_access("write"))
