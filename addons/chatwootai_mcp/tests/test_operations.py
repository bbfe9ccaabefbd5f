"""The routes for company_services and for the operator's monitoring."""

import json
import os
import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import config

from ..control import Control
from ..servers import metrics, queue_status
from ..servers.usage_meter import meter
from ..settings import get_keyring
from ..stores.errors import StoreUnavailable
from ..tenancy.account import ConfigType
from ..tenancy.quota import Limits
from ..tenancy.tokens import METRICS_AUDIENCE, config_audience, mint_webhook_token, new_token_id, tenant_audience
from .http_case import McpHttpCase


@tagged("post_install", "-at_install")
class TestConfigurationWebhook(McpHttpCase):
    def setUp(self):
        super().setUp()
        self.stores.documents.drop(self.account_id)
        self.path = f"/chatwootai/config/{self.account_id}"
        self.token_id = new_token_id()
        self.token = mint_webhook_token(get_keyring(), config_audience(self.account_id), self.token_id)
        self.env["ir.config_parameter"].set_param("chatwootai_mcp.config_token_id", self.token_id)

    def snapshot(self, version=1, **changes):
        rule = {"rule_id": 1, "name": "Returns", "description": "Within 7 days.", "kind": "permanent"}
        metadata = {"company_name": "Casa Aurora"}
        return {
            "account_id": self.account_id,
            "version": version,
            "company_metadata": metadata,
            "business_rules": [rule],
        } | changes

    def test_a_snapshot_is_stored_as_a_whole_and_seen_by_the_tools_at_once(self):
        key = self.issue()
        self.assertFalse(self.call(key, "get_agent_config", config_type="business_rules")["success"])
        response = self.post(self.path, self.snapshot(), self.token)
        self.assertEqual((response.status_code, response.json()), (200, {"success": True, "version": 1}))
        self.assertEqual(
            [rule["name"] for rule in self.call(key, "get_agent_config", config_type="business_rules")["config"]],
            ["Returns"],
        )
        self.post(self.path, self.snapshot(2, business_rules=[]), self.token)
        self.assertEqual(self.call(key, "get_agent_config", config_type="business_rules")["config"], [])

    def test_an_older_version_is_refused_and_changes_nothing(self):
        self.post(self.path, self.snapshot(5), self.token)
        response = self.post(self.path, self.snapshot(4, company_metadata={"company_name": "Old"}), self.token)
        self.assertEqual((response.status_code, response.json()["success"]), (409, False))
        self.assertEqual(response.json()["version"], 5)
        stored = self.stores.documents.get(self.account_id, ConfigType.COMPANY_METADATA)
        self.assertEqual(stored["company_name"], "Casa Aurora")

    def test_more_rules_than_the_tenant_may_have_documents_are_refused_and_fewer_always_pass(self):
        [rule] = self.snapshot()["business_rules"]
        rules = [rule | {"rule_id": number} for number in range(1, 5)]
        self.post(self.path, self.snapshot(1, business_rules=rules[:2]), self.token)
        held = self.env["chatwootai.usage"]._documents()
        self.addCleanup(meter.forget, self.account_id)
        with patch.object(Control, "limits", lambda control, account_id: Limits(documents=held + 1)):
            response = self.post(self.path, self.snapshot(2, business_rules=rules), self.token)
            self.assertEqual((response.status_code, response.json()["success"]), (422, False))
            self.assertIn(f"{held + 2}", response.json()["error"])
            self.assertEqual(
                self.post(self.path, self.snapshot(2, business_rules=rules[:3]), self.token).status_code, 200
            )
        with patch.object(Control, "limits", lambda control, account_id: Limits(documents=0)):
            self.assertEqual(
                self.post(self.path, self.snapshot(3, business_rules=rules[:1]), self.token).status_code, 200
            )
            self.assertEqual(
                self.post(self.path, self.snapshot(4, business_rules=rules[:2]), self.token).status_code, 422
            )

    def test_who_sent_what_is_in_the_audit_stored_or_not(self):
        """Whoever has the token could tell the agents anything, past the company's own screens."""
        audit = self.env["chatwootai.audit"]
        before = audit.search([])
        for body in (self.snapshot(5), self.snapshot(4), self.snapshot(6, company_metadata={}), b"{"):
            self.post(self.path, body, self.token)
        rows = (audit.search([]) - before).sorted("id")
        self.assertEqual(
            [(row.kind, row.tool, row.outcome, row.actor) for row in rows],
            [
                ("configuration", "snapshot", outcome, "address:127.0.0.1")
                for outcome in ("success", "refused", "error", "error")
            ],
        )
        self.assertEqual([json.loads(row.arguments)["version"] for row in rows], [5, 4, 6, None])
        self.assertEqual(json.loads(rows[0].arguments)["rules"], 1)
        self.assertIn("company_name", rows[2].error)

    def test_json_is_taken_for_json_whatever_it_is_sent_as(self):
        response = self.url_open(
            self.path,
            data=json.dumps(self.snapshot()),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )
        self.assertEqual(response.status_code, 200, response.text)

    def test_a_bad_document_is_refused_with_what_is_wrong(self):
        for body, named in [
            (b"{", "JSON"),
            (b"[]", "JSON object"),
            ({}, "account_id"),
            (self.snapshot(account_id="other"), "account"),
            (self.snapshot(version=0), "version"),
            (self.snapshot(company_metadata={"company_name": "A", "api_key": "x"}), "api_key"),
        ]:
            response = self.post(self.path, body, self.token)
            self.assertEqual(response.status_code, 400, response.text)
            self.assertIn(named, response.json()["error"])

    def test_other_credentials_are_refused(self):
        wrong = [
            None,
            "nonsense",
            self.issue(),
            mint_webhook_token(get_keyring(), tenant_audience(self.account_id), self.token_id),
            mint_webhook_token(get_keyring(), config_audience("other"), self.token_id),
        ]
        for token in wrong:
            self.assertEqual(self.post(self.path, self.snapshot(), token).status_code, 401)
        self.assertIsNone(self.stores.documents.get(self.account_id, ConfigType.COMPANY_METADATA))

    def test_a_token_that_was_replaced_is_refused(self):
        self.env["ir.config_parameter"].set_param("chatwootai_mcp.config_token_id", new_token_id())
        self.assertEqual(self.post(self.path, self.snapshot(), self.token).status_code, 401)
        self.env["ir.config_parameter"].set_param("chatwootai_mcp.config_token_id", False)
        self.assertEqual(self.post(self.path, self.snapshot(), self.token).status_code, 401, "none is none, not any")
        self.env["ir.config_parameter"].set_param("chatwootai_mcp.config_token_id", self.token_id)
        self.assertEqual(self.post(self.path, self.snapshot(), self.token).status_code, 200)

    def test_a_store_that_is_down_says_so(self):
        down = patch.object(self.stores.documents, "replace_snapshot", side_effect=StoreUnavailable("Come back later."))
        with down:
            response = self.post(self.path, self.snapshot(), self.token)
        self.assertEqual((response.status_code, response.json()["error"]), (503, "Come back later."))


