"""What one turn answers, as plain values: read in one short transaction, and carried through the next."""

from dataclasses import dataclass

from odoo.addons.chatwootai_mcp.models.company_language import in_company_language

from ..crews.reply import Customer
from .closing import style_of

HISTORY = 20  # messages
_ROLES = {"customer": "user", "agents": "assistant", "person": "assistant"}


@dataclass(frozen=True)
class Bundle:
    """A customer's messages that are answered together."""

    turn_id: int
    conversation_id: int
    connection_id: int
    display_id: int
    channel: str
    text: str
    history: tuple[dict[str, str], ...]
    customer: Customer
    row_ids: tuple[int, ...]
    read_through: int  # in Chatwoot: up to this message its list was read; 0 when it never was
    first_id: int  # in Chatwoot: whatever a person said after it was said to these messages
    attempt: int
    style: dict[str, str]  # what the inbox says otherwise than the company's profile


def bundle_of(turn, messages):
    """The bundle of a turn that begins on these messages."""
    env = in_company_language(turn.env)
    conversation = turn.conversation_id
    texts = [message.readable_text() for message in messages.with_env(env)]
    history = tuple(_history(conversation.with_env(env), messages))
    return Bundle(
        turn_id=turn.id,
        conversation_id=conversation.id,
        connection_id=conversation.connection_id.id,
        display_id=conversation.display_id,
        channel=conversation.channel or "",
        text="\n".join(filter(None, [_subject(env, conversation, history), *texts])),
        history=history,
        customer=_customer(conversation),
        row_ids=tuple(messages.ids),
        read_through=conversation.read_through,
        first_id=_first_id(conversation, messages),
        attempt=max(messages.mapped("attempts")),
        style=style_of(conversation._inbox()),
    )


def _first_id(conversation, messages):
    """The first of them. A choice has the number of what offered it, and was tapped after all that is known here."""
    written = messages.filtered(lambda message: not message.picked)
    if not written:
        written = messages.search([("conversation_id", "=", conversation.id)], order="chatwoot_id desc", limit=1)
    return min(written.mapped("chatwoot_id"))


def _subject(env, conversation, history):
    """What an email's thread is about, said once: often the question stands there."""
    return "" if history or not conversation.subject else env._("Subject: %s", conversation.subject)


def _history(conversation, messages):
    """What was said before, oldest first, since the conversation was last resolved."""
    earlier = conversation.env["chatwootai.message"].search(
        [
            ("conversation_id", "=", conversation.id),
            ("chatwoot_id", ">", conversation.context_floor),
            ("id", "not in", messages.ids),
            ("author", "in", list(_ROLES)),
            "|",
            ("state", "=", False),
            ("state", "!=", "deleted"),
        ],
        order="chatwoot_id desc, picked desc",
        limit=HISTORY,
    )
    for message in reversed(earlier):
        if text := message.readable_text():
            yield {"role": _ROLES[message.author], "content": text}


def _customer(conversation):
    partner = conversation.partner_id
    return Customer(name=partner.name or conversation.contact_name or None, partner_id=partner.id or None)
