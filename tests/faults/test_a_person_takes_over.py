"""A person takes over, at every moment of a turn and in every way: the agents say nothing after it.

One choreography for all: each conversation is held at its moment, a person acts in each, and all is let go.

Chatwoot has no way to post only if nobody took over. What stays is the time a request takes: a person who acts when the
last look at the conversation has been answered, or when the post is already on its way, cannot be noticed. Then one
message may still appear, the one under way, and none after it.
"""

from functools import partial

import pytest

from demo.holds import Moment

from .echo import LONG

MEANS = {
    "reply": lambda chatwoot, account, conversation: chatwoot.human_replies(account, conversation, "Oi, é a Paula."),
    "phone": lambda chatwoot, account, conversation: chatwoot.phone_echoes(account, conversation, "Oi, é a Paula."),
    "assignment": lambda chatwoot, account, conversation: chatwoot.assign(account, conversation),
    "opening": lambda chatwoot, account, conversation: chatwoot.opens(account, conversation),
}
BEFORE_THE_MESSAGE = "before the customer writes"
DURING_THE_PAUSE = "during the pause"
ASKED, ON_ITS_WAY = "when the last look is answered", "when the post is on its way"
MOMENTS = [
    BEFORE_THE_MESSAGE,
    DURING_THE_PAUSE,
    "while the intent is asked for",
    "while the model thinks",
    "before the conversation is read again",
    "while it is read again",
    "before the outbox looks",
    "while the outbox looks",
    ASKED,
    ON_ITS_WAY,
    "when the post was taken",
    "between the parts of an answer",
]
AFTER_THE_TURN = MOMENTS[MOMENTS.index("before the outbox looks") :]


class Case:
    """One conversation: the moment it is held at, who acts how, and when (in the journal) that was done."""

    def __init__(self, disturbed, moment, means):
        self._disturbed, self.moment, self.means = disturbed, moment, means
        self._phone = disturbed.number()
        self._mark = self._phone[-8:]
        self._hold = None
        self._conversation = None
        self.taken_over = None

    def prepare(self):
        if self.moment == BEFORE_THE_MESSAGE:
            self._says("Oi")

    def bring_to_its_moment(self):
        if self.moment != BEFORE_THE_MESSAGE:
            self._set_hold(rf"/conversations/{self._disturbed.next_conversation('careful')}")
            message = self._says(f"Quero uma resposta {LONG}" if "parts" in self.moment else "Quanto custa?")
            if self.moment == DURING_THE_PAUSE:
                self._disturbed.accepted(message)
                self._act()

    def take_over(self):
        if self._hold:
            self._hold.wait()
            assert self._stored() == (self.moment in AFTER_THE_TURN)
        if self.taken_over is None:
            self._act()
        if self._hold:
            self._hold.release()
        if self.moment == BEFORE_THE_MESSAGE:
            self._says("Quanto custa?")

    def _stored(self):
        """Whether the answer is in the outbox."""
        entries = f"SELECT count(*) > 0 FROM chatwootai_outbox WHERE conversation_display_id = {self._conversation}"
        return self._disturbed.sql("careful", entries) == ["t"]

    def said_after_it(self):
        """The agents' public messages that Chatwoot stored after the take-over."""
        return [entry for entry in self._entries("message") if entry["sender"] == "AgentBot" and not entry["private"]]

    def done_after_it(self):
        """Notes the agents wrote and statuses they set after it."""
        notes = [entry for entry in self._entries("message") if entry["sender"] == "AgentBot" and entry["private"]]
        return notes + [entry for entry in self._entries("status") if entry["by"] in ("bot", "user")]

    @property
    def _account(self):
        return self._disturbed.account("careful")

    def _says(self, text):
        message = self._disturbed.says("careful", f"#{self._mark}# {text}", self._phone)
        self._conversation = message.conversation.display_id
        return message

    def _act(self):
        MEANS[self.means](self._disturbed.chatwoot, self._account, self._conversation)
        self.taken_over = self._disturbed.chatwoot.journal.write("taken_over")

    def _entries(self, kind):
        found = self._disturbed.chatwoot.journal.read(kind=kind, after=self.taken_over)
        where = (self._account, self._conversation)
        return [entry for entry in found if (entry["account_id"], entry["conversation_id"]) == where]

    def _set_hold(self, conversation):
        model, chatwoot = self._disturbed.model.holds, self._disturbed.chatwoot.holds
        after_the_model = partial(self._disturbed.hold_after_the_model, self._mark)
        read, posted = rf"GET .*{conversation}(/messages)? ", rf"POST .*{conversation}/messages "
        match self.moment:
            case "while the intent is asked for":
                self._hold = model.hold(Moment.BEFORE, f"classify .*#{self._mark}#")
            case "while the model thinks":
                self._hold = model.hold(Moment.BEFORE, f"answer .*#{self._mark}#")
            case "before the conversation is read again":
                self._hold = after_the_model(Moment.BEFORE, read)
            case "while it is read again":
                self._hold = after_the_model(Moment.AFTER, read)
            case "before the outbox looks":
                self._hold = after_the_model(Moment.BEFORE, read, skip=2)
            case "while the outbox looks":
                self._hold = after_the_model(Moment.AFTER, read, skip=2)
            case "when the last look is answered":
                self._hold = after_the_model(Moment.AFTER, read, skip=3)
            case "when the post is on its way":
                self._hold = chatwoot.hold(Moment.BEFORE, posted)
            case "when the post was taken" | "between the parts of an answer":
                self._hold = chatwoot.hold(Moment.AFTER, posted)


@pytest.fixture(scope="module")
def cases(disturbed):
    disturbed.many_at_once()
    cases = {}
    for means in MEANS:
        batch = [Case(disturbed, moment, means) for moment in MOMENTS]
        for step in (Case.prepare, Case.bring_to_its_moment, Case.take_over):
            for case in batch:
                step(case)
            if step is Case.prepare:
                disturbed.quiet("careful")
        cases |= {(case.moment, means): case for case in batch}
    disturbed.quiet("careful")
    return cases


@pytest.mark.parametrize("means", MEANS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_the_agents_are_silent_after_a_person_took_over(cases, moment, means):
    case = cases[moment, means]
    late = case.said_after_it()
    if moment == ON_ITS_WAY:
        assert len(late) == 1 and late[0]["request"] < case.taken_over, late
    elif moment == ASKED:
        assert len(late) <= 1, late
    else:
        assert late == []
    assert case.done_after_it() == []
