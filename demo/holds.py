"""Requests held at a named moment until they are let go: how a test stops the world where it wants to look."""

from __future__ import annotations

import re
import threading
from enum import StrEnum
from types import TracebackType


class Moment(StrEnum):
    BEFORE = "before"
    """The request has arrived; nothing is done yet."""
    AFTER = "after"
    """All is done; the answer has not left yet."""


class Hold:
    """Holds the requests that match, `times` of them (all, when None), until `release`, or the end of its `with`.

    The first `skip` of them pass.
    """

    def __init__(self, moment: Moment, pattern: str, times: int | None, skip: int) -> None:
        self.moment = moment
        self.held: list[str] = []
        self._pattern = re.compile(pattern, re.DOTALL)
        self._left = times
        self._skip = skip
        self._changed = threading.Condition()
        self._released = False

    def wait(self, timeout: float = 60.0, count: int = 1) -> str:
        """The last request held, once there are so many. TimeoutError when they do not come."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.held) >= count, timeout):
                raise TimeoutError(f"No request like {self._pattern.pattern!r} {self.moment} within {timeout:g} s")
            return self.held[-1]

    def release(self) -> None:
        with self._changed:
            self._released = True
            self._changed.notify_all()

    def pause(self, moment: Moment, subject: str) -> None:
        with self._changed:
            if self._released or self._left == 0 or moment is not self.moment or not self._pattern.search(subject):
                return
            if self._skip > 0:
                self._skip -= 1
                return
            if self._left is not None:
                self._left -= 1
            self.held.append(subject)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._released)

    def __enter__(self) -> Hold:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Holds:
    """The holds now set. A server calls `pause` at each moment of each request, with what it would say of it."""

    def __init__(self) -> None:
        self._holds: list[Hold] = []
        self._closed = False

    def hold(self, moment: Moment, pattern: str = "", times: int | None = 1, skip: int = 0) -> Hold:
        """Hold requests whose description matches the regular expression."""
        hold = Hold(moment, pattern, times, skip)
        self._holds.append(hold)
        return hold

    def pause(self, moment: Moment, subject: str) -> None:
        for hold in list(self._holds):
            if not self._closed:
                hold.pause(moment, subject)

    def release_all(self) -> None:
        holds, self._holds = self._holds, []
        for hold in holds:
            hold.release()

    def close(self) -> None:
        self._closed = True
        self.release_all()
