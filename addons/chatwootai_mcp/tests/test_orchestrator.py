"""The one way in: who may call what, and what a failure says."""

import time
from typing import Annotated
from unittest.mock import patch

from pydantic import AfterValidator

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..servers import quota_gate
from ..servers.alert_trail import alerts
from ..servers.audit_trail import trail
from ..servers.orchestrator import Orchestrator, UnknownTool, get_orchestrator
from ..servers.tool import Tool, ToolError, tool
from ..tenancy.quota import Limits
from .common import ToolCase


@tool("odoo", title="Fail", read_only=True, returns={})
def fail(call, how: str) -> dict:
    """Fails as it is told."""
    if how == "tool":
        raise ToolError("say which")
    if how == "user":
        raise UserError("Odoo's own sentence")
    if how == "sql":
        call.env.cr.execute("SELECT secret_column FROM no_such_table")
    raise RuntimeError("password=hunter2")


@tool("odoo", title="Write then fail", returns={})
def write_then_fail(call) -> dict:
    """Writes, then fails."""
    call.env["res.partner"].sudo().create({"name": "Half written"})
    raise ToolError("no")


@tagged("post_install", "-at_install")
class TestOrchestrator(ToolCase):
    def setUp(self):
        super().setUp()
        self.failing = Orchestrator([fail, write_then_fail], lambda: self.stores)

    def fail(self, how):
        outcome = self.failing.call(self.principal, "fail", {"how": how}, env=self.env(user=self.agent))
        self.assertTrue(outcome.is_error)
        return outcome.result["error"]

    def test_a_call_may_carry_its_own_account_and_no_other(self):
        self.call("list_collections", account_id=self.account_id)
        for other in ("someone-else", "", None, 5, [self.account_id]):
            self.assertIn("account of your key", self.refusal("list_collections", account_id=other))

    def test_a_key_sees_and_reaches_only_its_servers(self):
        principal = self.principal_of(self.agent, servers=["qdrant"])
        names = {tool.name for tool in get_orchestrator().list_tools(principal)}
        self.assertIn("search_knowledge", names)
        self.assertNotIn("search_records", names)
        with self.assertRaises(UnknownTool):
            self.outcome("search_records", principal, model="res.partner")

    def test_a_tool_is_not_found_on_another_server(self):
        with self.assertRaises(UnknownTool):
            get_orchestrator().call(self.principal, "search_records", {"model": "res.partner"}, server="qdrant")

    def test_a_reading_key_writes_nothing(self):
        names = {tool.name for tool in get_orchestrator().list_tools(self.principal)}
        self.assertNotIn("send_message", names)
        self.assertIn("write scope", self.refusal("send_message", conversation_id=1, content="Olá"))

    def test_wrong_arguments_are_named(self):
        self.assertIn("model", self.refusal("search_records"))
        self.assertIn("modelo", self.refusal("search_records", modelo="res.partner"))
        self.assertIn("limit", self.refusal("search_records", model="res.partner", limit="many"))

    def test_null_is_as_if_left_out(self):
        principal = self.principal_of(self.agent, write=True)
        for arguments in ({}, {"assignee_id": None}, {"team_id": None}):
            given = {"conversation_id": 1, **arguments}
            outcome = get_orchestrator().call(principal, "assign", given, env=self.env(user=self.agent))
            self.assertIn("assignee_id or team_id", outcome.result["error"])

    def test_a_tool_is_not_declared_with_a_bound_that_chokes_on_null(self):
        with self.assertRaises(TypeError):

            @tool("odoo", title="Wrong", returns={})
            def wrong(call, number: Annotated[int | None, AfterValidator(abs)] = None) -> dict:
                """It would fail where a caller gives null."""

    def test_whatever_fails_on_the_way_is_an_answer(self):
        with (
            patch.object(Tool, "parse", side_effect=RuntimeError("hunter2")),
            self.assertLogs("odoo.addons.chatwootai_mcp.servers.orchestrator", "ERROR"),
        ):
            self.assertNotIn("hunter2", self.refusal("search_records", model="res.partner"))

    def test_a_failure_says_what_a_caller_can_act_on_and_nothing_else(self):
        self.assertEqual(self.fail("tool"), "say which")
        self.assertEqual(self.fail("user"), "Odoo's own sentence")
        with self.assertLogs("odoo.addons.chatwootai_mcp.servers.orchestrator", "ERROR"):
            self.assertNotIn("hunter2", self.fail("bug"))

    def test_sql_never_reaches_the_caller(self):
        with self.assertLogs("odoo.addons.chatwootai_mcp.servers.orchestrator", "ERROR"), self.muted_sql():
            error = self.fail("sql")
        self.assertNotIn("no_such_table", error)
        self.assertIn("log", error)

    def muted_sql(self):
        from odoo.tools import mute_logger

        return mute_logger("odoo.sql_db")

    def test_what_a_failing_tool_wrote_is_undone(self):
        principal = self.principal_of(self.agent, write=True)
        outcome = self.failing.call(principal, "write_then_fail", {}, env=self.env(user=self.agent))
        self.assertTrue(outcome.is_error)
        self.assertFalse(self.env["res.partner"].search([("name", "=", "Half written")]))

    def test_a_tenant_at_its_limit_is_told_when_to_try_again(self):
        class OneCall:
            def limits(self, account_id):
                return Limits(calls_per_minute=1)

        self.stores.cache.drop(self.account_id)  # what other tests have taken
        now = time.monotonic()
        with patch.object(quota_gate, "get_control", OneCall), patch.object(self.stores.cache, "_clock", lambda: now):
            self.call("list_collections")
            self.assertIn("60 seconds", self.refusal("list_collections"))

    def test_calls_that_name_no_tool_or_are_malformed_count_towards_the_limit(self):
        class FewCalls:
            def limits(self, account_id):
                return Limits(calls_per_minute=2)

        self.stores.cache.drop(self.account_id)  # what other tests have taken
        with patch.object(quota_gate, "get_control", FewCalls):
            with self.assertRaises(UnknownTool):
                self.outcome("no_such_tool")
            self.refusal("search_records", model=["not a text"])
            self.assertIn("2 calls a minute", self.refusal("no_such_tool"))

    def test_every_call_is_audited_with_its_outcome(self):
        self.registry_enter_test_mode()  # the trail writes through cursors of its own
        trail.flush()
        before = self.env["chatwootai.audit"].search_count([])
        self.call("search_records", model="res.partner", domain=[["email", "=", "ana@example.com"]])
        self.refusal("search_records", model="ir.config_parameter")
        trail.flush()
        rows = self.env["chatwootai.audit"].search([], order="id desc", limit=2)
        self.assertEqual(self.env["chatwootai.audit"].search_count([]), before + 2)
        self.assertEqual(sorted(rows.mapped("outcome")), ["error", "success"])
        self.assertNotIn("ana@example.com", str(rows.read()))

    def test_calls_beyond_a_keys_servers_and_of_no_tool_are_audited_though_the_caller_sees_no_difference(self):
        self.registry_enter_test_mode()
        told = []
        for name, principal in (
            ("search_records", self.principal_of(self.agent, servers=("qdrant",))),
            ("no_such_tool", self.principal),
        ):
            with self.assertRaises(UnknownTool) as refusal:
                self.outcome(name, principal)
            told.append(str(refusal.exception).replace(name, ""))
        self.assertEqual(*told)
        trail.flush()
        rows = self.env["chatwootai.audit"].search([], order="id desc", limit=2)
        self.assertEqual(rows.mapped("tool"), ["no_such_tool", "search_records"])
        self.assertEqual(rows.mapped("outcome"), ["error", "refused"])

    def test_a_call_that_names_another_account_alerts(self):
        self.registry_enter_test_mode()
        alerts.forget(self.account_id)  # what other tests raised
        for _time in range(3):
            self.assertIn("account_id", self.refusal("search_records", account_id="globex", model="res.partner"))
        alerts.flush()
        alert = self.env["chatwootai.alert"].search([("kind", "=", "cross_tenant")])
        self.assertEqual((alert.count, alert.key), (3, "key:test"))
