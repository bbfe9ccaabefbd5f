"""The private note of a hand-off: what was asked, what the agents tried, and what they found."""

import json

from odoo.addons.chatwootai_mcp.models.error_words import in_words

_EARLIER = 3  # questions
_STEPS = 8
_NAMES = 3
_LENGTH = 300
_HAND_OFF = "hand_off"


def summary(env, bundle, reason, steps):
    """The note, in the people's language. Customer's words and results stand in it as they are."""
    parts = [env._("The agents hand this conversation over: %(reason)s.", reason=reason)]
    earlier = [said["content"] for said in bundle.history if said["role"] == "user"][-_EARLIER:]
    if earlier:
        parts.append(env._("Asked before:") + "\n" + "\n".join(f"- {_short(question)}" for question in earlier))
    parts.append(env._("Asked:") + "\n" + (bundle.text or env._("(no text)")))
    tried = [_line(env, step) for step in steps if step.kind == "tool" and step.name != _HAND_OFF]
    if tried:
        parts.append(env._("Tried and found:") + "\n" + "\n".join(f"- {line}" for line in tried[-_STEPS:]))
    return "\n\n".join(parts)


def _line(env, step):
    done = {
        "find_products": env._("Looked for products"),
        "search_knowledge": env._("Searched the documents"),
        "active_business_rules": env._("Read the rules in force"),
        "list_orders": env._("Looked at the customer's orders"),
        "list_free_slots": env._("Looked for free times"),
        "book_appointment": env._("Tried to book an appointment"),
    }.get(step.name, step.name)
    sought = ", ".join(str(value) for value in (step.arguments or {}).values() if isinstance(value, str | int | float))
    what = f"{done} ({_short(sought)})" if sought else done
    return f"{what}: {_found(env, step)}"


def _found(env, step):
    try:
        result = json.loads(step.result or "")
    except ValueError:
        result = {}
    if not step.ok:
        said = result.get("error") if isinstance(result, dict) else None
        return env._("failed (%s)", _short(in_words(env, str(said)).rstrip("."))) if said else env._("failed")
    found = (
        next((each for each in result.values() if isinstance(each, list)), None) if isinstance(result, dict) else None
    )
    if found is None:
        return _short(step.result or "") or env._("nothing")
    if not found:
        return env._("nothing")
    names = [str(each.get("name") or each.get("title") or "") for each in found[:_NAMES] if isinstance(each, dict)]
    counted = env._("%s found", len(found))
    return f"{counted}: {_short(', '.join(filter(None, names)))}" if any(names) else counted


def _short(text):
    line = " ".join(text.split())
    return line if len(line) <= _LENGTH else f"{line[: _LENGTH - 1]}…"
