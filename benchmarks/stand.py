"""The stand the measurements are taken on: a tenant with 5,000 partners, a user with a key, and a served Odoo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil
from stack import odoo_env, paths, serve, tenants
from stack.console import Failure
from stack.instance import Instance

ACCOUNT = "bench"
PARTNERS = 5000
LOGIN = PASSWORD = "bench-user"
# Odoo's own modules, with the one that serves XML-RPC, which this stack leaves out and stand-alone servers need.
LOAD = "--load=base,web,rpc,queue_job,chatwootai_mcp,chatwootai_agent"


@dataclass(frozen=True)
class Stand:
    instance: Instance
    key: str
    webhook_url: str
    webhook_secret: str
    chatwoot_account: int

    @property
    def account_id(self) -> str:
        return ACCOUNT


@contextmanager
def tenant(instance: Instance) -> Iterator[Stand]:
    """A fresh tenant, dropped at the end. Nothing serves it yet; Odoo's ORM works on it in this process."""
    from demo.chatwoot import ChatwootServer

    command("drop", ACCOUNT, "--yes", check=False)
    with ChatwootServer(port=0) as chatwoot:
        account = chatwoot.add_account("bench")
        created = command(
            *("create", ACCOUNT, "--demo", "cosmetics"),
            *("--chatwoot-url", chatwoot.url, "--chatwoot-account", str(account.id)),
            *("--chatwoot-token", account.user_token, "--chatwoot-bot-token", account.bot_token),
            *("--chatwoot-secret", account.bot_secret),
        )
        tenants.work_as(instance)
        try:
            key = _fill()
            webhook_url = json.loads(created)["webhook_url"]
            yield Stand(instance, key, webhook_url, account.bot_secret, account.id)
        finally:
            _write_audit()
            tenants.drop(instance, ACCOUNT)  # from here: this process may hold the embedded vectors


@contextmanager
def served(stand: Stand, *arguments: str, **environment: str) -> Iterator[serve.Server]:
    """The tenant's Odoo, serving. No jobs run in it: what they do is not what is measured."""
    log = paths.LOG / "bench-odoo.log"
    quiet = {"ODOO_QUEUE_JOB_CHANNELS": "root:0"}
    with serve.serving(stand.instance, 0, [LOAD, *arguments], log=log, **(quiet | environment)) as server:
        yield server


def wait_until_idle(server: serve.Server, seconds: float = 60.0) -> None:
    """A server that has just started still imports crewai, and after a flood what it gathered is still written."""
    process, deadline = psutil.Process(server.process.pid), time.monotonic() + seconds
    while process.cpu_percent(0.5) > 10 and time.monotonic() < deadline:
        pass


def environment_of_user() -> Any:
    """A context manager: the bench user's environment on a cursor of its own, as a request gets one."""
    return _own_cursor()


@contextmanager
def _own_cursor() -> Iterator[Any]:
    from odoo import api
    from odoo.modules.registry import Registry

    registry = Registry(ACCOUNT)
    with registry.cursor() as cr:
        registry.check_signaling(cr)
        yield api.Environment(cr, _user_id, {})


_user_id = 0


def _fill() -> str:
    """Partners, and a user with the agent's rights and a password, for whom a key is issued."""
    global _user_id
    with odoo_env.odoo_environment(ACCOUNT) as env:
        agent = env.ref("chatwootai_mcp.user_agent")
        user = agent.with_context(no_reset_password=True).copy({"name": "Bench", "login": LOGIN})
        user.write({"password": PASSWORD, "active": True})
        _user_id = user.id
        cities = ("São Paulo", "Curitiba", "Recife", "Manaus")
        env["res.partner"].with_context(tracking_disable=True).create(
            [
                {
                    "name": f"Cliente {number:05d}",
                    "email": f"cliente{number}@example.com",
                    "phone": f"+55 11 9{number:08d}",
                    "city": cities[number % len(cities)],
                    "is_company": number % 2 == 0,
                }
                for number in range(PARTNERS)
            ]
        )
        key = env["chatwootai.mcp.key"]._issue("bench", user)
    with odoo_env.odoo_environment(ACCOUNT) as env:
        env.cr.execute("ANALYZE res_partner")
    return str(key)


def _write_audit() -> None:
    """What was called in this process is still on its way into the tenant's database."""
    from odoo.addons.chatwootai_mcp.servers.audit_trail import trail

    trail.flush()


def command(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(
        [sys.executable, str(paths.ROOT / "bin" / "tenant"), *arguments],
        env=os.environ,
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
    )
    if check and done.returncode:
        raise Failure(f"bin/tenant {arguments[0]} failed:\n{done.stderr[-2000:]}")
    return done.stdout
