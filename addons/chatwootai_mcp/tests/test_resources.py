"""The tenant's documents as resources, over HTTP: for keys of their server, for their own account, and audited."""

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..servers.audit_trail import trail
from ..servers.configuration import store_snapshot
from ..stores.errors import StoreUnavailable
from .http_case import McpHttpCase

TEMPLATE = "chatwootai://{}/config/{{config_type}}"


@tagged("post_install", "-at_install")
class TestResources(McpHttpCase):
    def setUp(self):
        super().setUp()
        metadata = {"company_name": "Aurora", "style": {"greeting": "Olá!"}}
        store_snapshot(self.account_id, {"account_id": self.account_id, "version": 1, "company_metadata": metadata})
        self.key = self.issue()

    def uri(self, name, account_id=None):
        return f"chatwootai://{account_id or self.account_id}/config/{name}"

    def uris(self, key, path=None):
        listed = self.rpc(key, "resources/list", path=path)["result"]["resources"]
        return {resource["uri"] for resource in listed}

    def complete(self, value, argument="config_type"):
        ref = {"type": "ref/resource", "uri": TEMPLATE.format(self.account_id)}
        return self.rpc(self.key, "completion/complete", {"ref": ref, "argument": {"name": argument, "value": value}})

    def test_the_configuration_is_listed_and_read(self):
        self.assertIn(self.uri("company_metadata"), self.uris(self.key))
        [content] = self.rpc(self.key, "resources/read", {"uri": self.uri("company_metadata")})["result"]["contents"]
        self.assertEqual((content["uri"], content["mimeType"]), (self.uri("company_metadata"), "application/json"))
        self.assertIn('"Aurora"', content["text"])

    def test_templates_name_the_argument_and_complete_it(self):
        templates = self.rpc(self.key, "resources/templates/list")["result"]["resourceTemplates"]
        self.assertIn(TEMPLATE.format(self.account_id), {template["uriTemplate"] for template in templates})
        self.assertEqual(self.complete("comp")["result"]["completion"]["values"], ["company_metadata"])
        self.assertEqual(self.complete("", argument="other")["error"]["code"], -32602)

    def test_another_accounts_address_and_one_that_is_none_read_alike(self):
        errors = set()
        for uri in (
            self.uri("company_metadata", "someone-else"),
            self.uri("nothing"),
            self.uri(""),
            self.uri("company_metadata/"),
            "file:///etc/passwd",
        ):
            error = self.rpc(self.key, "resources/read", {"uri": uri})["error"]
            errors.add((error["code"], error["message"].replace(uri, "")))
        self.assertEqual(len(errors), 1)

    def test_a_document_that_was_never_stored_is_not_there(self):
        self.assertIn("error", self.rpc(self.key, "resources/read", {"uri": self.uri("agent_config")}))

    def test_a_key_without_the_server_sees_no_configuration(self):
        key = self.issue(servers=["odoo", "qdrant"])
        self.assertFalse([uri for uri in self.uris(key) if "/config/" in uri])
        self.assertIn("error", self.rpc(key, "resources/read", {"uri": self.uri("company_metadata")}))
        only_odoo = self.issue(servers=["odoo"])
        started = self.rpc(
            only_odoo,
            "initialize",
            {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
        )
        self.assertEqual(set(started["result"]["capabilities"]), {"tools"})

    def test_a_servers_endpoint_offers_its_own(self):
        account = self.account_id
        self.assertFalse(self.uris(self.key, f"/mcp/{account}/odoo"))
        self.assertIn(self.uri("business_rules"), self.uris(self.key, f"/mcp/{account}/mongodb"))

    def test_reading_is_audited(self):
        self.rpc(self.key, "resources/read", {"uri": self.uri("company_metadata")})
        trail.flush()
        row = self.env["chatwootai.audit"].search([("tool", "=", "resources/read")], limit=1, order="id desc")
        self.assertEqual((row.server, row.outcome), ("mongodb", "success"))
        self.assertIn("company_metadata", row.arguments)

    @mute_logger("odoo.http")
    def test_a_store_that_is_down_is_named_and_takes_nothing_else_with_it(self):
        def down(*_):
            raise StoreUnavailable("MongoDB can't be used now.")

        self.patch(type(self.stores.documents), "get", down)
        error = self.rpc(self.key, "resources/read", {"uri": self.uri("company_metadata")})["error"]
        self.assertEqual(error["message"], "MongoDB can't be used now.")
        self.assertIn("result", self.rpc(self.key, "resources/list"))

    def test_a_cursor_that_is_none_is_an_error(self):
        for cursor in ("x", "7", "-100", "100"):
            self.assertEqual(self.rpc(self.key, "resources/list", {"cursor": cursor})["error"]["code"], -32602)
