"""The webhook: from a signed delivery to 200, at 50 a second, everything stored that must not be lost.

Deliveries come when they come, whether or not the ones before are answered: each is timed from the moment it was due.
Beside them stands what no acceptance can do without: one row written and committed to the same PostgreSQL.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import itertools
import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from stack import serve
from stack.instance import Instance

from . import stand as stands
from .figures import Figures, Row, timed
from .stand import ACCOUNT, Stand

RATE, SECONDS = 50, 20
CONVERSATIONS = 400  # most messages begin a conversation or come minutes after its last one
CLIENTS = 16  # more than are ever under way at once, when all is well

Delivery = tuple[bytes, dict[str, str]]


def run(instance: Instance) -> list[Row]:
    with stands.tenant(instance) as stand:
        commits = _row_and_commit()
        with stands.served(stand) as server:
            stands.wait_until_idle(server)
            waiting = deliveries(stand)
            for _ in range(RATE):
                deliver(server.port, stand, next(waiting))
            accepted = Figures.of(_at_rate(server, stand, waiting))
        stored = _stored()
    expected = RATE * (SECONDS + 1)
    if stored != expected:
        raise AssertionError(f"{stored} messages are stored, not {expected}")
    return [
        Row("one row inserted and committed", commits),
        Row(
            f"webhook accepted, {RATE} a second for {SECONDS} s",
            accepted,
            ratio=accepted.median / commits.median,
            target="p50 ≤ 10 ms, p99 ≤ 50 ms",
            met=accepted.median <= 10 and accepted.p99 <= 50,
            note="threads, no jobs in this process",
        ),
    ]


def deliveries(stand: Stand, first: int = 1, status: str = "pending") -> Iterator[Delivery]:
    """Signed deliveries as Chatwoot makes them, each a customer's new message, over many conversations."""
    for number in itertools.count(first):
        body = json.dumps(_event(stand, number, status)).encode()
        stamp = str(int(time.time()))
        mac = hmac.new(stand.webhook_secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
        headers = {
            "Content-Type": "application/json",
            "X-Chatwoot-Delivery": f"bench-{number}",
            "X-Chatwoot-Timestamp": stamp,
            "X-Chatwoot-Signature": "sha256=" + mac.hexdigest(),
        }
        yield body, headers


def _at_rate(server: serve.Server, stand: Stand, waiting: Iterator[Delivery]) -> list[float]:
    seconds: list[float] = []
    failures: list[BaseException] = []
    lock, begun = threading.Lock(), time.perf_counter() + 0.2
    numbers = iter(range(RATE * SECONDS))

    def work() -> None:
        while not failures:
            with lock:
                number = next(numbers, None)
                if number is None:
                    return
                delivery = next(waiting)
            due = begun + number / RATE
            time.sleep(max(0.0, due - time.perf_counter()))
            try:
                deliver(server.port, stand, delivery)
            except BaseException as error:
                failures.append(error)
                return
            seconds.append(time.perf_counter() - due)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return seconds


def deliver(port: int, stand: Stand, delivery: Delivery) -> None:
    body, headers = delivery
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", urlsplit(stand.webhook_url).path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise AssertionError(f"{answer.status}: {text[:200]!r}")


def _row_and_commit() -> Figures:
    from odoo.sql_db import db_connect

    with db_connect(ACCOUNT).cursor() as cr:
        cr.execute("CREATE TABLE bench_row (id serial PRIMARY KEY, body text)")
        cr.commit()

        def once() -> None:
            cr.execute("INSERT INTO bench_row (body) VALUES (%s)", ["x" * 2000])
            cr.commit()

        return Figures.of([timed(once) for _ in range(500)][100:])


def _stored() -> int:
    from odoo.sql_db import db_connect

    with db_connect(ACCOUNT).cursor() as cr:
        cr.execute("SELECT count(*) FROM chatwootai_message")
        return int(cr.fetchone()[0])


def _event(stand: Stand, number: int, status: str) -> dict[str, Any]:
    """message_created of a WhatsApp inbox, with the fields Chatwoot sends."""
    conversation = number % CONVERSATIONS + 1
    now = time.time()
    contact = {
        "id": conversation,
        "name": f"Cliente {conversation}",
        "email": None,
        "phone_number": f"+55119{conversation:08d}",
        "identifier": None,
        "additional_attributes": {},
        "custom_attributes": {},
        "thumbnail": "",
        "blocked": False,
    }
    account = {"id": stand.chatwoot_account, "name": "Bench"}
    content = f"Bom dia, quanto custa o batom número {number}?"
    return {
        "event": "message_created",
        "id": number,
        "account": account,
        "content": content,
        "content_type": "text",
        "content_attributes": {},
        "additional_attributes": {},
        "created_at": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(now)),
        "message_type": "incoming",
        "private": False,
        "source_id": f"wamid.{number}",
        "inbox": {"id": 1, "name": "WhatsApp"},
        "sender": contact | {"account": account, "avatar": ""},
        "conversation": {
            "id": conversation,
            "inbox_id": 1,
            "channel": "Channel::Whatsapp",
            "status": status,
            "can_reply": True,
            "additional_attributes": {},
            "custom_attributes": {},
            "labels": [],
            "priority": None,
            "snoozed_until": None,
            "first_reply_created_at": None,
            "contact_inbox": {"id": conversation, "contact_id": conversation, "inbox_id": 1, "source_id": "5511"},
            "meta": {"sender": contact | {"type": "contact"}, "assignee": None, "team": None, "hmac_verified": False},
            "messages": [{"id": number, "content": content, "message_type": 0, "created_at": int(now)}],
            "agent_last_seen_at": 0,
            "contact_last_seen_at": 0,
            "waiting_since": int(now),
            "unread_count": 1,
            "timestamp": int(now),
            "created_at": int(now) - 60,
            "last_activity_at": int(now),
            "updated_at": now,
        },
    }
