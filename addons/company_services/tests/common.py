"""A company with a profile, and for the sync a receiver on the loopback."""

from odoo.tests import TransactionCase
from odoo.tests.common import _super_send

from .receiver import Receiver

TOKEN = "abcdefghijkl-0123456789"


class ProfileCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "lang": "en_US", "tracking_disable": True})
        # The database's first company: the one the agents speak for.
        cls.company = cls.env["res.company"].search([], order="id", limit=1)
        cls.profile = cls.env["company.services.profile"]._of_company(cls.company)
        cls.profile.rule_ids.unlink()
        cls.profile.link_ids.unlink()
        cls.profile.document_ids.unlink()

    def rule(self, **values):
        return self.env["company.services.rule"].create(
            {"name": "Exchange", "description": "Within 7 days.", "profile_id": self.profile.id, **values}
        )

    def mark_synced(self):
        self.env.flush_all()
        self.profile.sync_state = "synced"

    def user(self, group, **values):
        return self.env["res.users"].create(
            {
                "name": group,
                "login": group,
                "email": f"{group}@example.com",
                "group_ids": [(6, 0, [self.env.ref(group).id])],
                "company_id": self.company.id,
                "company_ids": [(6, 0, [self.company.id])],
                **values,
            }
        )


class SyncCase(ProfileCase):
    @classmethod
    def _request_handler(cls, s, r, /, **kw):
        # Odoo's own compares the timeout with a number; this one is a pair, for connecting and for reading.
        assert r.url.startswith("http://127.0.0.1:"), r.url
        return _super_send(s, r, **kw)

    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.addCleanup(self.receiver.stop)
        self.configure(self.receiver.url)
        self.mark_synced()
        self.profile.sync_state = "not_synced"

    def configure(self, url, token=TOKEN):
        params = self.env["ir.config_parameter"].sudo()
        params.set_param("company_services.webhook_url", url)
        self.env["company.services.webhook"]._keep_token(token)
