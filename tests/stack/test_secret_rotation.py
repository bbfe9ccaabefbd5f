"""A new secret for the server: everything stored is encrypted with it, and no key and no webhook address ends."""

import json
import os
import signal
import subprocess
import sys

import pytest
import requests
from stack import paths, postgres, serve, services
from stack.instance import Instance, read_environment

from tests.isolation.pure import Keyring

INSTANCE = "rotation"
NAMES = ("rotation-one", "rotation-two")
ENVIRONMENT = {**os.environ, "CHATWOOTAI_INSTANCE": INSTANCE}
CHATWOOT = ("--chatwoot-url", "https://chat.example/", "--chatwoot-account")
CIPHERTEXTS = {
    "SELECT user_token FROM chatwootai_chatwoot_connection": "t0ken",
    "SELECT chatwootai_llm_api_key FROM res_company": "m0del",
    "SELECT secret FROM chatwootai_webhook_secret": "signing-secret",
}


def tenant(*arguments, code=0):
    command = [sys.executable, paths.ROOT / "bin" / "tenant", *arguments]
    done = subprocess.run(
        command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stderr if code else done.stdout.strip()


def tenant_said(*arguments):
    """Its progress, on stderr."""
    command = [sys.executable, paths.ROOT / "bin" / "tenant", *arguments]
    return subprocess.run(
        command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    ).stderr


@pytest.fixture(scope="module")
def instance():
    with services.running(Instance(INSTANCE)) as instance:
        for name in NAMES:
            subprocess.run([sys.executable, paths.ROOT / "bin" / "tenant", "drop", name, "--yes"], env=ENVIRONMENT)
        yield instance
        for name in NAMES:
            tenant("drop", name, "--yes")


@pytest.fixture(scope="module")
def tenants(instance):
    """What creating each printed, and a key of each."""
    made = {}
    for number, name in enumerate(NAMES, start=1):
        given = ("--chatwoot-token", "t0ken", "--chatwoot-secret", "signing-secret", "--llm-api-key", "m0del")
        created = json.loads(tenant("create", name, *CHATWOOT, str(number), "--llm-model", "m", *given))
        made[name] = {**created, "key": tenant("key", name)}
    return made


@pytest.fixture(scope="module")
def server(instance, tenants):
    with serve.serving(instance, 0, log=paths.LOG / "rotation-odoo.log") as server:
        yield server


def secrets_of(instance):
    return read_environment(instance.environment_file)["CHATWOOTAI_SECRET_KEY"].split(",")


def stored(name):
    return {query: postgres.sql(query, database=name) for query in CIPHERTEXTS}


def is_let_in(server, tenants, name):
    """By its key, at its webhook (where only the signature is missing), and the configuration by its own token."""
    ping = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    heads = {"Authorization": f"Bearer {tenants[name]['key']}", "Accept": "application/json, text/event-stream"}
    listed = requests.post(f"{server.url}/mcp/{name}", json=ping, headers=heads, timeout=30)
    [stored] = postgres.sql(
        "SELECT value FROM ir_config_parameter WHERE key = 'company_services.webhook_token'", database=name
    )
    token = Keyring(secrets_of(server.instance)).decrypt("secret", stored)
    configured = requests.post(
        f"{server.url}/chatwootai/config/{name}", data="{}", headers={"Authorization": f"Bearer {token}"}, timeout=30
    )
    return (listed.status_code, configured.status_code) == (200, 400)


def reads_its_secrets(name):
    """A process started now, with the instance's secrets, tells what the connection's token is."""
    code = (
        "from stack import odoo_env, tenants, instance; tenants.work_as(instance.current())\n"
        f"with odoo_env.odoo_environment({name!r}) as env:\n"
        "    from odoo.addons.chatwootai_mcp.models.secret_field import read_secret\n"
        "    connection = env['chatwootai.chatwoot.connection'].search([])\n"
        "    print(read_secret(connection, 'user_token'), read_secret(env.company, 'chatwootai_llm_api_key'),\n"
        "          read_secret(connection.webhook_secret_ids, 'secret'))\n"
    )
    done = subprocess.run([paths.PYTHON, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, cwd=paths.ROOT)
    return done.stdout.split()


def test_a_rotation_encrypts_anew_and_ends_nothing(instance, tenants, server):
    before, [old] = {name: stored(name) for name in NAMES}, secrets_of(instance)
    left = json.loads(tenant("rotate-key", "--json"))
    new, kept = secrets_of(instance)
    assert kept == old != new
    for name in NAMES:
        assert all(stored(name)[query] != before[name][query] for query in CIPHERTEXTS)
        assert reads_its_secrets(name) == list(CIPHERTEXTS.values())
        assert is_let_in(server, tenants, name), "the running server knows both"
        kinds = sorted(each["kind"] for each in left if each["account"] == name)
        assert kinds == ["MCP key", "webhook"]


def test_a_rotation_that_was_killed_is_finished_and_not_begun_again(instance, tenants, server):
    command = [sys.executable, paths.ROOT / "bin" / "tenant", "rotate-key"]
    killed = subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True, start_new_session=True)
    for line in killed.stderr:
        if NAMES[0] in line:
            break
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    killed.stderr.close()
    begun = secrets_of(instance)
    assert len(begun) == 3, "it was killed in the middle"
    assert "interrupted" in tenant("rotate-key", "--forget-old", "--force", code=1)
    assert all(is_let_in(server, tenants, name) for name in NAMES)
    tenant("rotate-key")
    assert secrets_of(instance) == begun
    assert all(reads_its_secrets(name) == list(CIPHERTEXTS.values()) for name in NAMES)


def test_old_secrets_go_when_nothing_needs_them(instance, tenants, server):
    assert "would be refused" in tenant("rotate-key", "--forget-old", code=1)
    new_keys = {name: tenant("key", name) for name in NAMES}
    for name in NAMES:
        tenant("key", name, "--revoke", tenants[name]["key"].split("_")[2])
        # What an administrator does in Odoo when the address is in Chatwoot again.
        postgres.sql(
            "UPDATE chatwootai_chatwoot_connection SET webhook_signed_by ="
            " (SELECT signed_by FROM chatwootai_mcp_key WHERE active ORDER BY id DESC LIMIT 1);",
            database=name,
        )
    said = tenant_said("rotate-key", "--forget-old")
    assert said.index("not listed") < said.index("are forgotten") < said.index("mint anew")
    assert said.count("bin/tenant metrics-token") == 2, "before and after"
    assert len(secrets_of(instance)) == 1
    fresh = {name: {**tenants[name], "key": key} for name, key in new_keys.items()}
    assert all(is_let_in(server, fresh, name) for name in NAMES)
    assert not any(is_let_in(server, tenants, name) for name in NAMES)
    assert all(reads_its_secrets(name) == list(CIPHERTEXTS.values()) for name in NAMES)
