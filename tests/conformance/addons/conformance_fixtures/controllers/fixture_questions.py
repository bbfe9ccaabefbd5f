"""The suite's tools that ask the client for input: in one round or more, with a state that is signed."""

import hashlib
import hmac
import json
import secrets

from mcp_types import INVALID_PARAMS

from odoo.addons.chatwootai_mcp import protocol

_SECRET = secrets.token_bytes(32)


def _form(message, name, kind="string"):
    schema = {"type": "object", "properties": {name: {"type": kind}}, "required": [name]}
    return {"method": "elicitation/create", "params": {"message": message, "requestedSchema": schema}}


def _sampling(words, tokens):
    message = {"role": "user", "content": {"type": "text", "text": words}}
    return {"method": "sampling/createMessage", "params": {"messages": [message], "maxTokens": tokens}}


_ROOTS = {"method": "roots/list", "params": {}}
_NAME = _form("What is your name?", "name")
_CONFIRM = _form("Please confirm", "ok", "boolean")


def _sign(state):
    body = json.dumps(state)
    return f"{body}.{_mac(body)}"


def _mac(body):
    return hmac.new(_SECRET, body.encode(), hashlib.sha256).hexdigest()


def _signed(state):
    """The state, if it is one of ours."""
    body, _, mac = (state or "").rpartition(".")
    if not hmac.compare_digest(_mac(body), mac):
        raise protocol.ProtocolError(INVALID_PARAMS, "requestState is not what this server gave out.")
    return json.loads(body)


def _answered(context, questions):
    return all(name in context.input_responses for name in questions)


def _said(words):
    return protocol.ToolResult(content=[{"type": "text", "text": words}])


def _asking(**questions):
    """A tool that needs these answers and keeps no state."""

    def tool(context):
        if not _answered(context, questions):
            return protocol.InputRequired(questions)
        return _said(f"Thank you: {json.dumps(context.input_responses)}")

    return tool


def _asking_with_state(**questions):
    """A tool that needs these answers and its own state back."""

    def tool(context):
        if not _answered(context, questions):
            return protocol.InputRequired(questions, _sign({"asked": sorted(questions)}))
        _signed(context.request_state)
        return _said("state-ok")

    return tool


def _in_two_rounds(context):
    steps = (
        {"step1": _form("Step 1: What is your name?", "name")},
        {"step2": _form("Step 2: What is your favorite color?", "color")},
    )
    step = _signed(context.request_state)["step"] + 1 if context.request_state else 0
    if step < len(steps):
        return protocol.InputRequired(steps[step], _sign({"step": step}))
    return _said("Thank you.")


def _what_the_client_can(context):
    """Of several ways to ask, those that the client declared."""
    ways = {"elicitation": ("user_name", _NAME), "sampling": ("greeting", _sampling("Say hello", 50))}
    chosen = [way for capability, way in ways.items() if capability in context.client_capabilities]
    return protocol.InputRequired(dict(chosen))


def ask_for_context(context):
    """A prompt that asks what it is for."""
    answer = context.input_responses.get("user_context")
    if answer is None:
        return protocol.InputRequired({"user_context": _form("What context should the prompt use?", "context")})
    words = f"Use this context: {json.dumps(answer.get('content'))}"
    return {"messages": [{"role": "user", "content": {"type": "text", "text": words}}]}


_CAPITAL = {"capital_question": _sampling("What is the capital of France?", 100)}
QUESTIONS = {
    "test_missing_capability": _asking(**_CAPITAL),
    "test_streaming_elicitation": _asking(user_name=_NAME),
    "test_input_required_result_elicitation": _asking(user_name=_NAME),
    "test_input_required_result_sampling": _asking(**_CAPITAL),
    "test_input_required_result_list_roots": _asking(client_roots=_ROOTS),
    "test_input_required_result_request_state": _asking_with_state(confirm=_CONFIRM),
    "test_input_required_result_multiple_inputs": _asking_with_state(
        user_name=_NAME, greeting=_sampling("Generate a greeting", 50), client_roots=_ROOTS
    ),
    "test_input_required_result_multi_round": _in_two_rounds,
    "test_input_required_result_tampered_state": _asking_with_state(confirm=_CONFIRM),
    "test_input_required_result_capabilities": _what_the_client_can,
}
