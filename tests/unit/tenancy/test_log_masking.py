"""A log line tells ids and outcomes, and never a credential, a person's number or address, or a value of SQL."""

import time

import pytest
from chatwootai_mcp.tenancy.keyring import Keyring
from chatwootai_mcp.tenancy.log_masking import mask_line, mask_sql
from chatwootai_mcp.tenancy.tokens import mint_mcp_key, mint_webhook_token, new_token_id, tenant_audience

KEYRING = Keyring(("k" * 40,))


def test_keys_and_webhook_tokens_that_this_server_issues_are_masked():
    key = mint_mcp_key(KEYRING, "acme-x", new_token_id())
    token = mint_webhook_token(KEYRING, tenant_audience("acme"), new_token_id())
    line = f'"POST /chatwootai/webhook/acme/{token} HTTP/1.1" 200, then {key}'
    assert key not in mask_line(line) and token not in mask_line(line)
    assert "/chatwootai/webhook/acme/***" in mask_line(line)
    assert "cwai_acme-x_***" in mask_line(line)


@pytest.mark.parametrize(
    "secret, line",
    [
        ("a8Kd93mXq", "headers {'api_access_token': 'a8Kd93mXq', 'x': 1}"),
        ("a8Kd93mXq", '{"llm_api_key": "a8Kd93mXq"}'),
        ("a8Kd93mXq", "GET /x?token=a8Kd93mXq&b=1"),
        ("a8Kd93mXq", "password=a8Kd93mXq host=db"),
        ("abc.def-ghi_123", "Authorization: Bearer abc.def-ghi_123"),
        ("hunter22", "redis://:hunter22@redis:6379/0 does not answer"),
        ("hunter22", "mongodb://user:hunter22@mongodb:27017/"),
        ("sk-proj-4567890", "the model refused sk-proj-4567890"),
        ("+55 11 98765-4321", "no partner for +55 11 98765-4321"),
        ("+5511987654321", "whatsapp:+5511987654321 wrote"),
        ("5511987654321", "identity 5511987654321"),
        ("(11) 98765-4321", "phone (11) 98765-4321"),
        ("maria@example.com", "login failed for maria@example.com"),
    ],
)
def test_what_opens_a_door_or_names_a_person_is_masked(secret, line):
    assert secret in line
    assert secret not in mask_line(line)


@pytest.mark.parametrize(
    "line",
    [
        "turn 12: conversation 345 not read again: Chatwoot answered 503",
        "outbox 7: found in Chatwoot as message 1234567",
        "knowledge of acme, rules: {'added': 3, 'deleted': 0}",
        "job 4f8ad7a2-6a34-4c2e-9a38-92d0e4f4ba11 done in 0.123 s at 2026-11-22 18:01:11,123",
        "HTTP service (werkzeug) running on 127.0.0.1:8069",
        "tokens: 1234 in, 56 out",
        "search_records of acme failed [1a2b3c4d]",
    ],
)
def test_what_an_operator_needs_stays(line):
    assert mask_line(line) == line


def test_a_refused_statement_is_told_without_its_values():
    said = (
        "bad query: INSERT INTO chatwootai_message (content) VALUES ('Quero o batom d''água')\n"
        'ERROR: duplicate key value violates unique constraint "x"\nDETAIL:  Key (content)=(Quero o batom) exists.'
    )
    masked = mask_sql(said)
    assert "batom" not in masked
    assert "INSERT INTO chatwootai_message" in masked and 'unique constraint "x"' in masked


@pytest.mark.parametrize(
    "part", ["x", "1", "_", "token", "token-", 'token="', "secret ", "a@", "a.", "+1 ", "://a:", "'"]
)
def test_no_long_line_holds_up_everybody(part):
    """The limit is on work, a hundred times what is needed; looking at each part again and again took a minute."""
    began = time.process_time()
    mask_line(part * 20_000)
    mask_sql(part * 20_000)
    assert time.process_time() - began < 2
