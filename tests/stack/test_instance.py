"""Which setting wins, and what an instance may be called."""

import pytest
from stack import instance as instance_module
from stack import paths
from stack.console import Failure
from stack.instance import Instance


@pytest.fixture
def generated(monkeypatch, tmp_path):
    """An instance with a generated environment, and an odoo.conf to write into."""
    conf = tmp_path / "odoo.conf"
    conf.write_text("[options]\n[chatwootai]\n")
    monkeypatch.setattr(paths, "ODOO_CONF", conf)
    monkeypatch.setattr(paths, "ETC", tmp_path)
    for name in ("CHATWOOTAI_REDIS_URL", "CHATWOOTAI_SECRET_KEY", "PGDATABASE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "stack.env").write_text("# Generated\nPGHOST=127.0.0.1\nPGPORT=7\nCHATWOOTAI_REDIS_URL=redis://ours\n")
    return Instance(), conf


def test_what_setup_generated_is_used(generated):
    environment = generated[0].environment()
    assert environment["CHATWOOTAI_REDIS_URL"] == "redis://ours"
    assert environment["PATH"].startswith(str(paths.VENV / "bin"))


def test_odoo_conf_wins_over_what_setup_generated(generated):
    instance, conf = generated
    conf.write_text("[chatwootai]\nredis_url = redis://theirs\n")
    assert "CHATWOOTAI_REDIS_URL" not in instance.environment()


def test_the_callers_environment_wins_over_both(generated, monkeypatch):
    instance, conf = generated
    conf.write_text("[chatwootai]\nredis_url = redis://theirs\n")
    monkeypatch.setenv("CHATWOOTAI_REDIS_URL", "redis://mine")
    assert instance.environment()["CHATWOOTAI_REDIS_URL"] == "redis://mine"


def test_a_persons_own_postgresql_is_never_reached(generated, monkeypatch):
    monkeypatch.setenv("PGHOST", "elsewhere")
    monkeypatch.setenv("PGDATABASE", "payroll")
    environment = generated[0].environment()
    assert environment["PGHOST"] == "127.0.0.1" and "PGDATABASE" not in environment


def test_instances_share_nothing_that_has_a_name():
    main, other = Instance(), Instance("other")
    for attribute in ("role", "control_database", "data_dir", "run_dir", "environment_file"):
        assert getattr(main, attribute) != getattr(other, attribute)


@pytest.mark.parametrize("name", ["", "Main", "a-b", "a b", "../x", "x" * 17, "1st"])
def test_a_name_that_is_no_name_is_refused(name):
    with pytest.raises(Failure):
        Instance(name)


def test_the_instance_is_named_by_the_environment(monkeypatch):
    monkeypatch.setenv("CHATWOOTAI_INSTANCE", "e2e")
    assert instance_module.current().name == "e2e"
    monkeypatch.setenv("CHATWOOTAI_INSTANCE", "")
    assert instance_module.current().name == "main"
