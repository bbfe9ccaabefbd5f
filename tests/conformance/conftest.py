"""A served Odoo, started by the commands a person types: one tenant as it is, one with the suite's fixtures."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from stack import serve, services

from .key_proxy import KeyProxy

ROOT = Path(__file__).resolve().parents[2]
PLAIN, FIXTURES = "plain", "fixtures"


def command(*arguments):
    done = subprocess.run(
        [sys.executable, str(ROOT / "bin" / arguments[0]), *arguments[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"bin/{' '.join(arguments)} failed:\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """The address of the proxy; the tenants' endpoints are at /mcp/plain and /mcp/fixtures."""
    log = Path(os.environ.get("CONFORMANCE_LOG", tmp_path_factory.mktemp("serve") / "odoo.log"))
    with pytest.MonkeyPatch.context() as environment, KeyProxy() as proxy:
        environment.setenv("CHATWOOTAI_INSTANCE", "conformance")
        environment.setenv("CHATWOOTAI_PUBLIC_URL", proxy.url)
        environment.setenv("ODOO_ADDONS_PATH", f"addons,{Path(__file__).parent / 'addons'}")
        with services.running() as instance:
            for account_id in (PLAIN, FIXTURES):
                proxy.keys[account_id] = _new_tenant(account_id)
            with serve.serving(instance, 0, log=log) as server:
                proxy.target_port = server.port
                yield proxy.url


def _new_tenant(account_id):
    """Its key."""
    if account_id in command("tenant", "list"):
        command("tenant", "drop", account_id, "--yes")
    command("tenant", "create", account_id, *(("--demo", "cosmetics") if account_id == PLAIN else ()))
    if account_id == FIXTURES:
        command("odoo", f"--database={account_id}", "--init=conformance_fixtures", "--stop-after-init", "--no-http")
    return command("tenant", "key", account_id, "--name", "conformance", "--write").strip()
