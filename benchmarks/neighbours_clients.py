"""The clients of the benchmark of neighbours, each kind in a process of its own: ``flood JSON`` and ``measure JSON``.

Prints what it counted or timed as JSON.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from . import webhook
from .clients import HttpClient, ToolFailed
from .stand import Stand

RATE = 15  # a second, of calls and of webhooks each
CLIENTS = 6  # of each: more than are under way at once when all is well
PAUSE_WHEN_REFUSED = 0.1  # an impatient client; the answer says a second


def flood(wanted: dict[str, Any]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    lock, ending = threading.Lock(), time.monotonic() + wanted["seconds"]

    def work() -> None:
        client = HttpClient(wanted["port"], wanted["path"], wanted["key"])
        while time.monotonic() < ending:
            try:
                client.call(wanted["tool"], wanted["arguments"])
                outcome = "answered"
            except (ToolFailed, OSError, http.client.HTTPException):
                outcome = "refused"
                time.sleep(PAUSE_WHEN_REFUSED)
            with lock:
                counts[outcome] += 1

    _together([work] * wanted["clients"])
    return dict(counts)


def measure(wanted: dict[str, Any]) -> dict[str, list[float]]:
    """Calls and webhooks, each timed from when it was due."""
    client = HttpClient(wanted["port"], wanted["path"], wanted["key"])
    stand = Stand(None, wanted["key"], wanted["webhook_url"], wanted["webhook_secret"], wanted["chatwoot_account"])  # type: ignore[arg-type]
    first = int(time.time() * 1000) % 2**30  # a message's number is met once
    waiting = webhook.deliveries(stand, first, status="open")  # people answer: stored, and no turn
    lock = threading.Lock()

    def call() -> None:
        client.call("search_records", wanted["arguments"])

    def deliver() -> None:
        with lock:
            delivery = next(waiting)
        webhook.deliver(wanted["port"], stand, delivery)

    seconds: dict[str, list[float]] = {"call": [], "webhook": []}
    begun = time.perf_counter() + 0.1
    due = {
        "call": _due(begun, wanted["seconds"]),
        "webhook": _due(begun + 0.5 / RATE, wanted["seconds"]),
    }
    work: list[Callable[[], None]] = []
    for kind, what in (("call", call), ("webhook", deliver)):
        work += [lambda kind=kind, what=what: _paced(due[kind], what, seconds[kind], lock)] * CLIENTS  # type: ignore[misc]
    _together(work)
    return seconds


def _due(begun: float, seconds: float) -> list[float]:
    return [begun + number / RATE for number in reversed(range(int(RATE * seconds)))]


def _paced(due: list[float], what: Callable[[], None], seconds: list[float], lock: threading.Lock) -> None:
    while True:
        with lock:
            if not due:
                return
            moment = due.pop()
        time.sleep(max(0.0, moment - time.perf_counter()))
        what()
        seconds.append(time.perf_counter() - moment)


def _together(work: list[Callable[[], None]]) -> None:
    failures: list[BaseException] = []

    def guarded(each: Callable[[], None]) -> None:
        try:
            each()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(each,), daemon=True) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


if __name__ == "__main__":
    print(json.dumps({"flood": flood, "measure": measure}[sys.argv[1]](json.loads(sys.argv[2]))))
