"""The ledger of one turn: its time and call budget, its steps as they happen, and how it is to end.

Shared by the model and the tools of one message, which crewai runs on threads of its own.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from .clean_text import clean
from .errors import BudgetExceeded
from .reply import Step, Usage

_logger = logging.getLogger(__name__)

RESULT_EXCERPT: Final = 2000
#: A model call that could not even be answered within this is not worth starting.
SHORTEST_CALL: Final = 0.5

OnStep = Callable[[Step], None]


class Turn:
    """Counts what is spent, and refuses what exceeds the budget."""

    def __init__(self, *, seconds: float, max_llm_calls: int, max_tool_calls: int, on_step: OnStep | None = None):
        self.deadline = time.monotonic() + seconds
        self.max_llm_calls = max_llm_calls
        self.max_tool_calls = max_tool_calls
        self.steps: list[Step] = []
        self.hand_off_reason: str | None = None
        self.llm_failure: BaseException | None = None
        self._on_step = on_step
        self._lock = threading.Lock()
        self._llm_calls = 0
        self._tool_calls = 0
        self._tokens = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}

    def seconds_left(self) -> float:
        return self.deadline - time.monotonic()

    def begin_llm_call(self) -> float:
        """The seconds a model call may take at most."""
        with self._lock:
            left = self.seconds_left()
            if left < SHORTEST_CALL:
                raise BudgetExceeded("time")
            if self._llm_calls >= self.max_llm_calls:
                raise BudgetExceeded("calls")
            self._llm_calls += 1
            return left

    def begin_tool_call(self) -> bool:
        """Whether one more tool may be called."""
        with self._lock:
            if self._tool_calls >= self.max_tool_calls or self.seconds_left() < SHORTEST_CALL:
                return False
            self._tool_calls += 1
            return True

    def add_tokens(self, counts: Mapping[str, Any]) -> None:
        with self._lock:
            for name in self._tokens:
                self._tokens[name] += int(counts.get(name) or 0)

    def tokens(self) -> int:
        return self._tokens["total_tokens"]

    def usage(self) -> Usage:
        return Usage(**self._tokens, llm_calls=self._llm_calls, tool_calls=self._tool_calls)

    def record(self, step: Step) -> None:
        """Keep the step; whoever watches is told, and cannot stop the turn by failing."""
        with self._lock:
            self.steps.append(step)
        if self._on_step is None:
            return
        try:
            self._on_step(step)
        except Exception:
            _logger.exception("the watcher of a turn's steps failed")


def excerpt(value: Any, limit: int = RESULT_EXCERPT) -> str:
    """A value as short text for the trace."""
    text = clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
