"""What tests of our HTTP routes need: keys, requests in the test's transaction, stores of their own."""

import json
import tempfile
from pathlib import Path

from odoo.tests import HttpCase
from odoo.tests.common import TEST_CURSOR_COOKIE_NAME

from ..tenancy.principal import SERVERS
from .common import own_stores


class McpHttpCase(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.stores = own_stores(cls, Path(directory.name))
        cls.account_id = cls.env.cr.dbname
        cls.agent = cls.env.ref("chatwootai_mcp.user_agent")
        cls.env["res.partner"].create(
            {"name": "Casa Aurora", "is_company": True, "email": "oi@aurora.example", "phone": "+55 11 5555-0101"}
        )

    def issue(self, servers=SERVERS, write=False, days=None, user=None):
        return self.env["chatwootai.mcp.key"]._issue("test", user, servers, write, days)

    def key_of(self, token):
        return self.env["chatwootai.mcp.key"].search([("key_id", "=", token.split("_")[2])])

    def post(self, path, body, token=None, **headers):
        """The response to a JSON body (or to bytes as they are)."""
        sent = {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        return self.url_open(path, data=body if isinstance(body, bytes) else json.dumps(body).encode(), headers=sent)

    def rpc(self, token, method, params=None, path=None):
        """The JSON-RPC response to a request at the tenant's endpoint."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
        response = self.post(path or f"/mcp/{self.account_id}", body, token)
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()

    def call(self, token, tool, path=None, **arguments):
        """The structured result of a tool."""
        return self.rpc(token, "tools/call", {"name": tool, "arguments": arguments}, path)["result"][
            "structuredContent"
        ]

    def client_headers(self, token):
        """Headers for a client of its own, whose requests belong to this test. Use within ``allow_requests``."""
        return {
            "Authorization": f"Bearer {token}",
            "Cookie": f"{TEST_CURSOR_COOKIE_NAME}={self.http_request_key}",
        }
