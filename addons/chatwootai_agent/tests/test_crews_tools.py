"""Both ways to the tools keep one contract: in this process, and over HTTP with a key."""

import requests

from odoo.tests import tagged

from odoo.addons.chatwootai_mcp.stores.schemas import AgentConfig, Snapshot
from odoo.addons.chatwootai_mcp.tests.http_case import McpHttpCase

from ..crews.errors import ToolsUnreachable
from ..crews.in_process import CREW_SERVERS, InProcessTools, principal_of_agent
from ..crews.llm_settings import LLMSettings
from ..crews.tool_client import HttpTools
from ..crews.tools import visible_arguments
from ..crews.whatsapp import WhatsAppCrew


@tagged("post_install", "-at_install")
class TestCrewsTools(McpHttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["product.product"].create({"name": "Sérum Contrato", "list_price": 31.5, "sale_ok": True})
        snapshot = {
            "account_id": cls.account_id,
            "version": 1,
            "company_metadata": {"company_name": "Contrato Ltda", "services": {"sales": True}},
            "business_rules": [{"rule_id": 1, "name": "Troca", "description": "Em 7 dias.", "kind": "permanent"}],
        }
        cls.stores.documents.replace_snapshot(cls.account_id, Snapshot.model_validate(snapshot))
        cls.stores.documents.save_agent_config(cls.account_id, AgentConfig(specialists=["sales"]))

    def clients(self):
        """Each client by name, in a state in which it may be used."""
        self.env.flush_all()  # a call in process has a cursor, and a cache, of its own
        yield "in process", InProcessTools(principal_of_agent(self.env))
        token = self.issue(servers=sorted(CREW_SERVERS))
        with self.allow_requests():
            session = requests.Session()
            session.headers.update(self.client_headers(token))
            yield "http", HttpTools(f"{self.base_url()}/mcp", token, session=session)

    def each(self):
        for name, client in self.clients():
            with self.subTest(client=name):
                yield client

    def test_the_founding_documents_call_gives_the_configuration(self):
        for client in self.each():
            arguments = {"account_id": self.account_id, "config_type": "company_metadata"}
            answer = client.call_tool("get_agent_config", arguments)
            self.assertTrue(answer["success"])
            self.assertEqual(answer["config"]["company_name"], "Contrato Ltda")
            rules = client.call_tool("get_agent_config", {**arguments, "config_type": "business_rules"})["config"]
            self.assertEqual([rule["name"] for rule in rules], ["Troca"])

    def test_a_tool_finds_what_odoo_holds_now(self):
        for client in self.each():
            answer = client.call_tool("find_products", {"account_id": self.account_id, "query": "Contrato"})
            self.assertEqual([product["price"] for product in answer["products"]], [31.5])

    def test_failures_are_answers(self):
        for client in self.each():
            for name, arguments, said in (
                ("get_agent_config", {"account_id": "rival", "config_type": "agent_config"}, "account"),
                ("get_agent_config", {"account_id": self.account_id, "config_type": "nope"}, "config_type"),
                ("find_products", {"account_id": self.account_id}, "query"),
                ("no_such_tool", {"account_id": self.account_id}, "no_such_tool"),
                ("send_message", {"account_id": self.account_id, "conversation_id": 1, "content": "x"}, ""),
            ):
                answer = client.call_tool(name, arguments)
                self.assertIs(answer["success"], False, name)
                self.assertIn(said, answer["error"])
                self.assertNotIn("Traceback", answer["error"])

    def test_the_tools_of_an_agent_are_offered_with_schemas_it_can_use(self):
        for client in self.each():
            offered = {tool.name: tool for tool in client.list_tools()}
            for name in ("find_products", "search_knowledge", "active_business_rules"):
                self.assertTrue(offered[name].description)
                fields = visible_arguments(offered[name]).model_fields
                self.assertFalse({"account_id", "partner_id"} & fields.keys())
            self.assertIn("query", visible_arguments(offered["find_products"]).model_fields)

    def test_a_crew_is_made_from_either(self):
        for client in self.each():
            crew = WhatsAppCrew(self.account_id, tools=client, llm=LLMSettings("m"))
            self.assertEqual(crew.specialists, ["sales"])
            self.assertEqual(crew.config["company_name"], "Contrato Ltda")

    def test_a_wrong_key_is_no_answer_of_a_tool(self):
        client = HttpTools(f"{self.base_url()}/mcp", "cwai_wrong")
        with self.allow_requests(), self.assertRaises(ToolsUnreachable) as refused:
            client.call_tool("get_agent_config", {"account_id": self.account_id, "config_type": "agent_config"})
        self.assertFalse(refused.exception.retryable)

    def test_the_crew_of_the_founding_document_needs_only_the_account(self):
        self.env.company.write({"chatwootai_llm_model": "m", "chatwootai_llm_api_key": "sk-x"})
        self.env.flush_all()
        crew = WhatsAppCrew(self.account_id)
        self.assertEqual(crew.config["company_name"], "Contrato Ltda")
        self.assertEqual((crew.llm.model, crew.llm.api_key), ("m", "sk-x"))

    def test_the_agents_principal_may_only_look_up(self):
        principal = principal_of_agent(self.env, actor="turn:7", conversation_id=3)
        self.assertFalse(principal.write)
        self.assertNotIn("chatwoot", principal.servers)
        self.assertEqual(principal.user_id, self.env.ref("chatwootai_mcp.user_agent").id)
        self.assertFalse(self.env["res.users"].browse(principal.user_id).has_group("base.group_system"))
