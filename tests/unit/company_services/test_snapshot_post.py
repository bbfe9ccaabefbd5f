"""Posting over a real socket: what goes out, and that nothing that comes back, or does not, is an exception."""

import itertools
from unittest.mock import Mock

import pytest
from company_services.snapshot import post
from company_services.snapshot.verdict import Action, Reason

TOKEN = "abcdefghijkl-0123456789"


def send(receiver, **document):
    return post.post_snapshot(receiver.url, TOKEN, document or {"account_id": "acme"})


def test_the_document_arrives_with_the_token(receiver):
    assert send(receiver, name="Ação").action is Action.DONE
    path, headers, document = receiver.posts[0]
    assert path == "/chatwootai/config/acme"
    assert document == {"name": "Ação"}
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Content-Type"] == "application/json"


def test_a_netrc_entry_does_not_replace_the_token(receiver, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    send(receiver)
    assert receiver.posts[0][1]["Authorization"] == f"Bearer {TOKEN}"


def test_a_redirect_is_not_followed(receiver):
    receiver.answers, receiver.headers = [(302, b"")], {"Location": receiver.url}
    assert send(receiver).reason is Reason.REDIRECTED
    assert len(receiver.posts) == 1


def test_silence_is_a_timeout(receiver, monkeypatch):
    monkeypatch.setattr(post, "TIMEOUT", (5, 0.3))
    receiver.meanwhile = receiver.hang
    assert send(receiver).reason is Reason.TIMEOUT


def test_nobody_there_is_tried_again(receiver):
    receiver.stop()
    verdict = send(receiver)
    assert (verdict.action, verdict.reason) == (Action.RETRY, Reason.UNREACHABLE)


def test_an_endless_answer_is_cut(receiver):
    endless = Mock(iter_content=lambda size: itertools.repeat(b"x" * size))
    assert len(post._body(endless)) == post.ANSWER_BYTES
    receiver.answers = [(400, b"x" * 5_000_000)]
    assert send(receiver).reason is Reason.REFUSED


def test_a_token_that_is_echoed_is_not_repeated(receiver):
    receiver.answers = [(400, {"error": f"unknown token {TOKEN}"})]
    assert TOKEN not in send(receiver).detail


@pytest.mark.parametrize(("url", "token"), [("", TOKEN), ("http://127.0.0.1:1/", "")])
def test_without_address_or_token_nothing_is_sent(url, token):
    assert post.post_snapshot(url, token, {}).reason is Reason.NOT_CONFIGURED


@pytest.mark.parametrize("token", ["with space", "line\r\nX-Header: 1", "acentuação"])
def test_a_token_that_is_no_header_is_not_sent(receiver, token):
    assert post.post_snapshot(receiver.url, token, {}).reason is Reason.BAD_ADDRESS
    assert not receiver.posts
