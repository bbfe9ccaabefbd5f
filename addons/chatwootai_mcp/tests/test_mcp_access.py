"""Who is let in at the MCP endpoints, and what a key opens."""

from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged

from ..settings import get_keyring
from ..tenancy.tokens import mint_mcp_key, new_token_id
from .http_case import McpHttpCase

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@tagged("post_install", "-at_install")
class TestMcpAccess(McpHttpCase):
    def _denied(self, token, path=None):
        response = self.post(path or f"/mcp/{self.account_id}", PING, token)
        headers = {name: text for name, text in response.headers.items() if name not in ("Date", "Server")}
        return response.status_code, response.content, headers

    def test_every_credential_that_does_not_open_gets_the_same_answer(self):
        good = self.issue()
        other = mint_mcp_key(get_keyring(), "other", new_token_id())
        never_issued = mint_mcp_key(get_keyring(), self.account_id, new_token_id())
        revoked, expired, of_nobody = self.issue(), self.issue(days=1), self.issue(user=new_test_user(self.env, "gone"))
        self.key_of(revoked).action_revoke()
        self.key_of(expired).expires_on = fields.Datetime.now() - timedelta(seconds=1)
        self.key_of(of_nobody).user_id.active = False
        status, body, headers = self._denied(None)
        self.assertEqual((status, body), (401, b'{"error":"unauthorized"}'))
        self.assertEqual(headers["WWW-Authenticate"], 'Bearer realm="mcp"')
        for token, path in [
            ("nonsense", None),
            (good[:-1] + ("a" if good[-1] != "a" else "b"), None),
            (other, None),
            (good, "/mcp/other"),
            (good, "/mcp/no-such-tenant"),
            (good, f"/mcp/{self.account_id}/no-such-server"),
            (other, "/mcp"),
            (never_issued, None),
            (revoked, None),
            (expired, None),
            (of_nobody, None),
        ]:
            with self.subTest(token=token[:20], path=path):
                got_status, got_body, got_headers = self._denied(token, path)
                self.assertEqual((got_status, got_body), (status, body))
                self.assertEqual(got_headers, headers)

    def test_a_key_works_until_it_is_revoked(self):
        token = self.issue()
        self.assertEqual(self.rpc(token, "ping")["result"], {})
        self.key_of(token).action_revoke()
        self.assertEqual(self._denied(token)[0], 401)

    def test_an_odoo_api_key_opens_nothing_here(self):
        self.authenticate("admin", "admin")
        self.assertEqual(self._denied(None)[0], 401)
        api_key = (
            self.env["res.users.apikeys"]
            .with_user(self.env.ref("base.user_admin"))
            ._generate(None, "test", fields.Datetime.now() + timedelta(days=1))
        )
        self.assertEqual(self._denied(api_key)[0], 401)

    def test_a_key_reaches_only_its_servers(self):
        token = self.issue(servers=["mongodb"])
        names = {tool["name"] for tool in self.rpc(token, "tools/list")["result"]["tools"]}
        self.assertIn("get_agent_config", names)
        self.assertNotIn("search_records", names)
        error = self.rpc(token, "tools/call", {"name": "search_records", "arguments": {"model": "res.partner"}})[
            "error"
        ]
        self.assertEqual(error["code"], -32602)
        self.assertEqual(self._denied(token, f"/mcp/{self.account_id}/odoo")[0], 401)

    def test_a_servers_endpoint_has_only_its_tools(self):
        token = self.issue()
        for server, tool in [
            ("odoo", "search_records"),
            ("qdrant", "search_knowledge"),
            ("mongodb", "get_agent_config"),
        ]:
            path = f"/mcp/{self.account_id}/{server}"
            names = {found["name"] for found in self.rpc(token, "tools/list", path=path)["result"]["tools"]}
            self.assertIn(tool, names)
            self.assertEqual(names & {"search_records", "search_knowledge", "get_agent_config"}, {tool})

    def test_a_key_that_may_only_read_is_offered_no_tool_that_writes(self):
        names = {tool["name"] for tool in self.rpc(self.issue(), "tools/list")["result"]["tools"]}
        self.assertNotIn("send_message", names)
        names = {tool["name"] for tool in self.rpc(self.issue(write=True), "tools/list")["result"]["tools"]}
        self.assertIn("send_message", names)

    def test_a_call_runs_as_the_keys_user(self):
        user = new_test_user(self.env, "limited", groups="base.group_user")
        self.env["ir.rule"].create(
            {
                "name": "hide Casa Aurora",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": "[('name', '!=', 'Casa Aurora')]",
                "groups": [],
            }
        )
        found = self.call(self.issue(user=user), "search_records", model="res.partner", domain=[], limit=200)
        self.assertNotIn("Casa Aurora", [record["name"] for record in found["records"]])

    def test_another_account_is_refused_without_a_word_about_it(self):
        token = self.issue()
        refusals = {
            self.call(token, "search_records", path, model="res.partner", account_id=account)["error"]
            for path in (f"/mcp/{self.account_id}", "/mcp")
            for account in ("other", "no-such-tenant", "", 5, None)
        }
        self.assertEqual(refusals, {"account_id must be the account of your key."})

    def test_at_the_orchestrators_endpoint_the_account_must_be_named(self):
        result = self.call(self.issue(), "search_records", "/mcp", model="res.partner")
        self.assertFalse(result["success"])
        self.assertIn("account_id", result["error"])
        unknown = self.rpc(self.issue(), "tools/call", {"name": "no_such_tool", "arguments": {}}, "/mcp")
        self.assertEqual(unknown["error"]["code"], -32602)

    def test_a_key_notes_its_use(self):
        token = self.issue()
        self.rpc(token, "ping")
        self.env.invalidate_all()
        self.assertTrue(self.key_of(token).last_used_on)


