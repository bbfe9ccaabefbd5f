"""bin/demo: two companies on one Odoo, a customer writing to each, and the addresses to go on by hand."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from stack import daemon, environment, paths, serve, services, template
from stack.console import Failure, say

from .chatwoot import ChatwootServer
from .companies.load import Company, load
from .model import ModelServer
from .odoo_session import OdooSession
from .story import Story, Tenant, compare

ACCOUNTS = {"cosmetics": "demo-cosmeticos", "furniture": "demo-moveis"}
PORT, CHATWOOT_PORT = 8069, 3000
OPENAI = "https://api.openai.com/v1"
COLORS = {"customer": "36", "agents": "32", "odoo": "33", "check": "2"}


@dataclass(frozen=True)
class Model:
    base_url: str
    name: str
    api_key: str


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    environment.ensure()
    with services.running() as instance:
        template.ensure()
        with contextlib.ExitStack() as stack:
            chatwoot = stack.enter_context(ChatwootServer(_free(CHATWOOT_PORT)))
            model = _model(options, stack)
            log = paths.LOG / "demo-odoo.log"
            say(f"• Odoo starts; its log is {log.relative_to(paths.ROOT)}")
            server = stack.enter_context(serve.serving(instance, options.port or _free(PORT), log=log))
            tenants = [_company_in_service(load(key), chatwoot, server.url, model) for key in ACCOUNTS]
            failures = _converse(tenants, chatwoot)
            if not options.once:
                _show_addresses(tenants, chatwoot, server.url)
                _wait(server)
    return 1 if failures else 0


def _company_in_service(company: Company, chatwoot: ChatwootServer, url: str, model: Model) -> Tenant:
    """The company as a new tenant, connected to an account of the stand-in."""
    account_id = ACCOUNTS[company.key]
    say(f"• {company.profile.company_name} becomes the tenant {account_id}")
    if account_id in {row["account_id"] for row in json.loads(_tenant("list", "--json") or "[]")}:
        _tenant("drop", account_id, "--yes")
    account = chatwoot.add_account(company.profile.company_name)
    created = json.loads(
        _tenant(
            *("create", account_id, "--demo", company.key),
            *("--chatwoot-url", chatwoot.url, "--chatwoot-account", str(account.id)),
            *("--chatwoot-token", account.user_token, "--chatwoot-bot-token", account.bot_token),
            *("--chatwoot-secret", account.bot_secret),
            *("--llm-base-url", model.base_url, "--llm-model", model.name, "--llm-api-key", model.api_key),
        )
    )
    chatwoot.point_webhooks(account.id, bot_url=created["webhook_url"])
    odoo = OdooSession(url, account_id, "admin", "admin")
    return Tenant(account_id, company, account.id, odoo, phone=f"+55119{account.id:08d}")


def _converse(tenants: list[Tenant], chatwoot: ChatwootServer) -> list[str]:
    """Both conversations at once, told as they happen; what did not hold."""
    print("\nTwo customers write on WhatsApp, one to each company:\n", flush=True)
    lock = threading.Lock()
    started = time.monotonic()
    stories = [Story(tenant, chatwoot, _teller(tenant, lock, started)) for tenant in tenants]
    with ThreadPoolExecutor(len(stories)) as pool:
        for told in [pool.submit(story.play) for story in stories]:
            told.result()
    failures = [failure for story in stories for failure in story.failures] + compare(stories)
    print(f"\n{len(failures)} checks failed after {time.monotonic() - started:.1f} s of conversation.", flush=True)
    for failure in failures:
        print(f"  ✗ {failure}", flush=True)
    return failures


def _teller(tenant: Tenant, lock: threading.Lock, started: float):
    def tell(who: str, text: str) -> None:
        text = text.replace("\n", "\n" + " " * 38)
        line = f"{time.monotonic() - started:6.1f} s  {tenant.account_id:16} {who:9} {text}"
        if sys.stdout.isatty():
            line = f"\033[{COLORS[who]}m{line}\033[0m"
        with lock:
            print(line, flush=True)

    return tell


def _show_addresses(tenants: list[Tenant], chatwoot: ChatwootServer, url: str) -> None:
    print(f"\nWrite as a customer of either company:  {chatwoot.url}/\n")
    for tenant in tenants:
        key = _tenant("key", tenant.account_id, "--name", "demo").strip()
        client = {"url": f"{url}/mcp/{tenant.account_id}", "headers": {"Authorization": f"Bearer {key}"}}
        print(tenant.company.profile.company_name)
        print(f"  Odoo (admin / admin):  {url}/web?db={tenant.account_id}")
        print(f"  MCP client:            {json.dumps({'mcpServers': {tenant.account_id: client}})}\n")
    print("Ctrl-C stops everything.", flush=True)


def _wait(server: serve.Server) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        code = server.process.wait()
        raise Failure(f"Odoo ended by itself with exit code {code}", f"look at {paths.LOG / 'demo-odoo.log'}")
    say("stopping")


def _model(options: argparse.Namespace, stack: contextlib.ExitStack) -> Model:
    """The model that answers: one that was named, OpenAI's with a key, or the offline one."""
    key = options.llm_api_key or os.environ.get("OPENAI_API_KEY", "")
    if options.llm_base_url or key:
        model = Model(options.llm_base_url or OPENAI, options.llm_model, key or "none")
        say(f"• The model is {model.name} at {model.base_url}")
        return model
    offline = stack.enter_context(ModelServer())
    say("• The model is the offline demo model, which only plays a model's part; OPENAI_API_KEY sets a real one")
    return Model(offline.url, "chatwootai-demo-model", "none")


def _tenant(*arguments: str) -> str:
    """bin/tenant, as a person would type it; its result."""
    done = subprocess.run(
        [str(paths.PYTHON), str(paths.ROOT / "bin" / "tenant"), *arguments], stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        raise Failure(f"bin/tenant {arguments[0]} {arguments[1]} failed", "look at the lines above")
    return done.stdout


def _free(port: int) -> int:
    return port if daemon.is_free(port) else daemon.free_port()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the conversations; fails if an answer is wrong")
    parser.add_argument("--port", type=daemon.port_number, help=f"Odoo's HTTP port ({PORT}, or a free one)")
    parser.add_argument("--llm-base-url", metavar="U", help="an OpenAI-compatible model instead of the offline one")
    parser.add_argument("--llm-model", metavar="M", default=os.environ.get("OPENAI_MODEL", "gpt-4.1-mini"))
    parser.add_argument("--llm-api-key", metavar="K")
    return parser.parse_args()
