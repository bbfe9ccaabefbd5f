"""The loopback receiver of the addon's own tests, loaded from its file: the tests' package would import Odoo."""

import importlib.util
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parents[3] / "addons" / "company_services" / "tests" / "receiver.py"


def _receiver_class():
    spec = importlib.util.spec_from_file_location("company_services_receiver", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Receiver


Receiver = _receiver_class()


@pytest.fixture
def receiver():
    running = Receiver()
    yield running
    running.stop()
