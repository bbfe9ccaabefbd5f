"""The MCP tools as an agent of crewai gets them: bound to the tenant and its customer, counted, clipped, recorded.

What says whose data is meant (`account_id`, the conversation, the customer's record) is not in the schema the model
sees, and is set here whatever the model passes. Importing this imports crewai: call `environment.prepare()` first.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from crewai.tools import BaseTool
from crewai.utilities.pydantic_schema_utils import create_model_from_schema
from pydantic import BaseModel, Field, ValidationError

from .clean_text import clean
from .errors import ToolsUnreachable
from .reply import Step
from .tool_client import OfferedTool, ToolClient
from .turn import Turn, excerpt, milliseconds_since
from .wording import Wording

_logger = logging.getLogger(__name__)

#: Never the model's to choose. A tool that takes one of these gets ours, or does without.
BOUND_ARGUMENTS: Final = frozenset({"account_id", "conversation_id", "partner_id", "contact_id", "message_id"})
RESULT_LIMIT: Final = 6000
CALLS_PER_TOOL: Final = 4
HAND_OFF: Final = "hand_off"

UNAVAILABLE: Final = {"success": False, "error": "This lookup does not work at the moment."}
SPENT: Final = {"success": False, "error": "No more lookups in this conversation turn: answer with what you have."}

Action = Callable[[dict[str, Any]], str]
#: Told of each lookup that found something: the tool's name and its result.
OnResult = Callable[[str, Mapping[str, Any]], None]


class AgentTool(BaseTool):
    """One class for all tools: crewai keeps every subclass for ever."""

    action: Any = Field(default=None, exclude=True)
    max_usage_count: int | None = CALLS_PER_TOOL  # also makes crewai call tools one after another

    def _validate_kwargs(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        return kwargs  # the action does it, so that a refusal is a step too

    def _run(self, **arguments: Any) -> str:
        return str(self.action(clean(arguments)))


class BoundTool:
    """One MCP tool for one turn."""

    def __init__(
        self, client: ToolClient, tool: OfferedTool, bound: Mapping[str, Any], turn: Turn, on_result: OnResult
    ) -> None:
        self.client = client
        self.tool = tool
        self.turn = turn
        self.on_result = on_result
        properties = tool.input_schema.get("properties") or {}
        self.bound = {name: bound[name] for name in properties if name in BOUND_ARGUMENTS and name in bound}
        self.schema = visible_arguments(tool)

    def for_agent(self) -> AgentTool:
        return AgentTool(
            name=self.tool.name, description=self.tool.description, args_schema=self.schema, action=self.call
        )

    def call(self, arguments: dict[str, Any]) -> str:
        """The tool's result as the model reads it. Never raises: what went wrong is said in the result."""
        started = time.monotonic()
        # Strict schemas make a model pass null for what it leaves out.
        chosen = {name: value for name, value in arguments.items() if name not in BOUND_ARGUMENTS and value is not None}
        if not self.turn.begin_tool_call():
            result: dict[str, Any] = SPENT
        else:
            result = self._ask(chosen)
        ok = result.get("success") is not False
        if ok:
            self.on_result(self.tool.name, result)
        told = clip(json.dumps(result, ensure_ascii=False, default=str))
        self.turn.record(Step("tool", self.tool.name, chosen, excerpt(told), milliseconds_since(started), ok))
        return told

    def _ask(self, chosen: dict[str, Any]) -> dict[str, Any]:
        try:
            accepted = self.schema.model_validate(chosen).model_dump(exclude_none=True)
        except ValidationError as error:
            return {"success": False, "error": f"Wrong arguments: {_complaint(error)}"}
        try:
            return self.client.call_tool(self.tool.name, {**accepted, **self.bound})
        except ToolsUnreachable as error:
            _logger.warning("tool %s: %s", self.tool.name, error.reason)
        except Exception:
            _logger.exception("tool %s failed", self.tool.name)
        return dict(UNAVAILABLE)


def bound_tools(
    client: ToolClient,
    offered: Iterable[OfferedTool],
    names: Iterable[str],
    bound: Mapping[str, Any],
    turn: Turn,
    on_result: OnResult = lambda *_: None,
) -> list[AgentTool]:
    """The named tools, those of them the server offers, in the order of their names here."""
    by_name = {tool.name: tool for tool in offered}
    return [BoundTool(client, by_name[name], bound, turn, on_result).for_agent() for name in names if name in by_name]


class HandOffArguments(BaseModel):
    reason: str = Field(min_length=1, max_length=2000)


@lru_cache(maxsize=4)
def _hand_off_schema(description: str) -> type[BaseModel]:
    schema = HandOffArguments.model_json_schema()
    schema["properties"]["reason"]["description"] = description
    return create_model_from_schema(schema, model_name="HandOff")


def hand_off_tool(turn: Turn, words: Wording) -> AgentTool:
    """The crew's own tool: it ends the turn, and the conversation goes to a person."""

    def hand_off(arguments: dict[str, Any]) -> str:
        reason = str(arguments.get("reason") or "").strip()[:2000] or words.intents["person"]
        turn.hand_off_reason = reason
        turn.record(Step("tool", HAND_OFF, {"reason": reason}, "handed off"))
        return reason

    return AgentTool(
        name=HAND_OFF,
        description=words.hand_off_tool,
        args_schema=_hand_off_schema(words.hand_off_reason),
        result_as_answer=True,
        action=hand_off,
    )


def visible_arguments(tool: OfferedTool) -> type[BaseModel]:
    """The schema the model sees: the tool's, less what is bound."""
    return _arguments_model(tool.name, json.dumps(tool.input_schema, sort_keys=True))


@lru_cache(maxsize=256)  # building a model class takes milliseconds; tools' schemas hardly ever change
def _arguments_model(name: str, schema_text: str) -> type[BaseModel]:
    schema = json.loads(schema_text)
    properties = schema.get("properties") or {}
    schema["properties"] = {key: value for key, value in properties.items() if key not in BOUND_ARGUMENTS}
    schema["required"] = [key for key in schema.get("required") or [] if key not in BOUND_ARGUMENTS]
    return create_model_from_schema(schema, model_name="".join(part.title() for part in name.split("_")))


def clip(text: str, limit: int = RESULT_LIMIT) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… (cut: ask for less)"


def _complaint(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, at['loc'])) or 'arguments'}: {at['msg']}" for at in error.errors()[:5])
