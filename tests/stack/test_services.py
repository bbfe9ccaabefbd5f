"""The servers a command needs, and what is done before they may stop."""

from types import SimpleNamespace

import pytest
from stack import odoo_env, paths, services


@pytest.fixture
def happened(monkeypatch, tmp_path):
    happened = []
    monkeypatch.setattr(paths, "RUN", tmp_path / "run")
    monkeypatch.setattr(services, "_KEEP", tmp_path / "keep-services")
    monkeypatch.setattr(services, "_start", lambda: happened.append("started"))
    monkeypatch.setattr(services, "stop", lambda: happened.append("stopped"))
    monkeypatch.setattr(odoo_env, "write_what_waits", lambda: happened.append("written"))
    return happened


@pytest.mark.parametrize("failure", [None, ValueError("failed")])
def test_what_a_command_gathered_is_written_before_its_servers_stop(happened, failure):
    try:
        with services.running(SimpleNamespace(prepare=lambda: None)):
            if failure:
                raise failure
    except ValueError:
        pass
    assert happened == ["started", "written", "stopped"]
