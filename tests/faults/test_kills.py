"""Odoo killed with -9 at each named point of a turn: afterwards the customer has exactly one answer, or a person.

One kill serves all points: a conversation is brought to each of them and held there, then everything dies at once.
"""

import pytest

from demo.holds import Moment

from . import echo
from .counting import ANSWERED, DOUBLED, HANDED_OVER, told


class Point:
    """A named point: how a conversation is brought there, and what becomes of it."""

    def __init__(self, name, text, outcome=ANSWERED, tenant="careful"):
        self.name, self.text, self.outcome, self.tenant = name, text, outcome, tenant
        self.mark = name.replace(" ", "_")


POINTS = [
    Point("before the model", "Quanto custa?"),
    Point("between the intent and the answer", "Quanto custa?"),
    Point("after the model", "Quanto custa?"),
    Point("before the conversation is read again", "Quanto custa?"),
    Point("after the answer was stored", "Quanto custa?"),
    Point("when the answer arrives at Chatwoot", "Quanto custa?"),
    Point("after Chatwoot took the answer", "Quanto custa?"),
    Point("between the parts of an answer", "Quero uma resposta longa"),
    Point("before the hand off is said", "Quero falar com uma pessoa", HANDED_OVER),
    Point("after the note of a hand off", "Quero falar com uma pessoa", HANDED_OVER),
    Point("before a hand off opens the conversation", "Quero falar com uma pessoa", HANDED_OVER),
    Point("after the webhook was accepted", "Quanto custa?"),
]


@pytest.fixture(scope="module")
def killed(disturbed):
    """Every point's message, once all have come to their points, Odoo has died, and all is quiet again."""
    disturbed.many_at_once()
    choreography = Choreography(disturbed)
    said = {point.name: choreography.bring_to(point) for point in POINTS[:-1]}
    forgetful = choreography.bring_to(Point("after Chatwoot took the answer", "Quanto custa?", tenant="forgetful"))
    choreography.wait_for_all()
    last = POINTS[-1]
    said[last.name] = disturbed.says(last.tenant, f"#{last.mark}# {last.text}")
    disturbed.accepted(said[last.name])
    disturbed.die()
    disturbed.restart()
    for tenant in ("careful", "forgetful"):
        disturbed.quiet(tenant)
    return said | {"forgetful": forgetful}


class Choreography:
    def __init__(self, disturbed):
        self._disturbed = disturbed
        self._holds = []

    def bring_to(self, point):
        model, chatwoot = self._disturbed.model.holds, self._disturbed.chatwoot.holds
        mark = f"#{point.mark}#"
        conversation = rf"/conversations/{self._disturbed.next_conversation(point.tenant)}"
        read_again = rf"GET .*{conversation}(/messages)? "
        said_in = rf"POST .*{conversation}/messages .*"
        match point.name:
            case "before the model":
                self._keep(model.hold(Moment.BEFORE, f"classify .*{mark}"))
            case "between the intent and the answer":
                self._keep(model.hold(Moment.BEFORE, f"answer .*{mark}"))
            case "after the model":
                self._keep(model.hold(Moment.AFTER, f"answer .*{mark}"))
            case "before the conversation is read again":
                self._keep(self._disturbed.hold_after_the_model(point.mark, Moment.BEFORE, read_again))
            case "after the answer was stored":
                self._keep(self._disturbed.hold_after_the_model(point.mark, Moment.BEFORE, read_again, skip=2))
            case "when the answer arrives at Chatwoot":
                self._keep(chatwoot.hold(Moment.BEFORE, said_in + mark))
            case "after Chatwoot took the answer":
                self._keep(chatwoot.hold(Moment.AFTER, said_in + mark))
            case "between the parts of an answer":
                self._keep(chatwoot.hold(Moment.AFTER, said_in + "Parte"))
            case "before the hand off is said":
                self._keep(chatwoot.hold(Moment.BEFORE, said_in))
            case "after the note of a hand off":
                self._keep(chatwoot.hold(Moment.AFTER, said_in + r'"private": ?true'))
            case "before a hand off opens the conversation":
                self._keep(chatwoot.hold(Moment.BEFORE, rf"POST .*{conversation}/toggle_status"))
        return self._disturbed.says(point.tenant, f"{mark} {point.text}")

    def wait_for_all(self):
        for hold in self._holds:
            hold.wait()

    def _keep(self, hold):
        self._holds.append(hold)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_killed(disturbed, killed, point):
    assert outcome(disturbed, killed[point.name]) == point.outcome


def test_killed_between_the_parts_of_an_answer_no_part_is_missing_or_repeated(disturbed, killed):
    conversation = killed["between the parts of an answer"].conversation
    parts = [message.content for message in conversation.replies()]
    assert 1 < len(parts) == len(set(parts))
    assert [line for line in "\n".join(parts).splitlines() if line.startswith("Parte")] == echo.PARTS


def test_without_the_read_back_the_customer_is_answered_twice(disturbed, killed):
    """The tests' own test: what they look for is seen where the outbox does not look before it sends again."""
    assert outcome(disturbed, killed["forgetful"], "forgetful") == DOUBLED


def outcome(disturbed, message, tenant="careful"):
    [found] = [
        each
        for each in told(disturbed.chatwoot.journal, disturbed.account(tenant))
        if each.conversation_id == message.conversation.display_id
    ]
    return found.outcome
