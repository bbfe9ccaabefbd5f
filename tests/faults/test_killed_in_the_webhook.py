"""Odoo killed with -9 in the middle of a webhook, before it has stored anything: Chatwoot gets no answer."""

import pytest
from stack import postgres

from .conftest import wait_until
from .counting import ANSWERED, OPENED_BY_CHATWOOT, told


@pytest.fixture
def account_webhook(disturbed):
    """The company's account webhook, to the same address: Chatwoot tries it once, and opens nothing when it fails."""
    tenant = disturbed.stack.tenant["careful"]
    desk, account = disturbed.chatwoot.desk, tenant.chatwoot
    disturbed.chatwoot.point_webhooks(account.id, webhook_url=tenant.webhook_url, webhook_secret=account.bot_secret)
    yield
    desk.account(account.id).webhooks.clear()


def test_a_message_whose_webhook_died_with_the_server_is_found_and_answered(disturbed, account_webhook):
    person = disturbed.number()
    disturbed.chatwoot.faults.set("webhook_lost", probability=1.0, only="bot ")
    message = killed_in_the_webhook(disturbed, person, "died_account")
    disturbed.chatwoot.wait_for_reply(message.conversation, message.id, 60)
    assert outcome(disturbed, "died_account") == ANSWERED


def test_one_whose_delivery_to_the_bot_broke_off_is_opened_by_chatwoot_and_left_to_people(disturbed):
    killed_in_the_webhook(disturbed, disturbed.number(), "died_bot")
    assert outcome(disturbed, "died_bot") == OPENED_BY_CHATWOOT


def killed_in_the_webhook(disturbed, person, mark):
    """A message in whose webhook Odoo was killed; it runs again."""
    first = disturbed.says("careful", f"#{mark}_first# Oi", phone=person)
    disturbed.chatwoot.wait_for_reply(first.conversation, first.id, 60)
    disturbed.quiet("careful")
    with postgres.connect(postgres.SUPERUSER, "careful") as other, other.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM chatwootai_conversation WHERE display_id = %s FOR UPDATE",
            [first.conversation.display_id],
        )
        assert cursor.fetchone()
        message = disturbed.says("careful", f"#{mark}# Quanto custa?", phone=person)
        locked_by = other.info.backend_pid
        wait_until(lambda: _waits_for(disturbed, locked_by), 30, "webhook that waits for the conversation")
        disturbed.die()
        other.rollback()
    other.close()
    assert disturbed.chatwoot.postman.wait_idle()
    assert not disturbed.sql("careful", f"SELECT id FROM chatwootai_message WHERE content LIKE '#{mark}#%'")
    disturbed.chatwoot.faults.clear()
    disturbed.restart()
    return message


def outcome(disturbed, mark):
    disturbed.quiet("careful")
    outcomes = {each.mark: each.outcome for each in told(disturbed.chatwoot.journal, disturbed.account("careful"))}
    return outcomes[mark]


def _waits_for(disturbed, backend):
    """Whether a transaction waits for this one's lock."""
    return disturbed.sql(
        "careful",
        f"SELECT 1 FROM pg_stat_activity WHERE datname = 'careful' AND {backend} = ANY (pg_blocking_pids(pid))",
    )
