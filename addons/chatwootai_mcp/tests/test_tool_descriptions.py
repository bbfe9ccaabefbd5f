"""What a model is told of the tools: enough to choose by, and short enough to be read on every turn."""

from odoo.tests import tagged

from ..controllers.tenant_server import TenantServer
from ..protocol.wire import to_json
from ..servers.orchestrator import get_orchestrator
from ..tenancy.principal import SERVERS
from .common import ToolCase

SERVER_LIMIT, TENANT_LIMIT = 12 * 1024, 28 * 1024


@tagged("post_install", "-at_install")
class TestToolDescriptions(ToolCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tools = list(get_orchestrator()._tools.values())

    def listed(self, server=None, names_account=False):
        admin = self.env.ref("base.user_admin")
        tenant = TenantServer(
            get_orchestrator(), self.principal_of(admin, write=True), self.env(user=admin), server, names_account
        )
        return len(to_json({"tools": [tool.to_wire() for tool in tenant.list_tools()]}).encode())

    def test_the_list_of_tools_is_short(self):
        for server in SERVERS:
            self.assertLessEqual(self.listed(server), SERVER_LIMIT, server)
        self.assertLessEqual(self.listed(), TENANT_LIMIT)
        self.assertLessEqual(self.listed(names_account=True), TENANT_LIMIT)

    def test_every_tool_says_what_it_is_for_and_takes_nothing_else(self):
        for tool in self.tools:
            with self.subTest(tool.name):
                self.assertTrue(tool.title)
                self.assertGreater(len(tool.description), 30)
                self.assertIs(tool.input_schema["additionalProperties"], False)
                self.assertIn("success", tool.output_schema["properties"])
                self.assertFalse(tool.read_only and tool.destructive)

    def test_no_argument_is_shown_as_that_or_null_but_null_is_taken(self):
        for tool in self.tools:
            for name, schema in tool.input_schema.get("properties", {}).items():
                self.assertNotIn({"type": "null"}, schema.get("anyOf", ()), f"{tool.name}.{name}")
        self.call("search_records", model="res.partner", fields=None, order=None, limit=None, lang=None)

    def test_arrays_say_what_they_hold_as_some_models_want_it(self):
        for tool in self.tools:
            for name, schema in tool.input_schema.get("properties", {}).items():
                if schema.get("type") == "array":
                    self.assertIn("items", schema, f"{tool.name}.{name}")

    def test_what_changes_or_deletes_is_said_to(self):
        destructive = {tool.name for tool in self.tools if tool.destructive and tool.server == "odoo"}
        self.assertEqual(destructive, {"update_record", "delete_record"})
        writing = {tool.name for tool in self.tools if not tool.read_only and tool.server == "odoo"}
        self.assertEqual(writing - destructive, {"create_record", "create_lead", "book_appointment"})
