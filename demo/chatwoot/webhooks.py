"""Delivering webhooks as Chatwoot does: signed, in the background, in no promised order, retried by kind."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import requests

from .faults import Fault, Faults
from .journal import Journal

TIMEOUT = (5.0, 5.0)
BOT_TRIES = 3
BOT_RETRIED = (429, 500)
FAILURE_OPENS = ("message_created", "message_updated")


def sign(secret: str, timestamp: int | str, body: bytes) -> str:
    """The value of X-Chatwoot-Signature."""
    mac = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return "sha256=" + mac.hexdigest()


@dataclass(frozen=True)
class Target:
    """Where a webhook goes. `kind` is bot or account: they are retried differently."""

    kind: str
    url: str
    secret: str


@dataclass(frozen=True)
class Delivery:
    """One event for one target; the body is frozen when the event happens. `failed` runs if all tries fail."""

    target: Target
    event: str
    account_id: int
    id: int | None  # of the message or the conversation it tells of
    body: bytes
    failed: Callable[[], None] | None = None


class Postman:
    """Takes each delivery away on a thread of its own."""

    def __init__(self, faults: Faults, journal: Journal, retry_seconds: float = 3.0) -> None:
        self.retry_seconds = retry_seconds
        self._faults = faults
        self._journal = journal
        self._closing = threading.Event()
        self._idle = threading.Condition()
        self._under_way = 0
        self._carried: Counter[str] = Counter()

    def post(self, delivery: Delivery) -> None:
        delivery_id = str(uuid.uuid4())
        for again in self._copies(delivery, delivery_id):
            self.run(partial(self._carry, delivery, again))

    def run(self, work: Callable[[], None]) -> None:
        """In the background, counted by wait_idle."""
        with self._idle:
            self._under_way += 1
        threading.Thread(target=self._counted, args=(work,), daemon=True, name="webhook").start()

    def wait_idle(self, timeout: float = 30.0) -> bool:
        """True once nothing is under way."""
        with self._idle:
            return self._idle.wait_for(lambda: self._under_way == 0, timeout)

    def close(self) -> None:
        self._closing.set()

    def _copies(self, delivery: Delivery, delivery_id: str) -> list[str]:
        subject = f"{delivery.target.kind} {delivery.event}"
        if self._faults.strikes(Fault.WEBHOOK_LOST, subject):
            self._log(delivery, delivery_id, lost=True)
            return []
        copies = [delivery_id]
        if self._faults.strikes(Fault.WEBHOOK_DUPLICATE, subject):
            copies.append(delivery_id)
        if self._faults.strikes(Fault.WEBHOOK_DUPLICATE_NEW_ID, subject):
            copies.append(str(uuid.uuid4()))
        return copies

    def _counted(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            with self._idle:
                self._under_way -= 1
                self._idle.notify_all()

    def _carry(self, delivery: Delivery, delivery_id: str) -> None:
        self._closing.wait(self._faults.delay(f"{delivery.target.kind} {delivery.event}"))
        self._let_another_pass(delivery)
        arrived = self._deliver(delivery, delivery_id)
        with self._idle:
            self._carried[delivery.target.url] += 1
            self._idle.notify_all()
        if not arrived and delivery.failed and not self._closing.is_set():
            delivery.failed()

    def _let_another_pass(self, delivery: Delivery) -> None:
        url = delivery.target.url
        if knob := self._faults.strikes(Fault.WEBHOOK_DISORDER, f"{delivery.target.kind} {delivery.event}"):
            with self._idle:
                before = self._carried[url]
                self._idle.wait_for(lambda: self._carried[url] > before or self._closing.is_set(), knob.seconds)

    def _deliver(self, delivery: Delivery, delivery_id: str) -> bool:
        tries = BOT_TRIES if delivery.target.kind == "bot" else 1
        for attempt in range(1, tries + 1):
            if self._closing.is_set():
                return False
            status = self._attempt(delivery, delivery_id, attempt)
            if status is not None and 200 <= status < 300:
                return True
            if status not in BOT_RETRIED or attempt == tries:
                return False
            self._closing.wait(self.retry_seconds)
        return False

    def _attempt(self, delivery: Delivery, delivery_id: str, attempt: int) -> int | None:
        timestamp = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-Chatwoot-Delivery": delivery_id,
            "X-Chatwoot-Timestamp": str(timestamp),
            "X-Chatwoot-Signature": sign(delivery.target.secret, timestamp, delivery.body),
        }
        started = time.monotonic()
        status, error = None, None
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.post(
                    delivery.target.url, data=delivery.body, headers=headers, timeout=TIMEOUT, allow_redirects=False
                )
            status = answer.status_code
        except requests.RequestException as failure:
            error = type(failure).__name__
        self._log(
            delivery, delivery_id, attempt=attempt, status=status, error=error, seconds=time.monotonic() - started
        )
        return status

    def _log(self, delivery: Delivery, delivery_id: str, **what: object) -> None:
        self._journal.write(
            "webhook",
            account_id=delivery.account_id,
            event=delivery.event,
            id=delivery.id,
            to=delivery.target.kind,
            url=delivery.target.url,
            delivery_id=delivery_id,
            **what,
        )
