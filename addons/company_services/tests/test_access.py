"""Who may read, edit and synchronise."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import SyncCase


@tagged("post_install", "-at_install")
class TestAccess(SyncCase):
    def test_others_see_nothing(self):
        outsider = new_test_user(self.env, "outsider", groups="base.group_user")
        for model in ("profile", "rule", "document", "link"):
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[f"company.services.{model}"].with_user(outsider).search([])

    def test_users_read_and_change_nothing(self):
        reader = self.user("company_services.group_company_services_user")
        rule = self.rule().with_user(reader)
        profile = self.profile.with_user(reader)
        self.assertEqual((rule.name, profile.tone), ("Exchange", self.profile.tone))
        for forbidden in (
            lambda: rule.write({"name": "Other"}),
            lambda: rule.unlink(),
            lambda: profile.write({"tone": "formal"}),
            lambda: profile.action_synchronise(),
            lambda: profile.action_edit_opening_hours(),
        ):
            with self.assertRaises(AccessError):
                forbidden()
        self.assertFalse(self.receiver.posts)

    def test_managers_edit_and_synchronise_without_being_administrators(self):
        manager = self.user("company_services.group_company_services_manager")
        profile = self.profile.with_user(manager)
        profile.write({"tone": "formal", "tz": "Asia/Tokyo"})
        self.rule().with_user(manager).write({"name": "Other"})
        dialog = self.env["company.services.opening.hours"].with_user(manager)
        dialog.browse(profile.action_edit_opening_hours()["res_id"]).action_apply()
        profile.action_synchronise()
        profile._job_sync()
        self.assertEqual(profile.sync_state, "synced")

    def test_managers_change_the_company_only_as_its_administrators(self):
        manager = self.user("company_services.group_company_services_manager")
        profile = self.profile.with_user(manager)
        self.assertFalse(profile.can_edit_company)
        with self.assertRaises(AccessError):
            profile.street = "Rua XV"
        manager.group_ids += self.env.ref("base.group_erp_manager") + self.env.ref("base.group_partner_manager")
        self.assertTrue(profile.can_edit_company)
        profile.street = "Rua XV"
        self.assertEqual(self.company.street, "Rua XV")

    def test_no_one_makes_or_deletes_profiles(self):
        manager = self.user("company_services.group_company_services_manager")
        with self.assertRaises(AccessError):
            self.profile.with_user(manager).unlink()

    def test_other_companies_are_hidden(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self.rule(profile_id=self.env["company.services.profile"]._of_company(other).id)
        manager = self.user("company_services.group_company_services_manager")
        self.assertNotIn(theirs, self.env["company.services.rule"].with_user(manager).search([]))
        with self.assertRaises(AccessError):
            theirs.profile_id.with_user(manager).write({"tone": "formal"})

    def test_the_token_is_no_managers_business(self):
        manager = self.user("company_services.group_company_services_manager")
        with self.assertRaises(AccessError):
            self.env["ir.config_parameter"].with_user(manager).search_read([], ["value"])

    def test_the_administrator_is_a_manager(self):
        self.assertTrue(self.env.ref("base.user_admin").has_group("company_services.group_company_services_manager"))
