"""What a person may type after bin/tenant."""

import argparse

import pytest
from stack import daemon
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
