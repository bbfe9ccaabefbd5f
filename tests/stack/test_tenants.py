"""A tenant is made whole or not at all, and once dropped nothing of it is left. In an instance of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from stack import paths, postgres, services, template
from stack.console import Failure
from stack.instance import Instance

NAMES = ("stack-one", "stack-two")
ENVIRONMENT = {**os.environ, "CHATWOOTAI_INSTANCE": "stack", "CHATWOOTAI_PUBLIC_URL": "http://odoo.example:8069"}
CHATWOOT = ("--chatwoot-url", "https://chat.example/", "--chatwoot-account", "7", "--chatwoot-token", "t0ken")


def tenant(*arguments, code=0):
    """Run bin/tenant; its stdout, and its stderr when it is meant to fail."""
    command = [sys.executable, paths.ROOT / "bin" / "tenant", *arguments]
    done = subprocess.run(
        command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stderr if code else done.stdout.strip()


def warned(*arguments):
    """What bin/tenant said beside its result."""
    command = [sys.executable, paths.ROOT / "bin" / "tenant", *arguments]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True).stderr


@pytest.fixture(scope="module")
def instance():
    with services.running(Instance("stack")) as instance:
        _drop_all()
        yield instance
        _drop_all()


@pytest.fixture(scope="module")
def one(instance):
    """What creating the first tenant printed."""
    return json.loads(tenant("create", NAMES[0], *CHATWOOT, "--chatwoot-secret", "signing-secret", "--llm-model", "m"))


def _drop_all():
    for name in NAMES:
        subprocess.run(
            [sys.executable, paths.ROOT / "bin" / "tenant", "drop", name, "--yes"],
            env=ENVIRONMENT,
            capture_output=True,
            check=False,
        )


def _rows(query, name):
    return postgres.sql(query, role=postgres.OPERATOR, database=name)


def _traces(instance, name):
    """Everything anywhere that bears the tenant's name."""
    files = list(instance.data_dir.rglob(f"{name}*"))
    databases = postgres.sql("SELECT datname FROM pg_database WHERE datname = :'name'", name=name)
    query = "SELECT account_id FROM tenant WHERE account_id = :'name'"
    return files + databases + postgres.sql(query, database=instance.control_database, name=name)


def test_it_prints_the_tenants_addresses(one):
    assert one.keys() == {"account_id", "webhook_url", "mcp_url"}
    assert one["mcp_url"] == "http://odoo.example:8069/mcp/stack-one"
    assert one["webhook_url"].startswith("http://odoo.example:8069/chatwootai/webhook/stack-one/")


def test_a_chatwoot_that_does_not_work_is_noted_and_stops_nothing(one):
    query = "SELECT test_state || ': ' || test_result FROM chatwootai_chatwoot_connection"
    assert "failed: https://chat.example could not be used" in _rows(query, NAMES[0])[0]


def test_its_configuration_is_stored_when_the_command_returns(one, instance):
    assert _rows("SELECT sync_state FROM company_services_profile", NAMES[0]) == ["synced"]
    assert _rows("SELECT count(*) FROM queue_job", NAMES[0]) == ["0"]
    (usage,) = json.loads(tenant("usage", NAMES[0], "--json"))
    assert usage["documents"] == 2, "the company and the agents' configuration"
    assert usage["storage_mb"] > 1


def test_secrets_are_stored_encrypted(one):
    (connection,) = _rows("SELECT user_token FROM chatwootai_chatwoot_connection", NAMES[0])
    (secret,) = _rows("SELECT secret FROM chatwootai_webhook_secret", NAMES[0])
    assert connection and secret and "t0ken" not in connection and "signing-secret" not in secret


def test_odoos_role_owns_it_and_may_neither_create_databases_nor_change_the_control_database(one, instance):
    owner = "SELECT datdba::regrole FROM pg_database WHERE datname = :'name'"
    assert postgres.sql(owner, name=NAMES[0]) == [instance.role]
    for statement, database in (
        ('CREATE DATABASE "made-by-odoo"', "postgres"),
        ("UPDATE tenant SET demo = 'x'", instance.control_database),
        ("DELETE FROM alert", instance.control_database),
        ("INSERT INTO tenant_limit (account_id) VALUES ('stack-one')", instance.control_database),
    ):
        with pytest.raises(Exception, match="permission denied"):
            postgres.sql(statement, role=instance.role, database=database)
    raises = "INSERT INTO alert (account_id, kind, message) VALUES ('stack-one', :'kind', 'x')"
    kind = f"test {time.time()}"  # one that no run before has left unseen
    postgres.sql(raises, role=instance.role, database=instance.control_database, kind=kind)


