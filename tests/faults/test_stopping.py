"""The server is stopped as an operator stops it, in the middle of turns; and it takes a rush whole."""

import signal
import threading

import pytest

from demo.holds import Moment

from .conftest import wait_until
from .counting import ANSWERED, told

RUSH = 40


@pytest.fixture(scope="module")
def stopped(disturbed):
    """What became of messages whose turns were under way when the server was told to stop."""
    chatwoot = disturbed.chatwoot
    asked = disturbed.model.holds.hold(Moment.BEFORE, "answer .*#stop_thinking#")
    taken = chatwoot.holds.hold(Moment.AFTER, "POST .*/messages .*#stop_sending#")
    for mark, hold in (("stop_sending", taken), ("stop_thinking", asked)):
        disturbed.says("careful", f"#{mark}# Quanto custa?")
        hold.wait()
    disturbed.accepted(disturbed.says("careful", "#stop_waiting# Quanto custa?"))
    stopping = threading.Thread(target=disturbed.serving.stop)
    disturbed.serving.process.send_signal(signal.SIGTERM)
    stopping.start()
    stopping.join(2)
    disturbed.stack.calm()
    stopping.join()
    disturbed.restart()
    disturbed.quiet("careful")
    return {each.mark: each.outcome for each in told(chatwoot.journal, disturbed.account("careful"))}


@pytest.mark.parametrize("mark", ["stop_waiting", "stop_thinking", "stop_sending"])
def test_a_stop_in_the_middle_of_a_turn_loses_and_repeats_nothing(stopped, mark):
    assert stopped[mark] == ANSWERED


def test_a_rush_of_one_company_is_accepted_whole_and_holds_up_no_other(disturbed, stopped):
    """All at once, on the channels and connections that the server has by default."""
    chatwoot, journal = disturbed.chatwoot, disturbed.chatwoot.journal
    assert chatwoot.postman.wait_idle()
    began = journal.write("rush")
    for number in range(RUSH):
        disturbed.says("careful", f"#rush{number}# Quanto custa?")
    alone = disturbed.says("forgetful", "#alone# Quanto custa?")
    reply = chatwoot.wait_for_reply(alone.conversation, alone.id, 120)
    disturbed.quiet("careful", 180)
    wait_until(lambda: chatwoot.postman.wait_idle(1), 30, "end of the deliveries")
    rush = [each for each in told(journal, disturbed.account("careful")) if each.n > began]
    refused = [entry for entry in journal.read(kind="webhook", after=began) if entry.get("status") != 200]
    assert not refused
    assert [each.outcome for each in rush] == [ANSWERED] * RUSH
    [seen] = [entry["n"] for entry in journal.read(kind="message", after=began) if entry["id"] == reply.id]
    assert sum(1 for each in rush if each.replies[0]["n"] > seen) > RUSH / 2, "the other company waited for the rush"
