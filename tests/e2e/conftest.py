"""One served stack for all tests of this folder."""

import os
from pathlib import Path

import pytest

from tests.served_stack import served_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    log = Path(os.environ.get("E2E_LOG", tmp_path_factory.mktemp("serve") / "serve.log"))
    with served_stack(log) as stack:
        yield stack


@pytest.fixture(autouse=True)
def quiet_faults(request):
    """Each test starts with a Chatwoot and a model that work."""
    yield
    if "stack" in request.fixturenames:
        request.getfixturevalue("stack").calm()