def test_odoos_role_raises_alerts_and_seals_the_audit_and_changes_nothing_else_in_the_control_database(one, instance):
    """Whoever gets to run SQL as Odoo, say an administrator by a server action, sets no limit and moves no account."""
    rights = """
        SELECT tablename || ' ' || wanted FROM pg_tables, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) wanted
        WHERE schemaname = 'public' AND (has_table_privilege(:'odoo', format('%I', tablename), wanted)
            OR wanted IN ('INSERT', 'UPDATE') AND has_any_column_privilege(:'odoo', format('%I', tablename), wanted))
    """
    found = postgres.sql(rights, database=instance.control_database, odoo=instance.role)
    assert sorted(found) == ["alert INSERT", "alert UPDATE", "audit_head INSERT"]


def test_commands_that_start_at_once_prepare_the_servers_one_after_the_other(instance):
    with ThreadPoolExecutor(6) as starting:
        list(starting.map(lambda _command: Instance(instance.name).prepare(), range(12)))


def test_odoos_role_sees_no_statement_of_another_session(one, instance):
    with closing(postgres.connect(instance.role, NAMES[0])) as other, other.cursor() as cursor:
        cursor.execute("SELECT 'a customer''s words'")
        others = "SELECT query FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = current_user"
        seen = postgres.sql(others, role=instance.role, database="postgres")
    assert seen and not any("words" in query for query in seen)


def test_a_chatwoot_account_connected_in_odoo_is_one_tenants_and_the_operators_map_stays(one, instance):
    def call(statement):
        return postgres.sql(statement, role=instance.role, database=instance.control_database)

    claim = "SELECT owner, is_new FROM claim_chatwoot_account('{}', 'https://chat.example', {})"
    assert call(claim.format("stack-two", 7)) == ["stack-one|f"], "bin/tenant create has mapped it"
    assert call(claim.format("stack-one", 8)) == ["stack-one|t"]
    assert call(claim.format("stack-one", 8)) == ["stack-one|f"]
    assert call(claim.format("stack-two", 8)) == ["stack-one|f"]
    assert call(claim.format("no-tenant", 9)) == ["|f"], "what is no tenant holds nothing"
    for number in (7, 8):
        for claimant in ("stack-two", "stack-one"):
            call(f"SELECT give_up_chatwoot_account('{claimant}', 'https://chat.example', {number})")
    left = "SELECT chatwoot_account FROM chatwoot_account WHERE account_id = 'stack-one'"
    assert postgres.sql(left, database=instance.control_database) == ["7"]


@pytest.mark.parametrize("name", ["a_b", "postgres"])  # all that is none: tests/unit/tenancy/test_account.py
def test_a_name_that_is_no_account_id_is_refused(instance, name):
    assert "can't be an account" in tenant("create", name, code=1)


def test_a_name_that_is_taken_is_refused(one):
    assert "already" in tenant("create", NAMES[0], code=1)


def test_a_chatwoot_account_belongs_to_one_tenant_and_the_refused_one_leaves_nothing(one, instance):
    again = ("--chatwoot-url", "https://CHAT.example", *CHATWOOT[2:])
    assert "belongs to another tenant" in tenant("create", NAMES[1], *again, code=1)
    assert _traces(instance, NAMES[1]) == []


def test_half_a_chatwoot_is_refused(instance):
    assert "--chatwoot-token" in tenant("create", NAMES[1], "--chatwoot-url", "https://chat.example", code=1)


def test_keys_are_printed_alone_listed_without_their_secret_and_revoked(one):
    key = tenant("key", NAMES[0], "--name", "robot", "--servers", "odoo,qdrant", "--days", "3")
    prefix, account_id, key_id, mac = key.split("_", 3)
    assert (prefix, account_id, len(key_id), len(mac)) == ("cwai", NAMES[0], 12, 43)
    listed = tenant("key", NAMES[0], "--list", "--json")
    assert mac not in listed
    (row,) = (row for row in json.loads(listed) if row["id"] == key_id)
    assert (row["name"], row["servers"], row["write"], row["state"]) == ("robot", "odoo,qdrant", False, "active")
    assert row["user"] == "chatwootai-agent", "a user with limited rights"
    tenant("key", NAMES[0], "--revoke", key_id)
    assert [row["state"] for row in json.loads(tenant("key", NAMES[0], "--list", "--json")) if row["id"] == key_id] == [
        "revoked"
    ]
    for no_key in ("nosuchkey000", ""):
        assert "has no key" in tenant("key", NAMES[0], "--revoke", no_key, code=1), "and it issues none instead"
    assert "no active user" in tenant("key", NAMES[0], "--user", "nobody@example.com", code=1)


def test_limits_are_set_one_by_one_shown_and_taken_away(one):
    tenant("limit", NAMES[0], "--calls-per-minute", "60", "--money-per-month", "12.5")
    shown = json.loads(tenant("limit", NAMES[0], "--concurrent", "4"))
    assert (shown["calls_per_minute"], shown["concurrent"], shown["money_per_month"]) == (60, 4, 12.5)
    assert json.loads(tenant("limit", NAMES[0], "--calls-per-minute", "-1"))["calls_per_minute"] is None


