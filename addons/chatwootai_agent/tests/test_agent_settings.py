"""Whoever looks after the agents sets their model and answers, without being Odoo's administrator, and nothing else."""

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import Form, TransactionCase, new_test_user, tagged

from odoo.addons.chatwootai_mcp.models.secret_field import MASK, read_secret
from odoo.addons.queue_job.tests.common import trap_jobs


@tagged("post_install", "-at_install")
class TestAgentSettings(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(cls.env, "looks-after", groups="chatwootai_agent.group_agent_manager")
        cls.company = cls.env.company

    def page(self, user=None):
        settings = self.env["chatwootai.agent.settings"].with_user(user or self.manager)
        return settings.browse(settings.action_open()["res_id"])

    def test_a_manager_finds_the_page_and_saves_what_is_typed(self):
        self.assertIn(
            self.env.ref("chatwootai_agent.menu_agent_settings").id,
            self.env["ir.ui.menu"].with_user(self.manager)._visible_menu_ids(),
        )
        with trap_jobs(), Form(self.page()) as page:
            page.chatwootai_llm_model = "m-7"
            page.chatwootai_llm_api_key = "sk-typed"
            page.chatwootai_max_steps = 9
        self.assertEqual((self.company.chatwootai_llm_model, self.company.chatwootai_max_steps), ("m-7", 9))
        self.assertEqual(read_secret(self.company, "chatwootai_llm_api_key"), "sk-typed")
        with trap_jobs(), Form(self.page()) as page:
            self.assertEqual(page.chatwootai_llm_api_key, MASK)
            page.chatwootai_max_steps = 8
        self.assertEqual(read_secret(self.company, "chatwootai_llm_api_key"), "sk-typed")

    def test_the_stored_key_is_sent_to_no_other_server_than_it_was_typed_for(self):
        """Who looks after the agents may type a key, not read the one that is there."""
        with trap_jobs():
            self.company.write({"chatwootai_llm_base_url": False, "chatwootai_llm_api_key": "sk-stored"})
            for address, key in (
                ("https://api.openai.com/v2", "sk-stored"),
                ("https://api.openai.com.example/v1", None),
            ):
                with self.subTest(address), Form(self.page()) as page:
                    page.chatwootai_llm_base_url = address
                self.assertEqual(read_secret(self.company, "chatwootai_llm_api_key"), key)
            with Form(self.page()) as page:
                page.chatwootai_llm_base_url = "https://models.example/v1"
                page.chatwootai_llm_api_key = "sk-of-that-server"
        self.assertEqual(read_secret(self.company, "chatwootai_llm_api_key"), "sk-of-that-server")

    def test_nor_by_an_administrator_on_odoos_own_page_or_past_it(self):
        """The key may be the operator's, who typed it when the tenant was made."""
        administrator = new_test_user(self.env, "administers", groups="base.group_system")
        theirs = self.env["res.config.settings"].with_user(administrator)
        with trap_jobs():
            self.company.write({"chatwootai_llm_base_url": False, "chatwootai_llm_api_key": "sk-stored"})
            theirs.create({"chatwootai_llm_api_key": MASK, "chatwootai_llm_base_url": "https://api.openai.com/v2"})
            self.assertEqual(read_secret(self.company, "chatwootai_llm_api_key"), "sk-stored")
            theirs.create({"chatwootai_llm_api_key": MASK, "chatwootai_llm_base_url": "https://theirs.example/v1"})
            self.assertFalse(read_secret(self.company, "chatwootai_llm_api_key"))
            theirs.create({"chatwootai_llm_api_key": "sk-new", "chatwootai_llm_base_url": "https://new.example/v1"})
            self.assertEqual(read_secret(self.company, "chatwootai_llm_api_key"), "sk-new")
            self.company.with_user(administrator).write({"chatwootai_llm_base_url": "https://theirs.example/v1"})
        self.assertFalse(read_secret(self.company, "chatwootai_llm_api_key"))
        rows = self.env["chatwootai.audit"].search([("actor", "=", f"user:{administrator.id}")]).mapped("arguments")
        self.assertEqual(rows.count('{"chatwootai_llm_api_key": ["***", null]}'), 2, "of the key, too, it is told")

    def test_whoever_names_another_server_is_told_that_the_key_must_be_typed_again(self):
        with trap_jobs():
            self.company.write({"chatwootai_llm_base_url": False, "chatwootai_llm_api_key": "sk-stored"})
        for address, warned in (("https://api.openai.com/v2", False), ("https://other.example/v1", True)):
            told = self.page().onchange({"chatwootai_llm_base_url": address}, ["chatwootai_llm_base_url"], {})
            self.assertEqual("warning" in told, warned, address)

    def test_a_manager_has_the_model_tested_from_it(self):
        with trap_jobs() as jobs:
            self.page().action_chatwootai_test_llm()
            jobs.assert_jobs_count(1, only=self.company._job_chatwootai_test_llm)
        self.assertEqual(self.page().chatwootai_llm_check_state, "running")

    def test_a_test_whose_job_is_gone_can_be_asked_for_again(self):
        """Cancelled in the queue, or killed too often: nothing then tells the page that it ended."""
        form = etree.fromstring(self.page().get_view()["arch"])
        [button] = form.iterfind(".//button[@name='action_chatwootai_test_llm']")
        self.assertFalse(button.get("invisible"))

    def test_it_writes_neither_another_company_nor_what_is_not_on_it(self):
        other, name = self.env["res.company"].create({"name": "Other"}), self.company.name
        with trap_jobs():
            page = self.page()
            page.write({"company_id": other.id, "chatwootai_max_steps": 7, "chatwootai_llm_check_message": "mine"})
            self.assertEqual(page.company_id, self.company)
            self.assertEqual(self.company.chatwootai_max_steps, 7)
            self.assertNotEqual(self.company.chatwootai_llm_check_message, "mine")
            with self.assertRaises(AccessError):
                self.company.with_user(self.manager).write({"chatwootai_max_steps": 5})
        self.assertEqual(self.company.name, name)

    def test_others_cannot_open_it(self):
        for groups in ("base.group_user", "chatwootai_agent.group_agent_user", "chatwootai_mcp.group_mcp_manager"):
            user = new_test_user(self.env, groups, groups=groups)
            with self.subTest(groups), self.assertRaises(AccessError):
                self.page(user)
        page = self.page()
        with self.assertRaises(AccessError):
            page.with_user(user).write({"chatwootai_max_steps": 7})
