"""The agents' settings: kept in step with the stored document, the key never shown, the model tested by a job."""

import json
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from unittest import TestCase
from unittest.mock import patch

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, TransactionCase, new_test_user, tagged

from odoo.addons.chatwootai_mcp.models.secret_field import MASK
from odoo.addons.chatwootai_mcp.servers.orchestrator import get_orchestrator
from odoo.addons.chatwootai_mcp.stores.errors import StoreUnavailable
from odoo.addons.chatwootai_mcp.tests.common import own_stores
from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.tests.common import trap_jobs

from ..crews.errors import TurnFailed
from ..crews.in_process import principal_of_agent
from ..crews.registry import CREWS


class SettingsCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.stores = own_stores(cls, Path(directory.name))
        cls.company = cls.env.company
        cls.company.write(
            {
                "chatwootai_llm_model": "m-1",
                "chatwootai_llm_base_url": "http://127.0.0.1:9/v1",
                "chatwootai_max_steps": 5,
            }
        )
        cls.config = cls.env["chatwootai.agent.config"]

    def stored(self):
        """What the agents get, through the orchestrator and its cache."""
        outcome = get_orchestrator().call(
            principal_of_agent(self.env), "get_agent_config", {"config_type": "agent_config"}, env=self.env
        )
        return outcome.result.get("config")


