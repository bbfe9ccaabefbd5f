"""The audit keeps who did what, and nothing that identifies a person or opens a door."""

from chatwootai_mcp.tenancy.audit import mask
from hypothesis import given
from hypothesis import strategies as st

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(max_size=20), inner, max_size=30),
    max_leaves=40,
)


def test_secrets_addresses_and_numbers_are_masked_wherever_they_stand():
    masked = str(
        mask({"api_key": "k-123", "domain": [["email", "=", "ana@example.com"]], "q": "ligue +55 11 91234-5678"})
    )
    assert not any(secret in masked for secret in ("k-123", "ana@example.com", "91234"))
    assert "<email>" in masked and "<phone>" in masked


@given(json_values)
def test_whatever_was_asked_the_row_stays_small(value):
    assert len(repr(mask(value))) < 2_000_000
    assert mask(value) is None or type(mask(value)) in (bool, int, float, str, list, dict)


def test_a_vector_is_cut():
    assert len(mask([0.5] * 5000)) == 21
