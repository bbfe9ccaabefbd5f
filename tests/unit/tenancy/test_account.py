"""What an account may be called, and that no two of them share a name anywhere."""

import pytest
from chatwootai_mcp.tenancy.account import (
    CollectionType,
    ConfigType,
    InvalidAccountId,
    cache_key,
    collection_name,
    parse_account_id,
)
from hypothesis import given
from hypothesis import strategies as st

account_ids = st.from_regex(r"[a-z][a-z0-9]{0,7}(-[a-z0-9]{1,6}){0,3}", fullmatch=True).filter(
    lambda name: name not in {"admin", "local", "config", "test", "postgres", "template0", "template1"}
)


@pytest.mark.parametrize("name", ["a", "acme", "acme-x", "loja1", "a-1-b", "x" * 40])
def test_account_ids_are_accepted(name):
    assert parse_account_id(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "Acme", "1acme", "acme_x", "acme.x", "acme:x", "-acme", "acme-", "acme--x", "acme\n", "açai", "x" * 41]
    + ["admin", "local", "config", "test", "postgres", "template0", "template1", "chatwootai_control"]
    + [None, 7, b"acme", ["acme"], "acme/x", "acme x", "acme\0"],
)
def test_everything_else_is_refused_with_the_rule(name):
    with pytest.raises(InvalidAccountId, match="account_id"):
        parse_account_id(name)


@given(account_ids, st.sampled_from(CollectionType), account_ids, st.sampled_from(CollectionType))
def test_two_tenants_never_share_a_collection(one, of_one, other, of_other):
    same = collection_name(one, of_one) == collection_name(other, of_other)
    assert same == (one == other and of_one == of_other)


@given(account_ids, st.sampled_from(CollectionType))
def test_a_collection_name_splits_at_its_first_underscore(account_id, collection_type):
    assert collection_name(account_id, collection_type).split("_", 1) == [account_id, collection_type.value]


@given(account_ids, account_ids, st.sampled_from(ConfigType))
def test_two_tenants_never_share_a_cache_key(one, other, config_type):
    assert (cache_key(one, config_type) == cache_key(other, config_type)) == (one == other)


@given(st.text(max_size=45))
def test_no_text_outside_the_rule_names_a_store(text):
    try:
        name = collection_name(text, CollectionType.PRODUCTS)
    except InvalidAccountId:
        return
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_") and len(name) <= 49