def test_usage_tells_who_is_nearest_to_a_limit_and_who_takes_the_most(one, instance):
    tenant("create", NAMES[1])
    for name, calls, milliseconds in ((NAMES[0], 5, 900), (NAMES[1], 3, 90_000)):
        postgres.sql(
            f"INSERT INTO chatwootai_usage (day, calls, errors, call_ms, turns, tokens_in, money) VALUES"
            f" ((now() AT TIME ZONE 'UTC')::date, {calls}, 1, {milliseconds}, 9, 100, 0.5)"
            " ON CONFLICT (day) DO UPDATE SET calls = EXCLUDED.calls, errors = 1, call_ms = EXCLUDED.call_ms,"
            " turns = 9, tokens_in = 100, money = 0.5",
            role=postgres.OPERATOR,
            database=name,
        )
    tenant("limit", NAMES[0], "--turns-per-day", "10", "--tokens-per-month", "1000")
    rows = json.loads(tenant("usage", "--json"))
    assert [(row["account_id"], row["nearest_limit"], row["percent"]) for row in rows] == [
        (NAMES[0], "turns_per_day", 90),
        (NAMES[1], None, None),
    ]
    assert (rows[0]["calls"], rows[0]["tokens"], rows[0]["money"]) == (5, 100, 0.5)
    assert [row["account_id"] for row in json.loads(tenant("usage", "--sort", "time", "--json"))] == [*NAMES[::-1]]
    (today,) = json.loads(tenant("usage", NAMES[1], "--days", "1", "--json"))
    assert (today["calls"], today["call_seconds"]) == (3, 90)
    tenant("drop", NAMES[1], "--yes")


def test_prices_are_set_shown_and_taken_away_and_a_limit_on_money_without_one_warns(one):
    assert "warning" not in warned("limit", NAMES[0], "--money-per-month", "-1")
    assert "warning" in warned("limit", NAMES[0], "--money-per-month", "5")
    tenant("price", "gpt-4.1-mini", "0.4", "1.6")
    assert "warning" in warned("limit", NAMES[0]), "the tenant may choose another model"
    assert json.loads(tenant("price", "*", "3", "15", "--json")) == [
        {"model": "*", "tokens_in": 3, "tokens_out": 15},
        {"model": "gpt-4.1-mini", "tokens_in": 0.4, "tokens_out": 1.6},
    ]
    assert "warning" not in warned("limit", NAMES[0])
    assert "two numbers" in tenant("price", "m", "1", code=1)
    for model in ("*", "gpt-4.1-mini"):
        tenant("price", model, "--remove")
    assert json.loads(tenant("price", "--json")) == []


def test_clones_do_not_start_equal(one, instance):
    """Else a process that knew a dropped tenant would trust its old caches for the next of that name."""
    tenant("create", NAMES[1])
    for query in (
        "SELECT max(id) FROM orm_signaling_registry",
        "SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'",
        "SELECT value FROM ir_config_parameter WHERE key = 'database.secret'",
    ):
        values = [_rows(query, name)[0] for name in NAMES]
        assert len(set(values)) == 2, query


def test_what_a_clone_signals_is_above_what_it_began_with(one):
    """Else its processes never notice: they look at the highest number only."""
    before, after = (
        _rows(query, NAMES[0])[0]
        for query in (
            "SELECT max(id) FROM orm_signaling_default",
            "SELECT nextval(pg_get_serial_sequence('orm_signaling_default', 'id'))",
        )
    )
    assert int(after) > int(before)


def test_nobody_can_keep_a_template_busy(one):
    with pytest.raises(Failure, match="not currently accepting connections"):
        _rows("SELECT 1", template.TEMPLATE)


def test_an_unknown_tenant_is_not_dropped(instance):
    assert "no tenant" in tenant("drop", "nobody-here", "--yes", code=1)


def test_dropping_asks_first(one, instance):
    assert "nothing was dropped" in tenant("drop", NAMES[0], code=1)
    assert _traces(instance, NAMES[0])


def test_a_create_that_was_killed_is_cleared_away_by_the_next(instance):
    tenant("drop", NAMES[1], "--yes")
    command = [sys.executable, paths.ROOT / "bin" / "tenant", "create", NAMES[1]]
    killed = subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True, start_new_session=True)
    for line in killed.stderr:
        if "settings" in line:
            break
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert _traces(instance, NAMES[1]), "it was killed in the middle"
    owner = "SELECT datdba::regrole FROM pg_database WHERE datname = :'name'"
    assert postgres.sql(owner, name=NAMES[1]) == [postgres.OPERATOR], "no server sees what is not whole"
    assert "no tenant" in tenant("key", NAMES[1], code=1)
    tenant("create", NAMES[1])


def test_a_dropped_tenant_is_gone_everywhere_and_its_name_and_chatwoot_account_are_free(one, instance):
    for name in NAMES:
        tenant("drop", name, "--yes")
        assert _traces(instance, name) == []
    assert json.loads(tenant("create", NAMES[1], *CHATWOOT))["account_id"] == NAMES[1]
