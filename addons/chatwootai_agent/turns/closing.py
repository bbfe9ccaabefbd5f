"""The end of a conversation: a customer who only says thanks and goodbye gets the farewell, and is asked for a rating.

As the tenant set them for the inbox or the company, each once until the conversation is resolved. No model is asked.
"""

from odoo.addons.chatwootai_mcp.chatwoot.outbox import Kind
from odoo.addons.chatwootai_mcp.models.company_language import in_company_language

from ..crews.goodbye import CLOSING, is_goodbye
from ..crews.part import Part
from ..crews.reply import Reply


def farewell(env, bundle):
    """The reply to a goodbye; None where the crew is to answer."""
    was_served = any(said["role"] == "assistant" for said in bundle.history)
    if not (was_served and is_goodbye(bundle.text)):
        return None
    env = in_company_language(env)
    conversation = env["chatwootai.conversation"].browse(bundle.conversation_id)
    if _was_said(conversation):
        return None
    style = {name: getattr(_profile(env), name) for name in ("farewell", "rating_request")} | bundle.style
    text = style["farewell"] or env._("Thank you for writing to us. See you soon!")
    rating = _rating(env, conversation._inbox(), style["rating_request"])
    parts = (Part(text), *rating)
    return Reply("\n\n".join(part.text for part in parts), CLOSING, parts=parts)


def after_farewell(conversation, messages):
    """What is done in Chatwoot once it is said, unless the customer writes more than these messages."""
    if conversation._inbox().resolve_after_farewell:
        heard = max(messages.mapped("chatwoot_id"))
        yield Kind.STATUS, {"status": "resolved", "when": "pending", "heard": heard}


def style_of(inbox):
    """What the inbox says otherwise than the company's profile, for the crew too: who asks for a rating asks once."""
    style = {name: inbox[name] for name in ("greeting", "farewell") if inbox[name]}
    if inbox.ask_rating != "profile" or inbox.asks_for_rating:
        style["rating_request"] = ""
    return style


def _rating(env, inbox, of_profile):
    """Nothing where Chatwoot asks itself, when the conversation is resolved."""
    if inbox.asks_for_rating or inbox.ask_rating == "no":
        return ()
    text = inbox.rating_message or of_profile or _profile(env).rating_request
    if inbox.ask_rating == "profile":
        return (Part(text),) if text else ()
    text = text or env._("How was our service? Please rate it.")
    return (Part(text, "input_csat" if inbox.ask_rating == "survey" else "text"),)


def _profile(env):
    return env["company.services.profile"].sudo()._of_company()


def _was_said(conversation):
    return bool(
        conversation.env["chatwootai.turn"].search_count(
            [
                ("conversation_id", "=", conversation.id),
                ("intent", "=", CLOSING),
                ("state", "=", "done"),
                ("message_ids.chatwoot_id", ">", conversation.context_floor),
            ],
            limit=1,
        )
    )
