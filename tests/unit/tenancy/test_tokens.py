"""Credentials: only this server's are genuine, each opens what it was minted for and nothing else."""

import string

import pytest
from chatwootai_mcp.tenancy.keyring import Keyring, Undecipherable, WeakSecret
from chatwootai_mcp.tenancy.tokens import (
    CHATWOOT_AUDIENCE,
    config_audience,
    mint_mcp_key,
    mint_webhook_token,
    new_token_id,
    tenant_audience,
    verify_mcp_key,
    verify_webhook_token,
)
from hypothesis import given
from hypothesis import strategies as st

OLD, NEW = "o" * 32, "n" * 32
KEYRING = Keyring([OLD])
KEY = mint_mcp_key(KEYRING, "acme", "abcdef012345")
URL_SAFE = string.ascii_letters + string.digits + "-_"


def test_a_key_reads_as_the_design_says():
    prefix, account, key_id, mac = KEY.split("_", 3)
    assert (prefix, account, key_id) == ("cwai", "acme", "abcdef012345")
    assert len(mac) == 43 and set(mac) <= set(URL_SAFE)


def test_a_key_tells_whose_it_is():
    claims = verify_mcp_key(KEYRING, KEY)
    assert claims is not None and (claims.account_id, claims.key_id) == ("acme", "abcdef012345")


@given(st.integers(0, len(KEY) - 1), st.sampled_from(URL_SAFE))
def test_a_key_with_any_one_character_changed_is_worthless(position, character):
    forged = KEY[:position] + character + KEY[position + 1 :]
    assert (verify_mcp_key(KEYRING, forged) is not None) == (forged == KEY)


@given(st.text(max_size=120))
def test_no_text_is_a_key_by_accident(text):
    assert verify_mcp_key(KEYRING, text) is None
    assert verify_webhook_token(KEYRING, CHATWOOT_AUDIENCE, text) is None


def test_a_key_of_another_server_is_worthless():
    assert verify_mcp_key(Keyring([NEW]), KEY) is None


def test_a_trailing_newline_does_not_pass():
    assert verify_mcp_key(KEYRING, KEY + "\n") is None


def test_rotating_the_server_key_ends_no_key_and_no_webhook():
    rotated = Keyring([NEW, OLD])
    token = mint_webhook_token(KEYRING, tenant_audience("acme"), "abcdef012345")
    assert verify_mcp_key(rotated, KEY) is not None
    assert verify_webhook_token(rotated, tenant_audience("acme"), token) == "abcdef012345"
    assert verify_mcp_key(Keyring([NEW]), mint_mcp_key(rotated, "acme", "abcdef012345")) is not None


@pytest.mark.parametrize(
    "audience", [tenant_audience("acme-x"), config_audience("acme"), CHATWOOT_AUDIENCE, tenant_audience("acm")]
)
def test_a_webhook_token_opens_only_its_own_door(audience):
    token = mint_webhook_token(KEYRING, tenant_audience("acme"), "abcdef012345")
    assert verify_webhook_token(KEYRING, tenant_audience("acme"), token) == "abcdef012345"
    assert verify_webhook_token(KEYRING, audience, token) is None


def test_token_ids_do_not_repeat():
    assert len({new_token_id() for _ in range(1000)}) == 1000


def test_what_is_encrypted_is_read_back_after_a_rotation_but_not_for_another_purpose():
    ciphertext = KEYRING.encrypt("secret", "segredo ç")
    assert "segredo" not in ciphertext
    assert Keyring([NEW, OLD]).decrypt("secret", ciphertext) == "segredo ç"
    with pytest.raises(Undecipherable):
        KEYRING.decrypt("other", ciphertext)
    with pytest.raises(Undecipherable):
        Keyring([NEW]).decrypt("secret", ciphertext)


@pytest.mark.parametrize("secrets", [[], [""], ["short"], [OLD, "short"]])
def test_a_weak_server_key_is_refused_with_the_command_that_makes_one(secrets):
    with pytest.raises(WeakSecret, match="openssl rand -hex 32"):
        Keyring(secrets)
