"""A whole stack of real processes for tests: two tenants, a served Odoo, a Chatwoot and a model.

Everything is started by the commands a person types, in an instance of the tests' own: ``with served_stack(log)``.
Suites of one instance run one after another, those of others beside them; what an interrupted one left is dropped
first. No two instances may have a tenant of the same name, for their databases are in the same cluster.
"""

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import requests

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from demo.chatwoot import ChatwootServer
from demo.model import ModelServer
from demo.model.completion import move_for
from demo.odoo_session import OdooSession

START_SECONDS = 120
TWO_COMPANIES = {"acme": "cosmetics", "acme-x": "furniture"}
_environment = dict(os.environ)


def instance_name():
    """Of the stack that is up."""
    return _environment["CHATWOOTAI_INSTANCE"]


def command(*arguments, check=True, **options):
    """Run one of the commands in bin/, in the environment of the stack that is up; its stdout is the result."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "bin" / arguments[0]), *map(str, arguments[1:])],
        **{"env": _environment, "cwd": ROOT, "capture_output": True, "text": True, "timeout": 300, **options},
    )
    if check and done.returncode:
        raise AssertionError(f"bin/{' '.join(map(str, arguments))} failed:\n{done.stderr[-4000:]}")
    return done


class Serving:
    """bin/serve in the background; its log in ``log``."""

    def __init__(self, port, log):
        self.port, self.log = port, log
        self.url = f"http://127.0.0.1:{port}"
        self.process = None

    def start(self, **environment):
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "bin" / "serve"), "--port", str(self.port)],
                env=_environment | environment,
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                start_new_session=True,
            )
        timer = threading.Timer(START_SECONDS, self.process.kill)
        timer.daemon = True
        timer.start()
        for line in self.process.stdout:
            if line.startswith("ready"):
                timer.cancel()
                return self
        raise AssertionError(f"bin/serve did not become ready:\n{self.log.read_text()[-4000:]}")

    @property
    def odoo_pid(self):
        """The process that answers: a child of bin/serve."""
        note = ROOT / ".local" / "instances" / instance_name() / "run" / "serve.json"
        return json.loads(note.read_text())["pid"]

    def kill(self):
        """As a power cut ends it: kill -9 for Odoo and bin/serve, with nothing said to anybody."""
        os.kill(self.odoo_pid, signal.SIGKILL)  # first: bin/serve's end would be a gentle signal to it
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        """As an operator stops it; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(90)
        self.process.stdout.close()
        return code


@dataclass
class Tenant:
    """One company: its account on both sides, and a key."""

    account_id: str
    chatwoot: object  # demo.chatwoot NewAccount
    webhook_url: str
    shared_webhook_url: str
    mcp_url: str
    key: str


@dataclass
class Stack:
    serving: Serving
    chatwoot: ChatwootServer
    model: ModelServer
    tenant: dict[str, Tenant] = field(default_factory=dict)

    @property
    def url(self):
        return self.serving.url

    @property
    def acme(self):
        return self.tenant["acme"]

    @property
    def acme_x(self):
        return self.tenant["acme-x"]

    @property
    def tenants(self):
        return tuple(self.tenant.values())

    def create_tenant(self, account_id, demo=None, **options):
        account = self.chatwoot.add_account(account_id)
        flags = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]
        done = command(
            "tenant",
            "create",
            account_id,
            *(["--demo", demo] if demo else []),
            "--chatwoot-url",
            self.chatwoot.url,
            "--chatwoot-account",
            account.id,
            "--chatwoot-token",
            account.user_token,
            "--chatwoot-bot-token",
            account.bot_token,
            "--chatwoot-secret",
            account.bot_secret,
            "--llm-base-url",
            self.model.url,
            "--llm-model",
            "chatwootai-demo-model",
            "--llm-api-key",
            "none",
            *flags,
        )
        created = json.loads(done.stdout)
        shared = re.search(r"http\S+/chatwootai/webhook/\S+", done.stderr).group()
        self.chatwoot.point_webhooks(account.id, bot_url=created["webhook_url"])
        if demo:
            self._answer_soon(account_id)
        key = command("tenant", "key", account_id, "--name", "e2e").stdout.strip()
        return Tenant(account_id, account, created["webhook_url"], shared, created["mcp_url"], key)

    def _answer_soon(self, account_id):
        """The tests' customers write their bursts faster than people do."""
        odoo = OdooSession(self.url, account_id, "admin", "admin")
        odoo.call("chatwootai.inbox", "write", odoo.call("chatwootai.inbox", "search", []), {"pause_seconds": 1})

    def mcp(self, tenant, method, params=None, *, key=None, path=None, **options):
        """One JSON-RPC request to the tenant's endpoint; the HTTP response."""
        return requests.post(
            f"{self.url}{path or '/mcp/' + tenant.account_id}",
            json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}},
            headers={
                "Authorization": f"Bearer {key or tenant.key}",
                "Accept": "application/json, text/event-stream",
                "MCP-Protocol-Version": "2025-11-25",
            },
            timeout=30,
            **options,
        )

    def tool(self, tenant, name, **arguments):
        """The structured result of a tool."""
        answer = self.mcp(tenant, "tools/call", {"name": name, "arguments": arguments}).json()
        return answer["result"]["structuredContent"]

    def ask(self, tenant, text, *, phone="+5511988887777", timeout=60):
        """Write as a customer, and wait for the answer."""
        message = self.chatwoot.customer_says(tenant.chatwoot.id, text, phone=phone, name="Ana Ruiz")
        return self.chatwoot.wait_for_reply(message.conversation, message.id, timeout)

    def calm(self):
        """A Chatwoot and a model that work again."""
        self.chatwoot.faults.clear()
        self.chatwoot.holds.release_all()
        self.model.holds.release_all()
        self.model.mode("normal")


@contextmanager
def served_stack(
    log: Path,
    companies=TWO_COMPANIES,
    mind=move_for,
    first_start=MappingProxyType({}),
    instance="e2e",
    **environment: str,
) -> Iterator[Stack]:
    """A fresh stack, stopped at the end, and nothing left of it.

    :param companies: the tenants to make, each with its demo company or None
    :param mind: what the model says, where it is not the demo's
    :param first_start: what differs for the server only until it is started again
    :param instance: the instance it is served in
    :param environment: what differs for every command of this stack, e.g. ``CHATWOOTAI_MONGODB_URL``
    """
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    with environment_with(CHATWOOTAI_INSTANCE=instance, CHATWOOTAI_PUBLIC_URL=public, **environment):
        _drop_all()
        with (
            ChatwootServer(port=0, retry_seconds=0.5, journal_size=1_000_000) as chatwoot,
            ModelServer(port=0, mind=mind) as model,
        ):
            stack = Stack(Serving(port, log).start(**first_start), chatwoot, model)
            try:
                for account_id, demo in companies.items():
                    stack.tenant[account_id] = stack.create_tenant(account_id, demo=demo)
                yield stack
            finally:
                stack.serving.stop()
                _drop_all()  # their names are a person's to take


def _drop_all():
    for left in json.loads(command("tenant", "list", "--json").stdout):
        command("tenant", "drop", left["account_id"], "--yes")


@contextmanager
def environment_with(**values):
    """What is started meanwhile has these variables."""
    before = dict(_environment)
    _environment.update(values)
    try:
        yield
    finally:
        _environment.clear()
        _environment.update(before)


def free_port():
    """Below those that the kernel hands out: none is given to another before a server listens there, or restarts."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port
