"""Two look-alike tenants with the same ids, served, with a canary in each place a tenant's data lives."""

import os
from pathlib import Path

import pytest
from stack import odoo_process, serve

from tests.served_stack import free_port, served_stack

from . import sides as sides_of
from . import traces
from .sides import LOOK_ALIKES

PLANTED = Path(__file__).resolve().parent / "addons"


@pytest.fixture(scope="session")
def log(tmp_path_factory):
    return Path(os.environ.get("ISOLATION_LOG", tmp_path_factory.mktemp("serve") / "serve.log"))


@pytest.fixture(scope="session")
def stack(log):
    with served_stack(log, LOOK_ALIKES, CHATWOOTAI_LOG_PER_TENANT="1") as stack:
        yield stack


@pytest.fixture(scope="session")
def sides(stack):
    return sides_of.both(stack)


@pytest.fixture(scope="session")
def ports(stack, log):
    """Of bin/serve, and of a second Odoo process as a second node would be: without its socket, jobs and vectors.

    Both are over the same databases and the same Redis.
    """
    port = free_port()
    alone = {"CHATWOOTAI_RUN_DIR": "", "ODOO_QUEUE_JOB_CHANNELS": "root:0", "ODOO_MAX_CRON_THREADS": "0"}
    options = [f"--http-port={port}", f"--logfile={log.with_name('second-odoo.log')}"]
    server = serve.Server(traces.instance(), odoo_process.start(traces.instance(), options, **alone), port)
    try:
        server.wait_until_ready()
        yield stack.serving.port, port
    finally:
        server.stop()
