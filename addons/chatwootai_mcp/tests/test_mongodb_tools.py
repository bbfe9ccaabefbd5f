"""Configuration documents over MCP: which there are, and agent_config replaced after its schema was followed."""

from odoo.tests import tagged

from ..servers.configuration import store_snapshot
from .common import ToolCase


@tagged("post_install", "-at_install")
class TestMongodbTools(ToolCase):
    def setUp(self):
        super().setUp()
        self.writer = self.principal_of(self.agent, write=True)
        self.stores.documents.drop(self.account_id)
        self.stores.cache.drop(self.account_id)

    def save(self, config):
        return self.call("save_agent_config", self.writer, config=config)["version"]

    def listed(self):
        return {config.pop("config_type"): config for config in self.call("list_agent_configs")["configs"]}

    def test_it_lists_what_is_stored_in_which_version_and_since_when(self):
        self.assertEqual([config["stored"] for config in self.listed().values()], [False] * 3)
        metadata = {"company_name": "Aurora"}
        store_snapshot(self.account_id, {"account_id": self.account_id, "version": 7, "company_metadata": metadata})
        self.save({})
        listed = self.listed()
        self.assertEqual((listed["company_metadata"]["version"], listed["agent_config"]["version"]), (7, 1))
        self.assertEqual((listed["business_rules"]["stored"], listed["business_rules"]["documents"]), (True, 0))
        self.assertTrue(all(config["stored_at"].endswith("+00:00") for config in listed.values()))

    def test_a_saved_document_is_read_at_once(self):
        self.save({"instructions": "Seja breve."})
        read = self.call("get_agent_config", config_type="agent_config")["config"]
        self.assertEqual((read["instructions"], read["version"]), ("Seja breve.", 1))
        self.assertEqual(self.save({**read, "instructions": "Seja gentil."}), 2)
        again = self.call("get_agent_config", config_type="agent_config")["config"]
        self.assertEqual((again["instructions"], again["account_id"]), ("Seja gentil.", self.account_id))

    def test_a_change_of_an_old_version_is_refused(self):
        self.save({})
        read = self.call("get_agent_config", config_type="agent_config")["config"]
        self.save({"instructions": "Outra"})
        self.assertIn("Version 2", self.refusal("save_agent_config", self.writer, config=read))

    def test_a_document_that_does_not_follow_its_schema_changes_nothing(self):
        self.save({"instructions": "Boa"})
        for wrong, named in (
            ({"max_steps": 1000}, "max_steps"),
            ({"specialists": ["magic"]}, "specialists"),
            ({"llm": {"model": "m", "api_key": "sk-secret"}}, "api_key"),
            ({"unknown": 1}, "unknown"),
            ({"account_id": "someone-else"}, "account"),
        ):
            error = self.refusal("save_agent_config", self.writer, config=wrong)
            self.assertIn(named, error)
            self.assertNotIn("sk-secret", error)
        self.assertEqual(self.call("get_agent_config", config_type="agent_config")["config"]["instructions"], "Boa")

    def test_no_other_document_can_be_saved(self):
        for config_type in ("company_metadata", "business_rules"):
            self.refusal("save_agent_config", self.writer, config={"company_name": "X"}, config_type=config_type)
        self.assertFalse(self.listed()["company_metadata"]["stored"])

    def test_a_reading_key_saves_nothing(self):
        self.assertIn("write scope", self.refusal("save_agent_config", config={}))
        self.assertFalse(self.listed()["agent_config"]["stored"])
