"""What became of every customer's message, counted from the Chatwoot stand-in's log alone."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from .echo import marks

ANSWERED = "answered once"
HANDED_OVER = "handed over once"
OPENED_BY_CHATWOOT = "opened by Chatwoot: Odoo was down"
WITH_PEOPLE = "written while people had it"
UNANSWERED = "UNANSWERED"
DOUBLED = "ANSWERED TWICE"
BOTH = "ANSWERED AND HANDED OVER"
GOOD = (ANSWERED, HANDED_OVER, OPENED_BY_CHATWOOT, WITH_PEOPLE)


@dataclass
class Told:
    """A customer's message, and what the agents wrote that carries its mark."""

    mark: str
    id: int
    conversation_id: int
    n: int
    status: str
    arrived: bool = False  # a webhook told Odoo of it
    replies: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    opened_by: list = field(default_factory=list)  # after it, in order

    @property
    def outcome(self):
        if len(self.replies) > 1 or len(self.notes) > 1:
            return DOUBLED
        if self.replies and self.notes:
            return BOTH
        if self.replies:
            return ANSWERED
        if self.notes:
            return HANDED_OVER if "bot" in self.opened_by or "chatwoot" in self.opened_by else UNANSWERED
        if self.status in ("open", "snoozed"):
            return WITH_PEOPLE
        by_whom = self.opened_by[:1]
        return {"chatwoot": OPENED_BY_CHATWOOT, "bot": WITH_PEOPLE}.get(by_whom[0] if by_whom else "", UNANSWERED)


def told(journal, account_id):
    """Every customer's message of an account, oldest first."""
    found, of_conversation, arrived = {}, defaultdict(list), set()
    for entry in journal.read():
        if entry.get("account_id") != account_id:
            continue
        if entry["kind"] == "message":
            _take_message(entry, found, of_conversation)
        elif entry["kind"] == "webhook" and entry.get("status") == 200 and entry["event"] == "message_created":
            arrived.add(entry["id"])
        elif entry["kind"] == "status" and entry["after"] == "open":
            for each in of_conversation[entry["conversation_id"]]:
                each.opened_by.append(entry["by"])
    for each in found.values():
        each.arrived = each.id in arrived
    return list(found.values())


def _take_message(entry, found, of_conversation):
    for mark in marks(entry["content"]):
        if entry["message_type"] == "incoming":
            each = found[mark] = Told(mark, entry["id"], entry["conversation_id"], entry["n"], entry["status"])
            of_conversation[entry["conversation_id"]].append(each)
        elif entry["sender"] == "AgentBot":
            (found[mark].notes if entry["private"] else found[mark].replies).append(entry)


def table(messages, journal, after=0):
    """The outcomes and what happened on the way, as lines."""
    outcomes = Counter(message.outcome for message in messages)
    counts = {
        "customer messages": len(messages),
        **{name: outcomes[name] for name in (*GOOD, UNANSWERED, DOUBLED, BOTH)},
        "messages no webhook told of": sum(1 for message in messages if not message.arrived),
        **_happened(journal, after),
    }
    width = max(map(len, counts))
    return "\n".join(f"{name:<{width}} {count:>7}" for name, count in counts.items())


def _happened(journal, after):
    webhooks, api = journal.read(kind="webhook", after=after), journal.read(kind="api", after=after)
    refused = Counter(entry["status"] for entry in api if entry["fault"])
    return {
        "webhooks delivered": sum(1 for entry in webhooks if entry.get("status") == 200),
        "webhooks lost on the way": sum(1 for entry in webhooks if entry.get("lost")),
        "webhooks Odoo was not there for": sum(1 for entry in webhooks if entry.get("error")),
        "webhooks Odoo refused": sum(1 for entry in webhooks if entry.get("status") not in (None, 200)),
        "API calls": len(api),
        "API calls that failed": sum(refused.values()),
        **{f"  with {'a cut connection' if status == 499 else status}": refused[status] for status in sorted(refused)},
    }
