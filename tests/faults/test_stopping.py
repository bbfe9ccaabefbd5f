"""The server is stopped as an operator stops it, in the middle of turns; and it takes a rush whole."""

import re
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
    chatwoot, log = disturbed.chatwoot, disturbed.serving.log
    asked = disturbed.model.holds.hold(Moment.BEFORE, "answer .*#stop_thinking#")
    taken = chatwoot.holds.hold(Moment.AFTER, "POST .*/messages .*#stop_sending#")
    for mark, hold in (("stop_sending", taken), ("stop_thinking", asked)):
        disturbed.says("careful", f"#{mark}# Quanto custa?")
        hold.wait()
    disturbed.accepted(disturbed.says("careful", "#stop_waiting# Quanto custa?"))
    _stop(disturbed, "have 20 s to end")
    before = log.stat().st_size
    disturbed.restart()
    started = log.read_text()[before:]
    disturbed.quiet("careful")
    return {each.mark: each.outcome for each in told(chatwoot.journal, disturbed.account("careful"))}, started


def _stop(disturbed, said):
    """Stop the server, and let go what is held once it has said this."""
    log = disturbed.serving.log
    before = log.stat().st_size
    stopping = threading.Thread(target=disturbed.serving.stop)
    disturbed.serving.process.send_signal(signal.SIGTERM)
    stopping.start()
    wait_until(lambda: said in log.read_text()[before:], 60, said)
    disturbed.stack.calm()
    stopping.join()


def _failed_jobs(disturbed):
    return disturbed.sql("careful", "SELECT exc_name || ': ' || func_string FROM queue_job WHERE state = 'failed'")


def _turns(disturbed, mark):
    return disturbed.sql("careful", f"SELECT state FROM chatwootai_turn WHERE question LIKE '%#{mark}#%' ORDER BY id")


@pytest.mark.parametrize("mark", ["stop_waiting", "stop_thinking", "stop_sending"])
def test_a_stop_in_the_middle_of_a_turn_loses_and_repeats_nothing(stopped, mark):
    assert stopped[0][mark] == ANSWERED


def test_a_turn_that_can_end_in_time_ends_before_the_server_does(disturbed, stopped):
    assert _turns(disturbed, "stop_thinking") == ["done"]
    assert not _failed_jobs(disturbed)


def test_no_request_is_taken_before_the_companies_are_loaded(disturbed, stopped):
    before_the_port, port, _rest = stopped[1].partition("HTTP service (werkzeug) running")
    assert port
    for tenant in disturbed.stack.tenant:
        assert re.search(rf" {tenant} .*Registry loaded", before_the_port)
        assert not re.search(rf" {tenant} .*Registry loaded", _rest)


def test_a_turn_that_does_not_end_in_time_is_done_at_the_next_start(disturbed, stopped):
    """By its own job, which waits; not by a sweep, which would find after minutes what it left."""
    disturbed.serving.stop()
    disturbed.restart(CHATWOOTAI_STOP_SECONDS="1")
    asked = disturbed.model.holds.hold(Moment.BEFORE, "answer .*#too_late#")
    message = disturbed.says("careful", "#too_late# Quanto custa?")
    asked.wait()
    _stop(disturbed, "did not end, and wait for the next start")
    disturbed.restart()
    assert not _failed_jobs(disturbed)
    disturbed.chatwoot.wait_for_reply(message.conversation, message.id, 60)
    disturbed.quiet("careful")
    assert not _failed_jobs(disturbed)
    assert _turns(disturbed, "too_late")[-1] == "done"


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
