"""The token by which the configuration is posted lies encrypted in the database."""

from unittest.mock import patch

from odoo.tests import TransactionCase, tagged

from odoo.addons.chatwootai_mcp.tenancy.keyring import Keyring

from ..models import configuration_webhook

PARAMETER = "company_services.webhook_token"


@tagged("post_install", "-at_install")
class TestConfigurationWebhook(TransactionCase):
    def setUp(self):
        super().setUp()
        self.webhook = self.env["company.services.webhook"]

    def stored(self):
        return self.env["ir.config_parameter"].get_param(PARAMETER)

    def test_the_token_is_stored_encrypted_and_read_back_by_the_sync(self):
        self.env["res.config.settings"].create({"company_services_webhook_token": " t0ken "}).execute()
        self.assertNotIn("t0ken", self.stored())
        self.assertEqual(self.env["company.services.profile"]._sync_target()[1], "t0ken")

    def test_one_that_was_stored_in_clear_is_encrypted_by_the_upgrade_once(self):
        self.env["ir.config_parameter"].set_param(PARAMETER, "from-before")
        self.webhook.init()
        sealed = self.stored()
        self.assertNotIn("from-before", sealed)
        self.webhook.init()
        self.assertEqual(self.stored(), sealed)
        self.assertEqual(self.webhook._token(), "from-before")

    def test_one_of_a_secret_that_is_gone_is_none(self):
        self.webhook._keep_token("t0ken")
        with (
            patch.object(configuration_webhook, "get_keyring", return_value=Keyring(["n" * 40])),
            self.assertLogs(configuration_webhook.__name__, "WARNING"),
        ):
            self.assertEqual(self.webhook._token(), "")
