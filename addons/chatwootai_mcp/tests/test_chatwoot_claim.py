"""A Chatwoot account is connected by one tenant: what is claimed, refused, and given up."""

from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ..control import Control, Unreachable


@tagged("post_install", "-at_install")
class TestChatwootClaim(TransactionCase):
    def setUp(self):
        super().setUp()
        self.owners = {("https://chat.example", 7): "another"}
        self.startPatcher(patch.object(Control, "claim", self.claim))
        self.startPatcher(patch.object(Control, "give_up", self.give_up))
        self.connections = self.env["chatwootai.chatwoot.connection"]

    def claim(self, account_id, base_url, number):
        is_new = (base_url, number) not in self.owners
        return self.owners.setdefault((base_url, number), account_id), is_new

    def give_up(self, account_id, base_url, number):
        if self.owners.get((base_url, number)) == account_id:
            del self.owners[base_url, number]

    def connect(self, number, url="https://chat.example"):
        return self.connections.create({"base_url": url, "chatwoot_account": number, "user_token": "t"})

    def claimed(self):
        return {number for (url, number), owner in self.owners.items() if owner == self.env.cr.dbname}

    def test_another_tenants_account_is_refused_however_its_address_is_written(self):
        for url in ("https://chat.example", "https://CHAT.example/"):
            with self.assertRaises(ValidationError):
                self.connect(7, url)
        connection = self.connect(8)
        with self.assertRaises(ValidationError):
            connection.chatwoot_account = 7

    def test_what_no_connection_stands_for_is_given_up_once_that_is_certain(self):
        connection = self.connect(8)
        connection.chatwoot_account = 9
        self.assertEqual(self.claimed(), {8, 9})
        self.env.cr.postcommit.run()
        self.assertEqual(self.claimed(), {9})
        connection.unlink()
        self.env.cr.postcommit.run()
        self.assertEqual(self.claimed(), set())

    def test_a_connection_that_is_not_made_after_all_claims_nothing(self):
        self.connect(8)
        self.env.cr.postrollback.run()
        self.assertEqual(self.claimed(), set())

    def test_without_an_operators_database_accounts_are_free_and_with_one_that_is_down_they_wait(self):
        with patch.object(Control, "claim", side_effect=Unreachable):
            with patch.object(type(self.connections), "_has_control", return_value=False):
                self.assertTrue(self.connect(10))
            with (
                patch.object(type(self.connections), "_has_control", return_value=True),
                self.assertRaises(ValidationError),
            ):
                self.connect(11)

    def test_connections_made_before_anybody_kept_account_are_claimed_at_the_next_update(self):
        ours, theirs, archived = self.connect(8), self.connect(9), self.connect(10)
        archived.active = False
        self.owners = {("https://chat.example", 9): "another"}
        self.connections._claim_what_is_there()
        self.assertEqual(self.claimed(), {8})
        self.assertTrue(ours.active)
        self.assertFalse(theirs.active)
        self.assertIn("another company", theirs.test_result)
        self.assertEqual(self.env["chatwootai.alert"].search([("res_id", "=", theirs.id)]).kind, "cross_tenant")

    def test_one_that_was_archived_for_it_is_not_taken_up_again(self):
        theirs = self.connect(9)
        theirs.active = False
        self.owners = {("https://chat.example", 9): "another"}
        with self.assertRaises(ValidationError):
            theirs.active = True

    def test_an_update_while_nobody_can_be_asked_archives_nothing(self):
        ours = self.connect(8)
        with (
            patch.object(Control, "claim", side_effect=Unreachable),
            patch.object(type(self.connections), "_has_control", return_value=True),
            mute_logger("odoo.addons.chatwootai_mcp.models.chatwoot_claim"),
        ):
            self.connections._claim_what_is_there()
        self.assertTrue(ours.active)