@tagged("post_install", "-at_install")
class TestMcpTransport(McpHttpCase):
    def test_other_methods_are_refused_by_name(self):
        token = self.issue()
        for method in ("GET", "DELETE", "OPTIONS"):
            response = self.url_open(
                f"/mcp/{self.account_id}", method=method, headers={"Authorization": f"Bearer {token}"}
            )
            self.assertEqual((response.status_code, response.headers["Allow"]), (405, "POST"), method)

    def test_what_is_no_request_gets_the_right_code(self):
        token, path = self.issue(), f"/mcp/{self.account_id}"
        for body, status, code in [
            (b"{", 400, -32700),
            (b"[]", 400, -32600),
            (b"\xff", 400, -32700),
            (b"[" * 5000, 400, -32600),
            (b'{"jsonrpc":"2.0","id":1,"method":"nothing"}', 200, -32601),
            (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x\\u0000"}}', 400, -32600),
        ]:
            response = self.post(path, body, token)
            self.assertEqual((response.status_code, response.json()["error"]["code"]), (status, code), body[:40])
        response = self.post(path, PING, token, MCP_Protocol_Version="1999-01-01")
        self.assertEqual(response.status_code, 400)
        response = self.post(path, PING, token, Origin="https://evil.example")
        self.assertEqual(response.status_code, 403)
        response = self.post(path, b"x" * (1024 * 1024 + 1), token)
        self.assertEqual(response.status_code, 413)

    def test_a_notification_is_taken_without_a_body(self):
        body = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        response = self.post(f"/mcp/{self.account_id}", body, self.issue())
        self.assertEqual((response.status_code, response.content), (202, b""))

    def test_no_answer_sets_a_cookie_or_may_be_cached(self):
        response = self.post(f"/mcp/{self.account_id}", PING, self.issue())
        self.assertNotIn("Set-Cookie", response.headers)
        self.assertEqual(response.headers["Cache-Control"], "no-store")
