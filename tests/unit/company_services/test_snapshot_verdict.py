"""What an answer to a snapshot leads to: done, another attempt, or a person who has to do something."""

import json

import pytest
import requests
from company_services.snapshot.verdict import (
    RETRY_SECONDS,
    Action,
    Reason,
    is_web_address,
    retry_delay,
    verdict_of_answer,
    verdict_of_error,
)
from hypothesis import given
from hypothesis import strategies as st


def answer(**document):
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("status", "body", "action", "reason"),
    [
        (200, answer(success=True, version=3), Action.DONE, Reason.STORED),
        (200, b"<html>Log in</html>", Action.FAIL, Reason.STRANGE_ANSWER),
        (200, answer(success=False, error="no"), Action.FAIL, Reason.REFUSED),
        (200, answer(success="true"), Action.FAIL, Reason.STRANGE_ANSWER),
        (204, b"", Action.FAIL, Reason.STRANGE_ANSWER),
        (301, b"", Action.FAIL, Reason.REDIRECTED),
        (400, answer(success=False, error="bad"), Action.FAIL, Reason.REFUSED),
        (401, b"", Action.FAIL, Reason.UNAUTHORISED),
        (404, b"", Action.FAIL, Reason.NOT_FOUND),
        (409, answer(success=False, version=9), Action.FAIL, Reason.STALE),
        (413, b"", Action.FAIL, Reason.REFUSED),
        (429, b"", Action.RETRY, Reason.SERVER_ERROR),
        (500, b"", Action.RETRY, Reason.SERVER_ERROR),
        (503, b"[" * 100_000, Action.RETRY, Reason.SERVER_ERROR),
    ],
)
def test_answers(status, body, action, reason):
    verdict = verdict_of_answer(status, body)
    assert (verdict.action, verdict.reason, verdict.status) == (action, reason, status)


@given(st.integers(100, 599), st.binary(max_size=200))
def test_only_the_receivers_own_200_counts_as_stored(status, body):
    assert verdict_of_answer(status, body).action is not Action.DONE


@given(st.text(max_size=2000))
def test_a_reason_from_outside_is_one_short_printable_line(error):
    detail = verdict_of_answer(400, answer(error=error)).detail
    assert len(detail) <= 500 and (not detail or detail.isprintable())


def test_a_refused_older_version_tells_what_is_stored():
    assert verdict_of_answer(409, answer(version=17)).stored_version == 17


@pytest.mark.parametrize("version", [True, "17", -1, 2**40, None])
def test_a_stored_version_that_is_none_is_ignored(version):
    assert verdict_of_answer(409, answer(version=version)).stored_version is None


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (requests.exceptions.ConnectTimeout(), Action.RETRY),
        (requests.exceptions.ReadTimeout(), Action.RETRY),
        (requests.exceptions.ConnectionError(), Action.RETRY),
        (requests.exceptions.SSLError(), Action.FAIL),
        (requests.exceptions.InvalidURL(), Action.FAIL),
    ],
)
def test_errors(error, action):
    assert verdict_of_error(error).action is action


def test_attempts_end():
    delays = [retry_delay(failed) for failed in range(1, len(RETRY_SECONDS) + 2)]
    assert delays == [*RETRY_SECONDS, None]
    assert list(RETRY_SECONDS) == sorted(RETRY_SECONDS)


@pytest.mark.parametrize(
    "url",
    ["", "acme.com", "ftp://acme.com", "http://", "https://user:secret@acme.com/", "http://a b.com", "http://a:99999/"],
)
def test_what_is_no_web_address(url):
    assert not is_web_address(url)
