"""PostgreSQL restarted under load: Odoo goes on by itself, and a webhook that got its 200 is stored, once."""

import itertools
import json
import threading
import time
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import requests
from stack import postgres

from benchmarks.webhook import deliveries

CLIENTS = 4
BEFORE = 40  # deliveries before the restart, and after it
AFTER = 40
BACK_SECONDS = 60


def post(stack, body, headers):
    path = urlsplit(stack.acme.webhook_url).path
    try:
        return requests.post(stack.url + path, data=body, headers=headers, timeout=30).status_code
    except requests.RequestException:
        return 0


@pytest.fixture(scope="module")
def answers(stack):
    """Of each delivery, without a pause before, during and after a restart of PostgreSQL: number → status."""
    said, enough = {}, threading.Event()

    def work(first):
        sent = deliveries(sender_of(stack), first, status="open")
        for number, (body, headers) in zip(itertools.count(first), sent, strict=False):
            if enough.is_set():
                return
            said[number] = post(stack, body, headers)

    threads = [threading.Thread(target=work, args=(1 + 10_000 * client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: len(said) >= BEFORE, "the first deliveries")
        postgres.stop()
        wait_until(lambda: set(said.copy().values()) - {200}, "a delivery that meets the restart")
        postgres.ensure_running()
        back = len(said)
        wait_until(lambda: len(said) >= back + AFTER, "deliveries after the restart")
    finally:
        postgres.ensure_running()
        enough.set()
        for thread in threads:
            thread.join()
    return said


def wait_until(condition, what):
    deadline = time.monotonic() + BACK_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.05)


def sender_of(stack):
    chatwoot = stack.acme.chatwoot
    return SimpleNamespace(webhook_secret=chatwoot.bot_secret, chatwoot_account=chatwoot.id, account_id="acme")


def stored(numbers):
    """How often each message is in the tenant's database."""
    rows = postgres.sql("SELECT chatwoot_id, count(*) FROM chatwootai_message GROUP BY chatwoot_id", database="acme")
    counts = dict(map(int, row.split("|")) for row in rows)
    return {number: counts.get(number, 0) for number in numbers}


def message_id(stack, number):
    body, _headers = next(deliveries(sender_of(stack), number))
    return json.loads(body)["id"]


def test_some_were_taken_and_some_met_the_restart(answers):
    assert len(answers) >= BEFORE + AFTER
    assert 200 in answers.values() and set(answers.values()) != {200}


def test_a_delivery_that_met_the_restart_is_put_off_and_never_called_wrong(answers):
    """Chatwoot and its like do not come again with what was refused."""
    assert not {status for status in answers.values() if 300 <= status < 500}


def test_without_postgresql_a_genuine_credential_is_put_off_and_a_wrong_one_refused(stack, answers):
    body, headers = next(deliveries(sender_of(stack), 90_000, status="open"))
    postgres.stop()
    try:
        statuses = [stack.mcp(stack.acme, "tools/list").status_code for _ in range(3)]
        statuses += [requests.post(stack.acme.webhook_url, data=body, headers=headers, timeout=30).status_code]
        statuses += [requests.post(stack.acme.shared_webhook_url, data=body, headers=headers, timeout=30).status_code]
        assert set(statuses) == {500}, "Chatwoot comes again after a 500"
        assert stack.mcp(stack.acme, "tools/list", key=stack.acme.key[:-3] + "AAA").status_code == 401
    finally:
        postgres.ensure_running()


def test_what_got_its_200_is_stored_once(stack, answers):
    taken = [message_id(stack, number) for number, status in answers.items() if status == 200]
    assert set(stored(taken).values()) == {1}


def test_what_was_refused_is_stored_once_when_it_is_delivered_again(stack, answers):
    until_it_answers(stack)
    refused = [number for number, status in answers.items() if status != 200]
    for number in refused:
        body, headers = next(deliveries(sender_of(stack), number, status="open"))
        assert post(stack, body, headers) == 200
    assert set(stored([message_id(stack, number) for number in answers]).values()) == {1}


def test_calls_and_customers_are_answered_again_without_a_restart_of_odoo(stack, answers):
    until_it_answers(stack)
    assert stack.tool(stack.acme, "find_products", query="creme")["products"]
    assert stack.ask(stack.acme, "Qual o preço do Creme de Mãos Castanha?", phone="+5511900000201").content


def until_it_answers(stack):
    wait_until(lambda: stack.mcp(stack.acme, "tools/list").status_code == 200, "Odoo's return by itself")