@tagged("post_install", "-at_install")
class TestAgentConfig(SettingsCase):
    def test_saving_the_settings_renews_what_the_agents_read(self):
        self.config._save_agent_config()
        self.assertEqual(self.stored()["max_steps"], 5)
        before = self.stored()["version"]
        self.company.chatwootai_max_steps = 9
        self.config._save_agent_config()
        self.assertEqual(self.stored()["max_steps"], 9)
        self.assertGreater(self.stored()["version"], before)

    def test_the_document_holds_no_key(self):
        self.company.chatwootai_llm_api_key = "sk-very-secret"
        self.config._save_agent_config()
        self.assertNotIn("sk-very-secret", json.dumps(self.stored()))
        self.assertEqual(
            self.stored()["llm"], {"model": "m-1", "base_url": "http://127.0.0.1:9/v1", "json_schema": True}
        )

    def test_every_setting_reaches_the_document(self):
        self.company.write(
            {
                "chatwootai_turn_seconds": 45,
                "chatwootai_hand_off_message": "Já volto.",
                "chatwootai_instructions": "Ofereça o protetor.",
            }
        )
        self.config._save_agent_config()
        stored = self.stored()
        self.assertEqual(stored["turn_seconds"], 45)
        self.assertEqual(stored["hand_off"], {"message": "Já volto.", "team_id": None})
        self.assertEqual(stored["instructions"], "Ofereça o protetor.")
        self.assertEqual(stored["channels"]["Channel::Whatsapp"], {"enabled": True})
        self.assertEqual(set(stored["channels"]), set(CREWS))

    def test_a_change_is_stored_by_one_job(self):
        with trap_jobs() as jobs:
            self.company.chatwootai_turn_seconds = 30
            self.company.chatwootai_instructions = "Novo"
            jobs.assert_jobs_count(1, only=self.config._job_save_agent_config)
        with trap_jobs() as jobs:
            self.company.phone = "1"
            jobs.assert_jobs_count(0)

    def test_a_store_that_is_down_puts_the_job_off(self):
        def down(*_):
            raise StoreUnavailable("The document store is down.")

        self.registry_enter_test_mode()  # the alert is in a transaction of its own
        with patch.object(type(self.stores.documents), "save_agent_config", down):
            for _try in range(2):
                # Odoo's own would undo the alert, too.
                with TestCase.assertRaises(self, RetryableJobError):
                    self.config._job_save_agent_config()
        alert = self.env["chatwootai.alert"].search([("kind", "=", "failed_sync"), ("state", "=", "open")])
        self.assertEqual((alert.count, alert.note), (2, "The document store is down."))
        self.config._job_save_agent_config()
        self.assertEqual(alert.state, "closed", "it is over when one succeeds")

    def test_budgets_out_of_bounds_are_refused(self):
        for values in (
            {"chatwootai_turn_seconds": 4},
            {"chatwootai_turn_seconds": 601},
            {"chatwootai_max_steps": 0},
            {"chatwootai_max_steps": 21},
            {"chatwootai_llm_price_in": -1},
            {"chatwootai_llm_price_out": -0.5},
            {"chatwootai_llm_base_url": "ftp://x"},
            {"chatwootai_llm_base_url": "http://"},
            {"chatwootai_llm_base_url": "http://a b"},
            {"chatwootai_llm_base_url": "http://x/" + "y" * 500},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.company.write(values)

    def test_what_the_form_accepts_the_store_accepts(self):
        longest = {"chatwootai_hand_off_message": "x" * 1000, "chatwootai_instructions": "y" * 8000}
        self.company.write(longest | {"chatwootai_llm_base_url": " https://llm.example/v1 "})
        self.config._save_agent_config()
        for name, text in longest.items():
            with self.subTest(name), self.assertRaises(ValidationError):
                self.company.write({name: text + "z"})


@tagged("post_install", "-at_install")
class TestModelSettings(SettingsCase):
    def test_the_key_goes_in_and_never_comes_out(self):
        form = Form(self.env["res.config.settings"])
        form.chatwootai_llm_api_key = "sk-typed"
        form.save().execute()
        self.assertEqual(self.company._chatwootai_llm_settings().api_key, "sk-typed")
        self.assertEqual(self.company.chatwootai_llm_api_key, MASK)
        self.env["res.config.settings"].create({}).execute()
        self.assertEqual(self.company._chatwootai_llm_settings().api_key, "sk-typed")

    def test_the_settings_are_those_of_the_crew(self):
        self.company.write({"chatwootai_llm_base_url": "https://llm.example/v1/ ", "chatwootai_llm_json_schema": False})
        settings = self.company._chatwootai_llm_settings()
        self.assertEqual(settings.base_url, "https://llm.example/v1")
        self.assertEqual((settings.model, settings.json_schema), ("m-1", False))

    def test_without_a_model_the_turn_fails_for_good(self):
        self.company.chatwootai_llm_model = False
        with self.assertRaises(TurnFailed) as failed:
            self.company._chatwootai_llm_settings()
        self.assertFalse(failed.exception.retryable)

    def test_an_ordinary_user_cannot_read_or_set_the_key(self):
        user = new_test_user(self.env, "crews-ordinary", groups="base.group_user")
        self.company.chatwootai_llm_api_key = "sk-typed"
        company = self.company.with_user(user)
        with self.assertRaises(AccessError):
            company.read(["chatwootai_llm_api_key"])
        with self.assertRaises(AccessError):
            company.write({"chatwootai_llm_api_key": "sk-mine"})

    def test_the_button_queues_the_test_and_answers_at_once(self):
        with trap_jobs() as jobs:
            action = self.env["res.config.settings"].create({}).action_chatwootai_test_llm()
            jobs.assert_jobs_count(1, only=self.company._job_chatwootai_test_llm)
            [job] = jobs.enqueued_jobs
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual((self.company.chatwootai_llm_check_state, job.channel), ("running", "root.chatwootai_asked"))
        getattr(self.company, job.job_config.on_fail_method_name)()
        self.assertEqual(self.company.chatwootai_llm_check_state, "failed")

    def test_the_job_says_what_it_found(self):
        self.env.user.lang = "en_US"  # it speaks to whoever asked
        answers = [
            (200, {"choices": [{"message": {"content": '{"works": true}'}}]}, "works", "answers"),
            (401, {}, "failed", "API key"),
            (404, {}, "failed", "does not know this model"),
            (429, {}, "failed", "overloaded"),
            (500, {}, "failed", "cannot be reached, or fails"),
            (200, {"hello": 1}, "failed", "not as a chat model"),
        ]
        for status, body, state, said in answers:
            with self.subTest(status=status, body=body), _model(status, body) as url:
                self.company.chatwootai_llm_base_url = url
                with self.enter_registry_test_mode():
                    self.company._job_chatwootai_test_llm(self.env.uid)
                self.company.invalidate_recordset()
                self.assertEqual(self.company.chatwootai_llm_check_state, state)
                self.assertIn(said, self.company.chatwootai_llm_check_message)

    def test_a_change_of_the_model_forgets_the_last_test(self):
        self.company.write({"chatwootai_llm_check_state": "works", "chatwootai_llm_check_message": "x"})
        self.company.chatwootai_llm_model = "m-2"
        self.assertFalse(self.company.chatwootai_llm_check_state)


class _model:
    """A server that gives every request this answer, while the block runs."""

    def __init__(self, status, body):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                raw = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_):
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
