"""How the demo model misbehaves on demand, as real models and their servers do."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    NORMAL = "normal"
    PROSE = "prose"
    """Prose where JSON was asked for."""
    FENCED = "fenced"
    """JSON in a Markdown fence."""
    EMPTY = "empty"
    """No text and no tool call."""
    ERROR_500 = "error_500"
    ERROR_429 = "error_429"
    ERROR_400 = "error_400"
    """A server that knows no response_format says 400; here to any request."""
    HANG = "hang"
    SLOW = "slow"
    """Right, but only after `seconds`."""
    LOOP = "loop"
    """Calls a tool for ever."""
    UNKNOWN_TOOL = "unknown_tool"
    BAD_ARGUMENTS = "bad_arguments"
    """Calls the right tool with arguments that are no JSON."""
    REACT = "react"
    """Writes the tool call as text."""
    GARBAGE = "garbage"
    """An answer that is no completion."""


class UnknownMode(ValueError):
    """Its message names the modes there are."""


def mode_named(name: str) -> Mode:
    try:
        return Mode(name)
    except ValueError:
        raise UnknownMode(f"There is no mode {name!r}. Modes: {', '.join(Mode)}.") from None


@dataclass(frozen=True)
class Setting:
    mode: Mode = Mode.NORMAL
    times: int | None = None
    seconds: float = 60.0


class ModeSwitch:
    """The mode now set; `times` says for how many requests, without it for all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._setting = Setting()
        self._left: int | None = None

    def set(self, name: str, times: int | None = None, seconds: float = 60.0) -> None:
        setting = Setting(mode_named(name), times, seconds)
        with self._lock:
            self._setting, self._left = setting, times

    def take(self, model: str) -> Setting:
        """The setting for this request. A model named `…+prose` has its mode in its name."""
        _, plus, suffix = model.partition("+")
        if plus:
            return Setting(mode_named(suffix))
        with self._lock:
            if self._left is not None:
                if self._left <= 0:
                    self._setting, self._left = Setting(), None
                else:
                    self._left -= 1
            return self._setting

    def as_json(self) -> dict[str, object]:
        with self._lock:
            return {"mode": self._setting.mode.value, "left": self._left}
