"""What a person may type after bin/tenant."""

from stack.tenant_command import _parser, _values_joined


def parse(*arguments):
    return _parser().parse_args(_values_joined(list(arguments)))


def test_a_generated_token_may_begin_with_a_hyphen():
    options = parse("create", "acme", "--chatwoot-token", "-FY_MH3", "--chatwoot-secret", "--x", "--llm-api-key", "-k")
    assert (options.chatwoot_token, options.chatwoot_secret, options.llm_api_key) == ("-FY_MH3", ["--x"], "-k")


def test_several_secrets_may_be_given():
    options = parse("create", "acme", "--chatwoot-secret", "one", "--chatwoot-secret=two")
    assert options.chatwoot_secret == ["one", "two"]
