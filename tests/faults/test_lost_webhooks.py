"""Webhooks that never come, while the server runs and while it is down: after a restart each message is answered."""

from .counting import ANSWERED, told


def test_after_a_restart_what_no_webhook_told_of_is_answered(disturbed):
    known = disturbed.number()
    first = disturbed.says("careful", "#known# Quanto custa?", phone=known)
    disturbed.chatwoot.wait_for_reply(first.conversation, first.id, 60)
    disturbed.quiet("careful")  # a webhook that fails while Odoo is down would open the conversation
    disturbed.chatwoot.faults.set("webhook_lost", probability=1.0)
    lost = [disturbed.says("careful", f"#lost{number}# Quanto custa?") for number in range(5)]
    disturbed.die()
    lost += [disturbed.says("careful", f"#down{number}# Quanto custa?") for number in range(5)]
    lost.append(disturbed.says("careful", "#again# Quanto custa?", phone=known))
    disturbed.restart()
    for message in lost:
        disturbed.chatwoot.wait_for_reply(message.conversation, message.id, 60)
    disturbed.chatwoot.faults.clear()
    disturbed.quiet("careful")
    outcomes = {each.mark: each.outcome for each in told(disturbed.chatwoot.journal, disturbed.account("careful"))}
    for mark in ("known", "again", *(f"{when}{number}" for when in ("lost", "down") for number in range(5))):
        assert outcomes[mark] == ANSWERED
