"""The tenant's model as crewai calls it: one object per message, so that no two turns share a budget or a count.

Importing this imports crewai: call `environment.prepare()` first.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

import openai
from crewai.llms.providers.openai.completion import OpenAICompletion
from crewai.utilities.exceptions.context_window_exceeding_exception import LLMContextLengthExceededError
from pydantic import Field

from .clean_text import clean
from .errors import BudgetExceeded, ModelMisbehaved
from .http_client import shared_client
from .llm_settings import LLMSettings
from .reply import Step
from .turn import Turn, excerpt, milliseconds_since
from .wording import ENGLISH, Wording

#: The wait before the one repetition of a call that met a busy or failing server.
PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 5.0
#: Not worth repeating a call with less time left.
WORTH_REPEATING: Final = 10.0

#: The provider's call without crewai's own repetitions around it.
_CALL: Final = inspect.unwrap(OpenAICompletion.call)


class TenantLLM(OpenAICompletion):
    """Within the turn's budget, through the shared client, every call a step of the turn."""

    turn: Any = Field(default=None, exclude=True)
    call_timeout: float = Field(default=30.0, exclude=True)
    words: Any = Field(default=ENGLISH, exclude=True)  # in which the trace says what failed

    @classmethod
    def for_turn(cls, settings: LLMSettings, turn: Turn, words: Wording = ENGLISH) -> TenantLLM:
        return cls(
            model=settings.model,
            base_url=settings.base_url,
            api_key=settings.api_key or "none",
            custom_openai=True,
            max_retries=0,
            turn=turn,
            words=words,
            call_timeout=settings.timeout,
        )

    def _build_sync_client(self) -> Any:
        return openai.OpenAI(**self._get_client_params(), http_client=shared_client())

    def _build_async_client(self) -> Any:
        return None  # nothing here is asynchronous, and building one costs an SSL context

    def supports_function_calling(self) -> bool:
        return True  # crewai says no to every name with "o1" in it

    def supports_stop_words(self) -> bool:
        return False  # they serve text tool calling only, and some servers refuse the parameter

    @contextmanager
    def answering_in(self, response_format: dict[str, Any] | None) -> Iterator[None]:
        """Ask for this response format, and read the answer as text: crewai's own parsing gives up on prose."""
        if response_format is not None:
            self.additional_params["response_format"] = response_format
        try:
            yield
        finally:
            self.additional_params.pop("response_format", None)

    def call(self, messages: Any, tools: Any = None, *args: Any, **kwargs: Any) -> Any:
        try:
            return self._call_with_one_repetition(messages, tools, *args, **kwargs)
        except Exception as error:
            self.turn.llm_failure = error  # crewai may wrap it on its way up
            raise

    # crewai wraps a subclass's call to sleep and repeat on 429, past any deadline; the mark keeps it off.
    call._crewai_rate_limit_wrapped = True  # type: ignore[attr-defined]

    def _call_with_one_repetition(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self._recorded_call(*args, **kwargs)
        except Exception as error:
            pause = pause_before_repetition(error)
            if pause is None or self.turn.seconds_left() < pause + WORTH_REPEATING:
                raise
            time.sleep(pause)
            return self._recorded_call(*args, **kwargs)

    def _recorded_call(self, messages: Any, tools: Any, *args: Any, **kwargs: Any) -> Any:
        left = self.turn.begin_llm_call()
        started, before = time.monotonic(), self.turn.tokens()
        offered = {"messages": len(messages) if isinstance(messages, list) else 1, "tools": len(tools or ())}
        result, ok = "", False
        try:
            self._client = self._build_sync_client().with_options(timeout=min(self.call_timeout, left))
            answer = clean(_CALL(self, messages, tools, *args, **kwargs))
            result, ok = _said(answer), True
            if not answer:
                raise ModelMisbehaved("empty")
            if not isinstance(answer, str) and not tools:
                raise ModelMisbehaved("not_offered")
            return answer
        except Exception as error:
            result, ok = failure_of(error).sentence(self.words), False
            raise
        finally:
            self.turn.record(
                Step(
                    "llm",
                    self.model,
                    offered,
                    excerpt(result),
                    milliseconds_since(started),
                    ok,
                    self.turn.tokens() - before,
                )
            )

    def _track_token_usage_internal(self, usage_data: dict[str, Any]) -> None:
        super()._track_token_usage_internal(usage_data)
        self.turn.add_tokens(usage_data)


def _said(answer: Any) -> str:
    """What the model said, or which tools it wants called."""
    if isinstance(answer, list):
        calls = [getattr(call, "function", None) for call in answer]
        return "; ".join(f"{call.name}({call.arguments})" for call in calls if call is not None)
    return str(answer)


@dataclass(frozen=True)
class Failure:
    """Why a model call failed: the machinery (the turn may be done again), or the model (it goes to a person)."""

    kind: Literal["machinery", "budget", "model"]
    cause: str
    retryable: bool = False
    detail: str = ""

    def sentence(self, words: Wording = ENGLISH) -> str:
        return words.causes[self.cause].format(detail=self.detail)


def failure_of(error: BaseException) -> Failure:
    """One ladder from any exception of a model call to what it means. No text of a provider's page gets through."""
    error = _root(error)
    match error:
        case BudgetExceeded():
            return Failure("budget", error.cause)
        case openai.APITimeoutError():
            return Failure("machinery", "late", retryable=True)
        case openai.APIConnectionError():
            return Failure("machinery", "unreachable", retryable=True)
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return Failure("machinery", "key", detail=str(error.status_code))
        case openai.NotFoundError():
            return Failure("machinery", "unknown_model")
        case openai.RateLimitError():
            empty = getattr(error, "code", None) == "insufficient_quota"
            return Failure("machinery", "no_credit" if empty else "overloaded", retryable=not empty)
        case openai.APIStatusError() if error.status_code >= 500:
            return Failure("machinery", "server_failed", retryable=True, detail=str(error.status_code))
        case openai.APIStatusError() if error.status_code >= 400:
            return Failure("model", "refused", detail=str(error.status_code))
        case LLMContextLengthExceededError():
            return Failure("model", "too_long")
        case ModelMisbehaved():
            return Failure("model", error.cause)
        case openai.OpenAIError():
            return Failure("model", "unusable", detail="not a completion")
        case RuntimeError():  # no model's doing: libraries raise it where several threads use them first at once
            return Failure("machinery", "library", retryable=True, detail=type(error).__name__)
        case _:
            return Failure("model", "unusable", detail=type(error).__name__)


def pause_before_repetition(error: BaseException) -> float | None:
    """How long to wait before asking once more; None when asking again is of no use, or took too long already."""
    root = _root(error)
    if isinstance(root, openai.APITimeoutError) or not failure_of(root).retryable:
        return None
    response = getattr(root, "response", None)
    asked = response.headers.get("retry-after", "") if response is not None else ""
    try:
        wanted = float(asked)
    except ValueError:
        return PAUSE
    return max(PAUSE, wanted) if wanted <= LONGEST_PAUSE else None


def _root(error: BaseException) -> BaseException:
    """crewai wraps the client's errors in ValueError and ConnectionError; the cause tells what happened."""
    ours = (openai.OpenAIError, BudgetExceeded, ModelMisbehaved, LLMContextLengthExceededError)
    seen: BaseException | None = error
    for _ in range(10):  # an exception may be its own cause: crewai raises some "from" themselves
        if seen is None or isinstance(seen, ours):
            break
        seen = seen.__cause__
    return seen if isinstance(seen, ours) else error
