"""A secret field never gives back what it stores, and loses it only when somebody means to."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.orm.model_classes import add_to_registry
from odoo.tests import Form, TransactionCase, tagged

from ..models.secret_field import MASK, Secret, read_secret


class Vault(models.Model):
    _name = "chatwootai.test.vault"
    _description = "A model with a secret, only for these tests"
    _module = "chatwootai_mcp"

    name = fields.Char()
    token = Secret()


class VaultSettings(models.TransientModel):
    _name = "chatwootai.test.vault.settings"
    _description = "A page with a related secret, only for these tests"
    _module = "chatwootai_mcp"

    vault_id = fields.Many2one("chatwootai.test.vault")
    token = Secret(related="vault_id.token", readonly=False)


@tagged("post_install", "-at_install")
class TestSecretField(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for model in (Vault, VaultSettings):
            add_to_registry(cls.registry, model)
        names = [Vault._name, VaultSettings._name]
        cls.registry._setup_models__(cls.env.cr, names)
        cls.registry.init_models(cls.env.cr, names, {"models_to_check": True})
        cls.addClassCleanup(cls._forget_models, names)
        cls.env = api.Environment(cls.env.cr, cls.env.uid, {})
        cls.vault = cls.env["chatwootai.test.vault"].create({"name": "V", "token": "s3cret"})

    @classmethod
    def _forget_models(cls, names):
        for name in names:
            for field in cls.registry.models[name]._fields.values():
                cls.registry.field_depends.pop(field, None)
            del cls.registry.models[name]
        cls.registry._setup_models__(cls.env.cr, names)

    def _column(self, record):
        self.env.flush_all()
        self.env.cr.execute("SELECT token FROM chatwootai_test_vault WHERE id = %s", [record.id])
        return self.env.cr.fetchone()[0]

    def test_reading_gives_the_mask_and_the_column_holds_ciphertext(self):
        self.assertEqual(self.vault.token, MASK)
        self.assertNotIn("s3cret", self._column(self.vault))
        self.vault.invalidate_recordset()
        self.assertEqual(self.vault.sudo().token, MASK)
        self.assertEqual(self.vault.read(["token"])[0]["token"], MASK)
        self.assertEqual(self.vault.search_read([("id", "=", self.vault.id)], ["token"])[0]["token"], MASK)
        self.assertEqual(self.vault.export_data(["token"])["datas"], [[MASK]])

    def test_the_server_reads_it_in_clear(self):
        self.assertEqual(read_secret(self.vault, "token"), "s3cret")
        with self.assertRaises(TypeError):
            read_secret(self.vault, "name")

    def test_writing_the_mask_leaves_it_and_false_clears_it(self):
        before = self._column(self.vault)
        self.vault.write({"token": MASK, "name": "W"})
        self.assertEqual(self._column(self.vault), before)
        self.vault.token = "an0ther"
        self.assertEqual(read_secret(self.vault, "token"), "an0ther")
        self.vault.token = False
        self.assertIsNone(read_secret(self.vault, "token"))
        self.assertFalse(self.vault.token)

    def test_a_form_that_does_not_touch_it_keeps_it(self):
        with Form(self.vault) as form:
            self.assertEqual(form.token, MASK)
            form.name = "W"
        self.assertEqual(read_secret(self.vault, "token"), "s3cret")
        with Form(self.vault) as form:
            form.token = "typed"
        self.assertEqual(read_secret(self.vault, "token"), "typed")

    def test_a_new_record_with_the_mask_holds_nothing(self):
        self.assertIsNone(read_secret(self.vault.create({"token": MASK}), "token"))

    def test_a_copy_has_no_secret(self):
        self.assertFalse(self.vault.copy().token)

    def test_it_cannot_be_searched_but_for_being_set(self):
        empty = self.vault.create({"name": "E"})
        self.assertEqual(self.vault.search([("token", "!=", False)]), self.vault)
        self.assertEqual(self.vault.search([("token", "=", False)]), empty)
        for domain in ([("token", "=", "s3cret")], [("token", "like", "s%")], [("token", "=like", "gAAAA%")]):
            with self.assertRaises(UserError):
                self.vault.search(domain)

    def test_a_settings_page_passes_on_what_was_typed_and_only_that(self):
        page = self.env["chatwootai.test.vault.settings"]
        page.create({"vault_id": self.vault.id, "token": MASK})
        self.assertEqual(read_secret(self.vault, "token"), "s3cret")
        page.create({"vault_id": self.vault.id, "token": "typed"})
        self.assertEqual(read_secret(self.vault, "token"), "typed")
        self.assertEqual(page.create({"vault_id": self.vault.id}).token, MASK)

    def test_ciphertext_of_another_server_is_refused_with_a_sentence(self):
        self.env.cr.execute("UPDATE chatwootai_test_vault SET token = 'gAAAAAnonsense' WHERE id = %s", [self.vault.id])
        self.vault.invalidate_recordset()
        with self.assertRaisesRegex(UserError, "enter it again"):
            read_secret(self.vault, "token")
