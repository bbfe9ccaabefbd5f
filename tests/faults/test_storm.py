"""Many conversations with a Chatwoot that does all it can wrong, and an Odoo killed again and again meanwhile.

Every customer's message is answered once or handed over once. Counted from the stand-in's log, and printed.
"""

import random
import threading
import time
from dataclasses import dataclass

import pytest

from demo.chatwoot.desk import Upload

from .counting import GOOD, table, told

SEED = 20
FAULTS = {
    "webhook_duplicate": {"probability": 0.1},
    "webhook_duplicate_new_id": {"probability": 0.1},
    "webhook_delay": {"probability": 0.2, "seconds": 1.5},
    "webhook_disorder": {"probability": 0.1, "seconds": 1.5},
    "webhook_lost": {"probability": 0.2},
    "message_storm": {"probability": 0.1, "count": 5},
    "attachment_404": {"first": 2},
    "api_429": {"probability": 0.02, "seconds": 1},
    "api_500": {"probability": 0.02},
    "api_500_after": {"probability": 0.02},
    "api_cut": {"probability": 0.01},
    "api_cut_after": {"probability": 0.02},
    "api_hang_after": {"probability": 0.003, "seconds": 12},
}
PICTURE = Upload("foto.png", "image/png", b"\x89PNG\r\n\x1a\n")


@dataclass(frozen=True)
class Size:
    conversations: int
    kills: int
    pause: float  # seconds between two customers, at least
    at_once: int  # customers who wait, at most
    while_down: int  # conversations begun while Odoo is down, each time it is: Chatwoot opens them itself
    seconds: float  # until all is quiet at the end


SMALL = Size(conversations=24, kills=2, pause=0.2, at_once=30, while_down=2, seconds=240)
FULL = Size(conversations=1000, kills=10, pause=0.25, at_once=60, while_down=5, seconds=1800)


class Customers(threading.Thread):
    """They write: one message or a burst, some for a person, some again after the answer, some with a picture."""

    def __init__(self, disturbed, size):
        super().__init__(daemon=True, name="customers")
        self._disturbed, self._size = disturbed, size
        self._dice = random.Random(SEED)
        self._marks = 0
        self._writing_again = []
        self.begun = 0
        self._begun_while_down = 0
        self.error = None

    def run(self):
        try:
            for _ in range(self._size.conversations):
                self._wait_for_the_others()
                self._begin()
                self.begun += 1
                time.sleep(self._size.pause)
            for again in self._writing_again:
                again.join()
        except Exception as error:
            self.error = error

    def _wait_for_the_others(self):
        while self._waiting() >= self._size.at_once:
            time.sleep(0.2)
        if self._disturbed.up.is_set():
            self._begun_while_down = 0
        elif self._begun_while_down >= self._size.while_down:
            self._disturbed.up.wait()
        else:
            self._begun_while_down += 1

    def _begin(self):
        phone, chance = self._disturbed.number(), self._dice.random()
        wish = "Quero falar com uma pessoa" if chance < 0.1 else "Quanto custa?"
        message = self._say(phone, wish, [PICTURE] if 0.1 <= chance < 0.15 else [])
        if 0.15 <= chance < 0.25:
            self._disturbed.chatwoot.assign_second_bot(message.account_id, message.conversation.display_id)
        if chance >= 0.6:
            self._say(phone, "É para hoje.")
        if chance >= 0.8:
            again = threading.Timer(self._dice.uniform(1, 6), self._say, (phone, "E entregam?"))
            again.start()
            self._writing_again.append(again)

    def _say(self, phone, text, files=()):
        self._marks += 1
        disturbed = self._disturbed
        return disturbed.chatwoot.customer_says(
            disturbed.account("careful"), f"#s{self._marks}# {text}", phone=phone, name="Ana Ruiz", attachments=files
        )

    def _waiting(self):
        account = self._disturbed.chatwoot.desk.account(self._disturbed.account("careful"))
        return sum(1 for c in list(account.conversations.values()) if c.status == "pending" and c.waiting_since)


@pytest.fixture(scope="module")
def storm(disturbed, request):
    """The messages of the storm, once it has passed and all is quiet."""
    size = FULL if request.config.getoption("--full") else SMALL
    chatwoot, dice = disturbed.chatwoot, random.Random(SEED)
    began = chatwoot.journal.write("storm")
    _with_account_webhook(disturbed)
    chatwoot.faults.seed(SEED)
    for name, settings in FAULTS.items():
        chatwoot.faults.set(name, **settings)
    customers = Customers(disturbed, size)
    customers.start()
    for moment in sorted(dice.uniform(0.05, 0.95) for _ in range(size.kills)):
        while customers.begun < moment * size.conversations and customers.is_alive():
            time.sleep(0.1)
        time.sleep(dice.uniform(0, 1))
        disturbed.die()
        disturbed.restart()
    customers.join()
    assert customers.error is None, customers.error
    disturbed.quiet("careful", size.seconds)
    chatwoot.faults.clear()
    _find_what_was_lost(disturbed, size)
    messages = [each for each in told(chatwoot.journal, disturbed.account("careful")) if each.n > began]
    return messages, table(messages, chatwoot.journal, began), size


def _with_account_webhook(disturbed):
    """Every event twice: to the bot, and to the account's webhook."""
    tenant = disturbed.stack.tenant["careful"]
    disturbed.chatwoot.point_webhooks(
        tenant.chatwoot.id, webhook_url=tenant.webhook_url, webhook_secret=tenant.chatwoot.bot_secret
    )


def _find_what_was_lost(disturbed, size):
    """Messages of which no webhook came: the sweeper finds them in Chatwoot; one sweep reads so much and no more."""
    began = disturbed.sql("careful", "SELECT now() AT TIME ZONE 'UTC'")[0]
    swept = f"SELECT count(*) FROM chatwootai_chatwoot_connection WHERE swept_at > '{began}'"
    for _sweep in range(20):
        disturbed.sweep("careful")
        disturbed.quiet("careful", size.seconds)
        if disturbed.sql("careful", swept) == ["1"]:
            return
    raise AssertionError("no sweep has come to its end")


def test_every_message_is_answered_once_or_handed_over_once(storm, capsys):
    messages, counted, size = storm
    with capsys.disabled():
        print(f"\n\n{size.conversations} conversations, Odoo killed {size.kills} times\n{counted}\n")
    wrong = [each for each in messages if each.outcome not in GOOD]
    assert not [f"{each.mark} in conversation {each.conversation_id}: {each.outcome}" for each in wrong]
