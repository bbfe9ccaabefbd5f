"""One company, served, whose bad days these are."""

import os
import socket
from pathlib import Path

import pytest

from tests.served_stack import served_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    log = Path(os.environ.get("BAD_DAYS_LOG", tmp_path_factory.mktemp("serve") / "serve.log"))
    with served_stack(log, {"acme": "cosmetics"}) as stack:
        yield stack


@pytest.fixture(scope="session")
def refusing():
    """A port nobody listens at."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture(scope="session")
def hanging():
    """A port where connections are taken and never answered."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen(1024)
        yield bound.getsockname()[1]
