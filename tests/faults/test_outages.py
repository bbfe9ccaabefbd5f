"""Chatwoot fails, for long or with a word when to come back: what was to be said is said, once and in order."""

from .conftest import wait_until
from .counting import ANSWERED, told

TRIES = 8


def test_chatwoot_away_for_long_loses_nothing_and_upsets_no_order(disturbed):
    chatwoot, journal = disturbed.chatwoot, disturbed.chatwoot.journal
    began = journal.write("outage")
    phones = [disturbed.number() for _ in range(3)]
    chatwoot.faults.set("api_down", probability=1)
    for number, word in enumerate(("first", "second")):
        for phone in phones:
            disturbed.says("careful", f"#{word}{phone[-4:]}# Quanto custa?", phone)
        wait_until(lambda n=number: _stored(disturbed) == 3 * (n + 1), 60, f"{word} answers")
    for _ in range(TRIES):
        _try_in_vain(disturbed)
    assert not [entry for entry in journal.read(kind="message", after=began) if entry["sender"] == "AgentBot"]
    chatwoot.faults.clear()
    disturbed.quiet("careful")
    messages = [each for each in told(journal, disturbed.account("careful")) if each.n > began]
    assert [each.outcome for each in messages] == [ANSWERED] * 6
    answered = {each.mark: each.replies[0]["n"] for each in messages}
    assert all(answered[f"first{phone[-4:]}"] < answered[f"second{phone[-4:]}"] for phone in phones)


def _stored(disturbed):
    return int(
        disturbed.sql("careful", "SELECT count(*) FROM chatwootai_outbox WHERE state IN ('queued', 'sending')")[0]
    )


def _try_in_vain(disturbed):
    """As after the longest pause: one more try, which fails."""
    before = disturbed.chatwoot.journal.write("try")
    disturbed.hurry("careful")
    wait_until(lambda: disturbed.chatwoot.journal.read(kind="api", after=before, limit=1), 30, "another try")


def test_a_busy_chatwoot_is_asked_again_when_it_said(disturbed):
    chatwoot, seconds = disturbed.chatwoot, 3
    began = chatwoot.journal.write("busy")
    conversation = max(chatwoot.desk.account(disturbed.account("careful")).conversations, default=0) + 1
    chatwoot.faults.set(
        "api_429", next=1, seconds=seconds, only=f"POST /api/v1/accounts/1/conversations/{conversation}/m"
    )
    disturbed.says("careful", "#busy# Quanto custa?")

    def posts():
        return [
            entry
            for entry in chatwoot.journal.read(kind="api", after=began)
            if entry["method"] == "POST" and entry["path"].endswith(f"/{conversation}/messages")
        ]

    wait_until(lambda: len(posts()) == 2, 60, "second post")
    refused, taken = posts()
    assert (refused["status"], taken["status"]) == (429, 200)
    assert taken["at"] - refused["at"] >= seconds - 1
    disturbed.quiet("careful")
