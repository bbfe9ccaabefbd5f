"""Several worker processes in place of threads, as in production: workers answer requests, and run the agents' jobs.

There is no Qdrant here: the knowledge is away, and all else must work.
"""

import pytest

from tests.served_stack import command, environment_with, free_port


@pytest.fixture(scope="module")
def prefork(stack):
    stack.serving.stop()
    operated = {
        "ODOO_WORKERS": "2",
        "ODOO_GEVENT_PORT": str(free_port()),
        "ODOO_QUEUE_JOB_CHANNELS": "root:1",
        "CHATWOOTAI_QDRANT_URL": f"http://127.0.0.1:{free_port()}",
    }
    with environment_with(**operated):
        stack.serving.start()
        yield stack
        assert stack.serving.stop() == 0
    stack.serving.start()


def test_customers_of_both_companies_are_answered(prefork):
    said = [
        prefork.ask(tenant, "Qual o preço do Creme de Mãos Castanha?", timeout=120).content
        for tenant in (prefork.acme, prefork.acme_x)
    ]
    assert "19,90" in said[0]
    assert said[1] and "19,90" not in said[1], "the furniture shop has no such thing"


def test_a_revoked_key_is_refused_by_every_worker(prefork):
    key = command("tenant", "key", "acme").stdout.strip()
    assert {prefork.mcp(prefork.acme, "tools/list", key=key).status_code for _ in range(8)} == {200}
    command("tenant", "key", "acme", "--revoke", key.split("_")[2])
    assert {prefork.mcp(prefork.acme, "tools/list", key=key).status_code for _ in range(8)} == {401}


def test_a_new_secret_is_not_begun_with_while_workers_could_not_be_told(prefork):
    refused = command("tenant", "rotate-key", check=False)
    assert refused.returncode and "stop it" in refused.stderr
    assert prefork.tool(prefork.acme, "find_products", query="creme")["products"]
