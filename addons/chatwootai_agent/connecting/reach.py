"""Whether the webhook address leads here: a test event, signed as Chatwoot signs, and where its name leads."""

import ipaddress
import json
import socket
import time
from urllib.parse import urlsplit

import requests

from odoo.addons.chatwootai_mcp.chatwoot.signature import sign

_SECONDS = (5, 5)  # as long as Chatwoot waits


def send_test_event(url, account, secret):
    """The status the address answers with, or None when nothing answered. The event is one that changes nothing."""
    body = json.dumps({"event": "webwidget_triggered", "account": {"id": account}}).encode()
    timestamp = str(int(time.time()))
    headers = {"Content-Type": "application/json", "X-Chatwoot-Timestamp": timestamp}
    if secret:
        headers["X-Chatwoot-Signature"] = sign(secret, timestamp, body)
    try:
        return requests.post(url, data=body, headers=headers, timeout=_SECONDS, allow_redirects=False).status_code
    except requests.RequestException:
        return None


def is_private(url):
    """Whether the address leads into a private network, as seen from here; None when its name leads nowhere."""
    try:
        found = socket.getaddrinfo(urlsplit(url).hostname, None, proto=socket.IPPROTO_TCP)
    except OSError:
        return None
    addresses = [ipaddress.ip_address(entry[4][0].partition("%")[0]) for entry in found]
    return any(not address.is_global for address in addresses)