@tagged("post_install", "-at_install")
class TestMonitoring(McpHttpCase):
    def test_health_is_open_and_tells_nothing_of_tenants(self):
        response = self.url_open("/chatwootai/health")
        self.assertEqual((response.status_code, response.json()["status"]), (200, "ok"))
        self.assertNotIn(self.account_id, response.text)

    def test_health_tells_which_store_is_down(self):
        with patch.object(self.stores.documents, "ping", side_effect=StoreUnavailable("secret host name")):
            response = self.url_open("/chatwootai/health")
        self.assertEqual((response.status_code, response.json()["checks"]["documents"]), (503, "down"))
        self.assertNotIn("secret", response.text)

    def test_a_cache_that_is_down_is_no_outage(self):
        with patch.object(self.stores.cache, "ping", side_effect=StoreUnavailable("x")):
            response = self.url_open("/chatwootai/health")
        self.assertEqual((response.status_code, response.json()["status"]), (200, "degraded"))

    def test_metrics_need_their_own_token(self):
        self.assertEqual(self.url_open("/chatwootai/metrics").status_code, 401)
        key = self.issue()
        self.call(key, "search_records", model="res.partner")
        self.call(key, "search_records", model="res.users")
        token = mint_webhook_token(get_keyring(), METRICS_AUDIENCE, new_token_id())
        response = self.url_open("/chatwootai/metrics", headers={"Authorization": f"Bearer {token}"})
        self.assertEqual(response.status_code, 200)
        for outcome in ("success", "error"):
            labels = f'account="{self.account_id}",outcome="{outcome}",tool="search_records"'
            self.assertIn(f"chatwootai_tool_calls_total{{{labels}}}", response.text)
        denied = self.url_open("/chatwootai/metrics", headers={"Authorization": f"Bearer {key}"})
        self.assertEqual(denied.status_code, 401)

    def scraped(self):
        token = mint_webhook_token(get_keyring(), METRICS_AUDIENCE, new_token_id())
        return self.url_open("/chatwootai/metrics", headers={"Authorization": f"Bearer {token}"}).text

    def test_metrics_tell_of_pools_caches_turns_and_jobs(self):
        key = self.issue()
        for _ in range(2):
            self.call(key, "search_vectors", collection_type="products", query_vector=[0.1])
            self.call(key, "list_agent_configs")
        self.stores.cache.get_or_load(self.account_id, "company_metadata", "k", lambda: 1)
        self.stores.cache.get_or_load(self.account_id, "company_metadata", "k", lambda: 1)
        metrics.observe_turn(self.account_id, "done", 2.5, 1.5, 100, 20)
        jobs = {(self.account_id, "root.chatwootai_turn", "waiting"): 3}
        with patch.object(queue_status, "jobs", return_value=jobs):
            text = self.scraped()
        account = f'account="{self.account_id}"'
        for line in (
            f'chatwootai_pool_in_use{{{account},pool="calls"}} 0.0',
            f'chatwootai_pool_size{{{account},pool="calls"}} ',
            f'chatwootai_pool_waits_total{{{account},pool="cursors"}} ',
            f'chatwootai_cache_lookups_total{{{account},namespace="company_metadata",outcome="hit"}} 1.0',
            f'chatwootai_cache_lookups_total{{{account},namespace="company_metadata",outcome="miss"}} 1.0',
            f'chatwootai_cache_loads_total{{{account},namespace="company_metadata"}} 1.0',
            f'chatwootai_turns_total{{{account},outcome="done"}} 1.0',
            f"chatwootai_llm_seconds_total{{{account}}} 1.5",
            f'chatwootai_llm_tokens_total{{{account},direction="in"}} 100.0',
            f'chatwootai_jobs{{{account},channel="root.chatwootai_turn",state="waiting"}} 3.0',
        ):
            self.assertIn(line, text)
        metrics.forget(self.account_id)
        gone = self.scraped()
        for name in ("chatwootai_turns_total{", "chatwootai_llm", "chatwootai_cache", "chatwootai_tool_calls_total{"):
            self.assertFalse([line for line in gone.splitlines() if line.startswith(name) and account in line])

    def test_several_workers_are_told_apart(self):
        self.call(self.issue(), "list_agent_configs")
        with patch.dict(config.options, workers=4):
            text = self.scraped()
        labels = f'account="{self.account_id}",outcome="success",process="{os.getpid()}",tool="list_agent_configs"'
        self.assertIn(f"chatwootai_tool_calls_total{{{labels}}}", text)

    def test_what_waits_in_the_queue_is_told_until_its_runner_is_gone(self):
        key = ("acme", "root.chatwootai_turn", "waiting")
        with tempfile.TemporaryDirectory() as folder, patch.object(queue_status, "_path", lambda: Path(folder) / "q"):
            self.assertEqual(queue_status.jobs(), {})
            queue_status.note({key: 5})
            self.assertEqual(queue_status.jobs(), {key: 5})
            with patch.object(queue_status, "STALE_SECONDS", -1):
                self.assertEqual(queue_status.jobs(), {})

    def test_a_note_that_cannot_be_written_stops_nobody_who_runs_jobs(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "no-directory").touch()
            with (
                patch.object(queue_status, "_path", lambda: Path(folder) / "no-directory" / "q"),
                self.assertLogs(queue_status._logger, "WARNING"),
            ):
                queue_status.note({})
