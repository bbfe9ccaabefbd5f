"""Two look-alike tenants with the same ids, served, with a canary in each place a tenant's data lives."""

import os
from pathlib import Path

import pytest

from tests.served_stack import served_stack

from . import sides as sides_of
from .sides import LOOK_ALIKES

PLANTED = Path(__file__).resolve().parent / "addons"


@pytest.fixture(scope="session")
def log(tmp_path_factory):
    return Path(os.environ.get("ISOLATION_LOG", tmp_path_factory.mktemp("serve") / "serve.log"))


@pytest.fixture(scope="session")
def stack(log):
    with served_stack(log, LOOK_ALIKES) as stack:
        yield stack


@pytest.fixture(scope="session")
def sides(stack):
    return sides_of.both(stack)
