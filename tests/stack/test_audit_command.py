"""What happened just before a clean stop is in the audit; the operator can check and export it, and sees the alerts."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from stack import paths, postgres, serve, services
from stack.instance import Instance

NAME = "audited"
INSTANCE = "audit"
READS = 25
GUESSES = 12


def tenant(*arguments, code=0):
    """Run bin/tenant; its stdout."""
    command = [sys.executable, paths.ROOT / "bin" / "tenant", *arguments]
    environment = {**os.environ, "CHATWOOTAI_INSTANCE": INSTANCE, "CHATWOOTAI_PUBLIC_URL": ""}
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stdout.strip()


def call(url, key, tool="search_records", **arguments):
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(f"{url}/mcp/{NAME}", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["result"]["structuredContent"]
    except urllib.error.HTTPError as error:
        return error.code


def rows(query, role=postgres.OPERATOR):
    return postgres.sql(query, role=role, database=NAME)


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    """A tenant that was used, and guessed at, until the very moment its server was asked to stop."""
    with services.running(Instance(INSTANCE)) as instance:
        command = [sys.executable, paths.ROOT / "bin" / "tenant", "drop", NAME, "--yes"]
        subprocess.run(command, env={**os.environ, "CHATWOOTAI_INSTANCE": INSTANCE}, capture_output=True, check=False)
        tenant("create", NAME)
        key = tenant("key", NAME, "--write")
        with serve.serving(instance, 0, log=tmp_path_factory.mktemp("serve") / "serve.log") as server:
            for _guess in range(GUESSES):
                assert call(server.url, "cwai_wrong") == 401
            for _read in range(READS):
                assert call(server.url, key, model="res.partner", limit=1)["success"]
            assert server.stop() == 0  # asked once: to a second signal Odoo ends at once, and nothing is written
        yield instance
        tenant("drop", NAME, "--yes")


def test_every_call_before_a_clean_stop_is_there_and_sealed(instance):
    assert rows("SELECT count(*) FROM chatwootai_audit WHERE tool = 'search_records' AND kind = 'call'") == [str(READS)]
    assert rows("SELECT count(*) FROM chatwootai_audit WHERE seq IS NULL") == ["0"]


def test_what_made_the_tenant_is_there_too(instance):
    assert int(rows("SELECT count(*) FROM chatwootai_audit WHERE kind = 'configuration'")[0]) > 0
    assert rows("SELECT count(*) FROM chatwootai_audit WHERE kind = 'key' AND tool = 'issue'") == ["1"]


def test_refused_credentials_are_there_however_many_in_few_rows(instance):
    told = rows("SELECT arguments::json->>'times' FROM chatwootai_audit WHERE kind = 'refused'")
    assert sum(map(int, told)) == GUESSES
    assert len(told) <= 3


def test_the_operator_sees_the_alert_until_it_is_marked_as_seen(instance):
    (alert,) = json.loads(tenant("alerts", NAME, "--json"))
    assert (alert["kind"], alert["account_id"]) == ("refused_credentials", NAME)
    tenant("alerts", "--seen", str(alert["id"]))
    assert json.loads(tenant("alerts", NAME, "--json")) == []
    (seen,) = json.loads(tenant("alerts", NAME, "--all", "--json"))
    assert seen["seen"]


def test_it_is_exported_as_json_lines(instance):
    lines = [json.loads(line) for line in tenant("audit", NAME, "--export", "-").splitlines()]
    assert len(lines) == int(rows("SELECT count(*) FROM chatwootai_audit")[0])
    assert {"at", "actor", "tool", "arguments", "seal"} <= lines[0].keys()


def test_odoos_role_changes_nothing_in_it(instance):
    for statement in ("DELETE FROM chatwootai_audit", "UPDATE chatwootai_audit SET actor = 'x'"):
        with pytest.raises(Exception, match="only grows"):
            rows(statement, role=instance.role)
    for statement in ("DELETE FROM audit_head", "UPDATE audit_head SET seq = 0"):
        with pytest.raises(Exception, match="permission denied"):
            postgres.sql(statement, role=instance.role, database=instance.control_database)


def test_what_was_noted_of_rows_that_retention_took_goes_after_a_month_and_not_before(instance):
    def control(statement, role=postgres.OPERATOR):
        return postgres.sql(statement, role=role, database=instance.control_database)

    days_of = {1_000_001: 60, 1_000_002: 40, 1_000_003: 20, 1_000_004: 50}  # by row
    for seq, days in days_of.items():
        control(
            "INSERT INTO audit_head (account_id, hour, seq, seal)"
            f" VALUES ('{NAME}', now() - interval '{days} days', {seq}, 'x')"
        )
    try:
        control(f"SELECT forget_audit_heads('{NAME}', 1000003)", role=instance.role)
        kept = control(f"SELECT seq FROM audit_head WHERE account_id = '{NAME}' AND seq > 1000000 ORDER BY seq")
        assert kept == ["1000003", "1000004"]
    finally:
        control(f"DELETE FROM audit_head WHERE account_id = '{NAME}' AND seq > 1000000")


def test_a_row_that_the_owner_of_the_tables_removed_is_found_by_the_check(instance):
    whole = json.loads(tenant("audit", NAME, "--verify", "--json"))
    assert whole["found"] == []
    rows(
        "ALTER TABLE chatwootai_audit DISABLE TRIGGER USER;"
        "DELETE FROM chatwootai_audit WHERE seq = 3;"
        "ALTER TABLE chatwootai_audit ENABLE TRIGGER USER;",
        role=postgres.SUPERUSER,
    )
    found = json.loads(tenant("audit", NAME, "--verify", "--json", code=1))["found"]
    assert [finding["seq"] for finding in found] == [3]
