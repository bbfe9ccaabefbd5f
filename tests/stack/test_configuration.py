"""odoo.conf is safe as it stands, and every shape of the stack uses it."""

import json
import os
import re
import subprocess
from configparser import ConfigParser

import pytest
import yaml
from stack import paths
from stack.operator_database import LIMITS

COMPOSE = yaml.safe_load((paths.ROOT / "docker-compose.yml").read_text())
ODOO_SERVICES = ("web", "agent", "setup", "operator")


@pytest.fixture(scope="module")
def options():
    """The options as Odoo reads them, with overrides in the environment as docker-compose.yml gives them."""
    code = (
        "import json, odoo.tools as t; t.config.parse_config(['-c', 'odoo.conf'], setup_logging=False);"
        "print(json.dumps({k: t.config[k] for k in t.config.options}, default=str));"
        "from odoo.tools import config as c; print(json.dumps({o.dest: o.env_name for o in c.options_index.values()}))"
    )
    environment = {"PATH": os.environ["PATH"], "HOME": str(paths.HOME), "PGHOST": "elsewhere", "ODOO_WORKERS": "3"}
    out = subprocess.run(
        [paths.PYTHON, "-c", code], cwd=paths.ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return json.loads(out[-2]), json.loads(out[-1])


def test_nobody_can_list_databases_and_only_tenants_are_served(options):
    assert options[0]["list_db"] is False
    served = re.compile(options[0]["dbfilter"])
    assert served.match("acme-x2")
    for name in ("postgres_", "chatwootai_control", "chatwootai_template", "Acme", "acme--x", "-acme"):
        assert not served.match(name), name


def test_it_listens_on_loopback_and_the_environment_overrides_it(options):
    assert options[0]["http_interface"] == "127.0.0.1"
    assert options[0]["db_host"] == "elsewhere" and options[0]["workers"] == 3


def test_our_addons_are_loaded_server_wide(options):
    assert {"base", "web", "queue_job", "chatwootai_mcp", "chatwootai_agent"} <= set(options[0]["server_wide_modules"])


def test_turns_outlive_odoos_usual_time_limit(options):
    assert options[0]["limit_time_real"] >= 300


def test_every_channel_the_addons_use_has_a_capacity():
    parser = ConfigParser(interpolation=None)
    parser.read(paths.ODOO_CONF)
    channels = dict(part.split(":") for part in parser["queue_job"]["channels"].split(","))
    used = set()
    for file in paths.ADDONS.rglob("*"):
        if file.suffix in (".py", ".xml") and "tests" not in file.parts:
            used |= set(re.findall(r"root\.chatwootai_\w+", file.read_text()))
    assert used <= channels.keys()
    assert sum(int(n) for name, n in channels.items() if name != "root") <= int(channels["root"])


def test_no_secret_stands_in_a_file_of_the_repository():
    example = (paths.ROOT / "docker" / "example.env").read_text()
    assert not re.search(r"(PASSWORD|KEY|PASSWD)=\S", example)
    for service in COMPOSE["services"].values():
        for key, value in (service.get("environment") or {}).items():
            if re.search(r"PASSWORD|PASSWD|SECRET|API_KEY|_URL$", key) and not str(value).startswith("http://"):
                assert "${" in str(value), key


def test_compose_names_every_store_and_both_kinds_of_nodes():
    assert {"postgres", "mongodb", "qdrant", "redis", "web", "agent", "proxy"} <= COMPOSE["services"].keys()
    published = [name for name, service in COMPOSE["services"].items() if service.get("ports")]
    assert published == ["proxy"], "only the proxy is reached from outside"


def test_compose_sets_only_options_that_exist(options):
    known = set(options[1].values()) | {
        "CHATWOOTAI_LAUNCHED",
        "CHATWOOTAI_POSTGRES_PASSWORD",
        "CHATWOOTAI_OPERATOR_PASSWORD",
    }
    keys = {"mongodb_url", "qdrant_url", "qdrant_api_key", "redis_url", "secret_key", "public_url", "data_dir"}
    known |= {f"CHATWOOTAI_{key.upper()}" for key in keys}
    known |= {f"ODOO_QUEUE_JOB_{key}" for key in ("CHANNELS", "HOST", "PORT")}
    for name in ODOO_SERVICES:
        assert COMPOSE["services"][name]["environment"].keys() <= known, name


def test_every_variable_compose_demands_is_in_the_example():
    demanded = set(re.findall(r"\$\{(\w+):\?", (paths.ROOT / "docker-compose.yml").read_text()))
    offered = set(re.findall(r"^(\w+)=", (paths.ROOT / "docker" / "example.env").read_text(), re.MULTILINE))
    assert demanded <= offered


def test_the_proxy_hides_the_database_manager_rpc_and_the_job_runner():
    conf = (paths.ROOT / "docker" / "nginx.conf").read_text()
    hidden = re.compile(re.search(r"location ~ (\S+) \{\s+return 404;", conf)[1])
    for path in (
        "/web/database/manager", "/web/database", "/xmlrpc/2/object", "/jsonrpc", "/json/2/res.partner/search",
        "/queue_job/runjob", "/doc",
    ):  # fmt: skip
        assert hidden.search(path), path
    for path in ("/web/login", "/web", "/mcp/acme", "/chatwootai/webhook/acme/x", "/web/dataset/call_kw", "/jsonrpcx"):
        assert not hidden.search(path), path
    assert conf.count('proxy_set_header X-Odoo-Database ""') == conf.count("X-Forwarded-Host $host") == 2


def test_the_limits_a_command_sets_are_those_odoo_reads():
    text = (paths.ADDONS / "chatwootai_mcp" / "tenancy" / "quota.py").read_text()
    assert tuple(re.findall(r"^    (\w+): (?:int|float) \| None = None", text, re.MULTILINE)) == LIMITS


def test_locks_pin_everything_exactly():
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-odoo.txt"):
        lines = (paths.ROOT / name).read_text().splitlines()
        pins = [line.partition("#")[0].strip() for line in lines if not line.startswith("#")]
        assert pins and all(re.match(r"[\w.\[\]-]+==[\w.]+(\s*;.*)?$", pin) for pin in pins)


def test_every_direct_requirement_has_its_reason():
    for name in ("requirements.in", "requirements-dev.in"):
        for line in (paths.ROOT / name).read_text().splitlines():
            assert not line or line.startswith("#") or re.match(r"[\w.-]+\s+# \S.{5,}", line), line
