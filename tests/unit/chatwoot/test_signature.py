"""A webhook is taken for Chatwoot's only with a fresh signature by one of the secrets over its very bytes."""

import pytest
from chatwootai_mcp.chatwoot.signature import is_signed, sign

BODY = b'{"event":"message_created"}'
STAMP = "1781706000"
SIGNATURE = "sha256=604bb285bf63a6ee46e8c0cae3caeb221bcf4d64d0929b9c447915639e7b973b"
NOW = 1781706000


def test_the_vector_of_the_contract():
    assert sign("s3cret", STAMP, BODY) == SIGNATURE
    assert is_signed(BODY, SIGNATURE, STAMP, ["s3cret"], NOW)


def test_any_of_several_secrets_will_do():
    assert is_signed(BODY, SIGNATURE, STAMP, ["other", "s3cret"], NOW)
    assert not is_signed(BODY, SIGNATURE, STAMP, ["other"], NOW)
    assert not is_signed(BODY, SIGNATURE, STAMP, [], NOW)


@pytest.mark.parametrize(
    ("now", "genuine"), [(NOW + 300, True), (NOW + 301, False), (NOW - 300, True), (NOW - 301, False)]
)
def test_it_is_good_for_five_minutes_both_ways(now, genuine):
    assert is_signed(BODY, SIGNATURE, STAMP, ["s3cret"], now) is genuine


def test_another_body_or_moment_breaks_it():
    assert not is_signed(BODY + b" ", SIGNATURE, STAMP, ["s3cret"], NOW)
    assert not is_signed(BODY, SIGNATURE, "1781706001", ["s3cret"], NOW)


@pytest.mark.parametrize(
    ("signature", "stamp"),
    [
        ("", STAMP),
        (SIGNATURE, ""),
        (SIGNATURE[7:], STAMP),
        ("sha256=é", STAMP),
        (SIGNATURE, "٣"),
        (SIGNATURE, "1e9"),
        (SIGNATURE, "9" * 40),
    ],
)
def test_malformed_headers_are_refused_without_an_error(signature, stamp):
    assert not is_signed(BODY, signature, stamp, ["s3cret"], NOW)
