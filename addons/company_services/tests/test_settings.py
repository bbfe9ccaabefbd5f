"""The webhook's address and token in the settings; the token goes in and never comes out."""

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import ProfileCase


@tagged("post_install", "-at_install")
class TestSettings(ProfileCase):
    def setUp(self):
        super().setUp()
        self.params = self.env["ir.config_parameter"].sudo()
        self.webhook = self.env["company.services.webhook"]
        self.webhook._keep_token("secret-token")

    def save(self, **values):
        settings = self.env["res.config.settings"].create(values)
        settings.execute()
        return settings

    def test_saving_keeps_the_address_and_the_token(self):
        self.save(company_services_webhook_url=" https://acme.example/chatwootai/config/acme ")
        self.assertEqual(
            self.params.get_param("company_services.webhook_url"), "https://acme.example/chatwootai/config/acme"
        )
        self.assertEqual(self.webhook._token(), "secret-token", "an empty field means unchanged")

    def test_a_new_token_replaces_the_old_one_and_stays_nowhere_else(self):
        settings = self.save(company_services_webhook_token="other-token")
        self.assertEqual(self.webhook._token(), "other-token")
        settings.invalidate_recordset()
        self.assertFalse(settings.company_services_webhook_token)
        self.assertFalse(settings._fields["company_services_webhook_token"].store)

    def test_the_form_never_gets_the_token(self):
        Settings = self.env["res.config.settings"]
        values = Settings.default_get(list(Settings._fields))
        self.assertNotIn("secret-token", str(values))
        self.assertTrue(Settings.new(values).company_services_has_token)

    def test_the_token_can_be_forgotten(self):
        self.save().action_company_services_forget_token()
        self.assertFalse(self.webhook._token())

    def test_an_address_that_is_none_is_refused(self):
        for url in ("acme.example", "https://user:password@acme.example"):
            with self.subTest(url), self.assertRaises(ValidationError):
                self.save(company_services_webhook_url=url)
