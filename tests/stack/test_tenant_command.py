"""What a person may type after bin/tenant."""

import argparse

import pytest
from psycopg2 import OperationalError
from stack import daemon, tenant_usage
from stack.console import Failure
from stack.tenant_command import _create, _parser, _values_joined


def parse(*arguments):
    return _parser().parse_args(_values_joined(list(arguments)))


def test_a_generated_token_may_begin_with_a_hyphen():
    options = parse("create", "acme", "--chatwoot-token", "-FY_MH3", "--chatwoot-secret", "--x", "--llm-api-key", "-k")
    assert (options.chatwoot_token, options.chatwoot_secret, options.llm_api_key) == ("-FY_MH3", ["--x"], "-k")


def test_several_secrets_may_be_given():
    options = parse("create", "acme", "--chatwoot-secret", "one", "--chatwoot-secret=two")
    assert options.chatwoot_secret == ["one", "two"]


@pytest.mark.parametrize("given", [("--chatwoot-bot-token", "b"), ("--chatwoot-secret", "s"), ("--chatwoot-url", "u")])
def test_what_belongs_to_a_chatwoot_is_not_dropped_in_silence(given):
    with pytest.raises(Failure, match="together"):
        _create(None, parse("create", "acme", *given))


@pytest.mark.parametrize("text", ["0", "65536", "-1", "http", "²"])
def test_a_port_is_one_that_can_be_listened_on(text):
    with pytest.raises(argparse.ArgumentTypeError):
        daemon.port_number(text)


@pytest.mark.parametrize("text", ["nan", "inf", "-0.5", "-2", "1e30", "much", ""])
@pytest.mark.parametrize("option", ["--money-per-month", "--calls-per-minute"])
def test_what_is_no_limit_is_refused_and_sets_none(option, text, capsys):
    with pytest.raises(SystemExit):
        parse("limit", "acme", f"{option}={text}")
    assert option in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "-1", "4000000", "99999999999", "soon"])
def test_a_key_ends_on_a_day_there_is(text, capsys):
    with pytest.raises(SystemExit):
        parse("key", "acme", f"--days={text}")
    assert "--days" in capsys.readouterr().err


def test_limits_are_numbers_or_none():
    options = parse("limit", "acme", "--money-per-month=-1", "--calls-per-minute=0", "--tokens-per-month=5000000000")
    assert (options.money_per_month, options.calls_per_minute, options.tokens_per_month) == (-1, 0, 5_000_000_000)


def test_a_tenant_whose_database_is_away_does_not_hide_the_others_usage(monkeypatch, capsys):
    def rows(account_id, _query, _days):
        if account_id == "away":
            raise OperationalError("not accepting connections")
        names = ("turns_per_day", "tokens_per_month", "money_per_month", "documents", "vectors", "calls")
        return iter([dict.fromkeys(names, 1)])

    monkeypatch.setattr(tenant_usage, "_rows", rows)
    found = tenant_usage.per_tenant({"acme": {}, "away": {}, "zeta": {"vectors": 2}}, 30, "limit")
    assert [(row["account_id"], row["percent"]) for row in found] == [("zeta", 50), ("acme", None)]
    assert "away is left out" in capsys.readouterr().err
