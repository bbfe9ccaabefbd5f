"""A customer's file is fetched from Chatwoot or the public internet, and an address leads nowhere else."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from chatwootai_mcp.chatwoot import attachment_fetch
from chatwootai_mcp.chatwoot.attachment_fetch import NotFetchable, NotThereYet, fetch

CONTENT = b"\x89PNG" + b"x" * 1000


class Host(ThreadingHTTPServer):
    """Answers by path: a status, or where it is instead."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.paths = {"/there": 200}
        self.seen = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        answer = self.server.paths.get(self.path.partition("?")[0], 404)
        self.send_response(302 if isinstance(answer, str) else answer)
        if isinstance(answer, str):
            self.send_header("Location", answer)
        body = CONTENT if answer == 200 else b""
        self.send_header("Content-Type", "image/png; charset=binary")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def host():
    with Host() as server:
        yield server
        server.shutdown()


@pytest.fixture
def other():
    with Host() as server:
        yield server
        server.shutdown()


def get(url, own, limit=10_000):
    return fetch(url, own.url, limit=limit, seconds=5)


def test_a_file_of_chatwoots_own_is_fetched_wherever_chatwoot_is(host):
    fetched = get(f"{host.url}/there?disposition=inline", host)
    assert (fetched.content_type, fetched.content) == ("image/png", CONTENT)
    assert host.seen[0][0] == "/there?disposition=inline"


def test_no_token_goes_along(host):
    get(f"{host.url}/there", host)
    assert not {name.lower() for name in host.seen[0][1]} & {"authorization", "api_access_token", "cookie"}


def test_redirects_within_chatwoot_are_followed(host):
    host.paths |= {"/first": "/second", "/second": f"{host.url}/there"}
    assert get(f"{host.url}/first", host).content == CONTENT


def test_a_redirect_to_a_private_address_is_not_followed(host, other):
    host.paths["/first"] = f"{other.url}/there"
    with pytest.raises(NotFetchable):
        get(f"{host.url}/first", host)
    assert other.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/x",
        "http://[::1]/x",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/x",
        "http://0.0.0.0/x",
        "http://[::ffff:127.0.0.1]/x",
        "http://2130706433/x",
        "https://localhost/x",
        "file:///etc/passwd",
        "gopher://127.0.0.1/x",
        "http://user@chat.example/x",
        "http://:80/x",
        "",
        "//x",
        "http://a:99999999/x",
    ],
)
def test_an_address_inside_is_not_called(host, url):
    with pytest.raises((NotFetchable, NotThereYet)):
        get(url, host)
    assert host.seen == []


def test_a_name_is_called_at_the_address_that_was_checked(host, monkeypatch):
    """A name server that answers twice cannot lead the second look inside."""
    asked = []

    def resolve(name, port, **_):
        asked.append(name)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8" if len(asked) == 1 else "127.0.0.1", port))]

    called = []
    monkeypatch.setattr(attachment_fetch.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(
        attachment_fetch, "_get", lambda parts, address, *_: called.append(address) or "http://x.example/"
    )
    with pytest.raises(NotFetchable):
        get("http://files.example/x", host)
    assert called == ["8.8.8.8"]


def test_a_name_with_one_private_address_is_not_called(host, monkeypatch):
    both = [(0, 0, 0, "", ("8.8.8.8", 80)), (0, 0, 0, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(attachment_fetch.socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(NotFetchable):
        get("http://files.example/x", host)


@pytest.mark.parametrize("status", [404, 429, 500, 503])
def test_what_is_not_there_may_be_there_later(host, status):
    host.paths["/x"] = status
    with pytest.raises(NotThereYet):
        get(f"{host.url}/x", host)


@pytest.mark.parametrize("status", [401, 403, 410])
def test_what_is_refused_is_not_asked_for_again(host, status):
    host.paths["/x"] = status
    with pytest.raises(NotFetchable):
        get(f"{host.url}/x", host)


def test_a_file_larger_than_the_limit_is_not_taken(host):
    with pytest.raises(NotFetchable):
        get(f"{host.url}/there", host, limit=100)


def test_redirects_in_a_circle_end(host):
    host.paths["/x"] = "/x"
    with pytest.raises(NotFetchable):
        get(f"{host.url}/x", host)
    assert len(host.seen) == 5


def test_nobody_listening_may_be_back_later(host):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # so that nobody else takes the port meanwhile
        own = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(NotThereYet):
            fetch(f"{own}/x", own, limit=10, seconds=2)
