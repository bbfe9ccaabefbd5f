"""A served stack whose Odoo can be killed, with a model that answers at once and Chatwoot at hand to be disturbed.

Two tenants: ``careful`` is as it is shipped; ``forgetful`` sends again without reading back (addons/forgetful_outbox).
"""

import os
import threading
import time
from pathlib import Path

import pytest
from stack import postgres

from demo.holds import Moment
from tests.served_stack import OdooSession, served_stack

from .echo import echo

HERE = Path(__file__).parent
# For tests that hold many turns at the same moment; the others run on the channels that odoo.conf sets.
MANY_AT_ONCE = {
    "ODOO_QUEUE_JOB_CHANNELS": "root:60,root.chatwootai_turn:26,root.chatwootai_outbox:26",
    "ODOO_DB_MAXCONN": "150",
}
MODULES = "base,web,queue_job,chatwootai_mcp,chatwootai_agent"
SETTLE_SECONDS = 2


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="the full count: 1,000 conversations and ten kills")


class Disturbed:
    """The stack, with what these tests do to it."""

    def __init__(self, stack):
        self.stack = stack
        self.chatwoot, self.model, self.serving = stack.chatwoot, stack.model, stack.serving
        self._people = 0
        self._many_at_once = True
        self.up = threading.Event()
        self.up.set()

    def many_at_once(self):
        """Have Odoo run many turns at once, for tests that hold them."""
        if not self._many_at_once:
            self.serving.stop()
            self.restart(**MANY_AT_ONCE)

    def number(self):
        """A telephone nobody has used."""
        self._people += 1
        return f"+55119{self._people:08d}"

    def says(self, tenant, text, phone=None):
        return self.chatwoot.customer_says(self.account(tenant), text, phone=phone or self.number(), name="Ana Ruiz")

    def account(self, tenant):
        return self.stack.tenant[tenant].chatwoot.id

    def accepted(self, message, timeout=30):
        """Wait until Odoo has answered 200 to the message's webhook."""

        def arrived():
            return any(
                entry["event"] == "message_created" and entry["id"] == message.id and entry.get("status") == 200
                for entry in self.chatwoot.journal.read(kind="webhook")
            )

        wait_until(arrived, timeout, f"the webhook of message {message.id}")

    def hold_after_the_model(self, mark, moment, pattern, skip=0):
        """A hold of calls to Chatwoot that are made once the model has answered the message with this mark."""
        return AfterTheModel(self, mark, (moment, pattern, skip))

    def next_conversation(self, tenant):
        """The number of the conversation that a new customer begins."""
        return max(self.chatwoot.desk.account(self.account(tenant)).conversations, default=0) + 1

    def sql(self, tenant, query):
        return postgres.sql(query, database=tenant)

    def hours_pass(self, tenant):
        """What waits for its time has waited; what was left is old enough to be found."""
        self.sql(
            tenant,
            """
            UPDATE chatwootai_outbox SET next_attempt_at = next_attempt_at - interval '2 hours',
                write_date = write_date - interval '2 hours', sending_since = sending_since - interval '2 hours'
                WHERE state IN ('queued', 'sending');
            UPDATE chatwootai_message SET received_at = received_at - interval '2 hours' WHERE state = 'waiting';
            UPDATE chatwootai_turn SET started_at = started_at - interval '2 hours' WHERE state = 'running';
            UPDATE queue_job SET eta = NULL WHERE state = 'pending' AND eta IS NOT NULL;
            """,
        )

    def hurry(self, tenant):
        """What was put off is due; what may still be at work in Chatwoot is given its time to settle."""
        self.sql(
            tenant,
            """
            UPDATE chatwootai_outbox SET next_attempt_at = NULL
                WHERE state IN ('queued', 'sending') AND next_attempt_at > now() AT TIME ZONE 'UTC';
            UPDATE chatwootai_chatwoot_connection SET resting_until = now() AT TIME ZONE 'UTC'
                WHERE resting_until > now() AT TIME ZONE 'UTC';
            UPDATE queue_job SET eta = NULL WHERE state = 'pending' AND eta > now() AT TIME ZONE 'UTC';
            """,
        )

    def sweep(self, tenant):
        """Run the sweepers, as Odoo's clock does every few minutes."""
        odoo = OdooSession(self.stack.url, tenant, "admin", "admin")
        for name in ("chatwootai_agent.cron_sweep", "chatwootai_mcp.cron_outbox_resume"):
            module, _, record = name.partition(".")
            [known] = odoo.call(
                "ir.model.data", "search_read", [["module", "=", module], ["name", "=", record]], fields=["res_id"]
            )
            odoo.call("ir.cron", "method_direct_trigger", [known["res_id"]])

    def left(self, tenant):
        """What is still to be done: jobs, messages that wait, entries of the outbox."""
        jobs, messages, entries = self.sql(
            tenant,
            """
            SELECT (SELECT count(*) FROM queue_job WHERE state IN ('pending', 'enqueued', 'started')
                        AND channel ~ 'chatwootai_(turn|outbox|sweep)') || ' ' ||
                   (SELECT count(*) FROM chatwootai_message WHERE state = 'waiting') || ' ' ||
                   (SELECT count(*) FROM chatwootai_outbox WHERE state IN ('queued', 'sending'))
            """,
        )[0].split()
        return int(jobs), int(messages), int(entries)

    def quiet(self, tenant, timeout=120):
        """Wait until nothing is left to do. What no job does any more is the sweepers' to find."""
        deadline = time.monotonic() + timeout
        while any(left := self.left(tenant)) or not self.chatwoot.postman.wait_idle(0.1):
            assert time.monotonic() < deadline, f"jobs, messages and entries still left: {left}"
            if not left[0] and any(left):
                self.hours_pass(tenant)
                self.sweep(tenant)
            self.hurry(tenant)
            time.sleep(0.5)

    def die(self):
        """Kill Odoo. What it held in Chatwoot and the model goes on to its end, for nobody."""
        self.up.clear()
        self.serving.kill()
        self.chatwoot.holds.release_all()
        self.model.holds.release_all()
        for tenant in self.stack.tenant:  # queue_job takes a job for dead ten seconds after it was enqueued
            self.sql(tenant, "UPDATE queue_job SET date_enqueued = date_enqueued - interval '1 minute'")

    def restart(self, **environment):
        self.serving.start(**environment)
        self._many_at_once = environment == MANY_AT_ONCE
        self.up.set()


