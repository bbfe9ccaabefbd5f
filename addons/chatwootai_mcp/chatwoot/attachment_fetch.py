"""Fetches what a customer attached, from where Chatwoot says it is, and from nowhere it should not lead to.

The address comes with a webhook, and redirects (to a bucket, usually). Chatwoot's own address is trusted, wherever it
is; any other must be on the public internet, and is called at the very address that was checked: a name that resolves
to another one a moment later leads nowhere. No token is sent along.
"""

import ipaddress
import socket
import time
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urljoin, urlsplit

import certifi
import urllib3
from urllib3.exceptions import HTTPError

_REDIRECTS = 4
_CONNECT_SECONDS = 5.0
_READ_SECONDS = 10.0
_CHUNK = 64 * 1024
_PORTS = {"http": 80, "https": 443}


class NotThereYet(Exception):
    """Chatwoot answers 404 for the first seconds, and storage may be down: later it may be there."""


class NotFetchable(Exception):
    """It is too large, or at an address that is not called; the text is for the log."""


@dataclass(frozen=True)
class Fetched:
    content_type: str
    content: bytes = field(repr=False)


def fetch(url: str, own_base_url: str, *, limit: int, seconds: float) -> Fetched:
    """The file at the address.

    :param own_base_url: of the Chatwoot that named it
    :raises NotThereYet: trying again may help
    :raises NotFetchable: it will not
    """
    deadline = time.monotonic() + seconds
    for _redirect in range(_REDIRECTS + 1):
        parts = _checked(url)
        host = _resolved(parts, trusted=_origin(parts) == _origin(_checked(own_base_url)))
        answer = _get(parts, host, limit, deadline)
        if isinstance(answer, Fetched):
            return answer
        url = urljoin(url, answer)
    raise NotFetchable("too many redirects")


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _PORTS and parts.hostname and not parts.username and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise NotFetchable("not an address of a file")
    return parts


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS[parts.scheme]


def _resolved(parts: SplitResult, *, trusted: bool) -> str:
    """The numeric address to call; where the host is not trusted, one of those that are all public."""
    _scheme, host, port = _origin(parts)
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise NotThereYet("its host is not known") from None
    if not found:
        raise NotThereYet("its host has no address")
    if not trusted and not all(ipaddress.ip_address(address.partition("%")[0]).is_global for address in found):
        raise NotFetchable("its host is not on the public internet")
    return found[0]


def _get(parts: SplitResult, address: str, limit: int, deadline: float) -> Fetched | str:
    """The file, or where it is said to be instead."""
    with _pool(parts, address, deadline) as pool:
        try:
            response = pool.urlopen(
                "GET",
                f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}",
                headers={"Host": parts.netloc, "Accept": "*/*", "User-Agent": "ChatwootAI"},
                redirect=False,
                retries=False,
                preload_content=False,
            )
            try:
                return _answer(response, limit, deadline)
            finally:
                response.close()
        except (HTTPError, OSError):
            raise NotThereYet("its host does not answer") from None


def _pool(parts: SplitResult, address: str, deadline: float) -> urllib3.HTTPConnectionPool:
    _scheme, host, port = _origin(parts)
    left = deadline - time.monotonic()
    if left <= 0:
        raise NotThereYet("its host is slow")
    timeout = urllib3.Timeout(connect=min(_CONNECT_SECONDS, left), read=min(_READ_SECONDS, left))
    if parts.scheme == "http":
        return urllib3.HTTPConnectionPool(address, port, timeout=timeout)
    return urllib3.HTTPSConnectionPool(
        address,
        port,
        timeout=timeout,
        cert_reqs="CERT_REQUIRED",
        ca_certs=certifi.where(),
        assert_hostname=host,
        server_hostname=host,
    )


def _answer(response: urllib3.BaseHTTPResponse, limit: int, deadline: float) -> Fetched | str:
    if response.status in (301, 302, 303, 307, 308):
        return response.headers.get("Location", "")
    if response.status == 404 or response.status == 429 or response.status >= 500:
        raise NotThereYet(f"its host answers {response.status}")
    if response.status != 200:
        raise NotFetchable(f"its host answers {response.status}")
    content = bytearray()
    while piece := response.read1(_CHUNK, decode_content=True):
        content += piece
        if len(content) > limit:
            raise NotFetchable("it is too large")
        if time.monotonic() > deadline:
            raise NotThereYet("its host is slow")
    return Fetched(response.headers.get("Content-Type", "").partition(";")[0].strip().lower(), bytes(content))
