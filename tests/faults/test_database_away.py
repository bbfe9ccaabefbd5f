"""A tenant's database can't be reached: Chatwoot is told so in a way after which it tries again, and nobody else is."""

import hashlib
import hmac
import json
import time
from contextlib import contextmanager

import requests
from stack import postgres

from .counting import ANSWERED, told


@contextmanager
def away(database):
    """No connection to the database is let in, and those there are have ended."""
    postgres.sql(
        f"""
        ALTER DATABASE "{database}" ALLOW_CONNECTIONS false;
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}';
        """
    )
    try:
        yield
    finally:
        postgres.sql(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true')


def deliver(tenant, url):
    body = json.dumps({"event": "message_created", "account": {"id": tenant.chatwoot.id}}).encode()
    stamp = str(int(time.time()))
    mac = hmac.new(tenant.chatwoot.bot_secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"X-Chatwoot-Timestamp": stamp, "X-Chatwoot-Signature": f"sha256={mac}"}
    return requests.post(url, data=body, headers=headers, timeout=10)


def test_a_genuine_delivery_is_answered_500_and_any_other_as_ever(disturbed):
    tenant, other = disturbed.stack.tenant["careful"], disturbed.stack.tenant["forgetful"]
    with away("careful"):
        for url in (tenant.webhook_url, tenant.shared_webhook_url):
            assert deliver(tenant, url).status_code == 500
        assert deliver(tenant, tenant.webhook_url[:-2] + "xx").status_code == 401
        assert deliver(other, other.webhook_url).status_code == 400  # it holds no message
    message = disturbed.says("careful", "#back# Quanto custa?")
    disturbed.chatwoot.wait_for_reply(message.conversation, message.id, 60)
    disturbed.quiet("careful")
    outcomes = {each.mark: each.outcome for each in told(disturbed.chatwoot.journal, disturbed.account("careful"))}
    assert outcomes["back"] == ANSWERED