class AfterTheModel:
    """Like a hold, set in two steps: the model's answer is held until the hold of the calls after it is set."""

    def __init__(self, disturbed, mark, hold):
        self._disturbed, self._hold, self._set = disturbed, None, hold
        self._model = disturbed.model.holds.hold(Moment.AFTER, f"answer .*#{mark}#")

    def wait(self):
        self._model.wait()
        self._hold = self._disturbed.chatwoot.holds.hold(*self._set[:2], skip=self._set[2])
        self._model.release()
        self._hold.wait()

    def release(self):
        self._hold.release()


def wait_until(condition, timeout, what):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"no {what} within {timeout} s"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def disturbed(tmp_path_factory):
    log = Path(os.environ.get("FAULTS_LOG", tmp_path_factory.mktemp("serve") / "serve.log"))
    environment = {
        "ODOO_ADDONS_PATH": f"addons,{HERE / 'addons'}",
        "ODOO_SERVER_WIDE_MODULES": f"{MODULES},forgetful_outbox",
    }
    companies = {"careful": "cosmetics", "forgetful": "cosmetics"}
    with served_stack(log, companies, mind=echo, first_start=MANY_AT_ONCE, instance="faults", **environment) as stack:
        for tenant in companies:
            _shorten_waits(stack, tenant)
        yield Disturbed(stack)


def _shorten_waits(stack, tenant):
    odoo = OdooSession(stack.url, tenant, "admin", "admin")
    odoo.call("ir.config_parameter", "set_param", "chatwootai_mcp.outbox_settle_seconds", str(SETTLE_SECONDS))


@pytest.fixture(autouse=True)
def calm(disturbed):
    """Each test starts with a Chatwoot and a model that work."""
    yield
    disturbed.stack.calm()
