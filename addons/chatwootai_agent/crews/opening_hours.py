"""Whether somebody is there, and when next: pure functions over opening hours as the configuration tells them.

One entry a weekday (0 is Monday): ``{"day", "opens", "closes", "break_start", "break_end"}``, times as "09:00".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

Hours = Iterable[Mapping[str, Any]]
_LAST_MINUTE = "23:59"  # as a clock without 24:00 writes the end of a day


def is_open(opening_hours: Hours, now: datetime) -> bool:
    """Whether the company is open at `now`, given in its own time zone."""
    at = f"{now:%H:%M}"
    return any(start <= at < end for day in opening_hours if day["day"] == now.weekday() for start, end in _spans(day))


def next_opening(opening_hours: Hours, now: datetime) -> datetime | None:
    """When it opens next after `now`, in the same time zone; None when it never does.

    >>> next_opening([{"day": 0, "opens": "09:00", "closes": "18:00"}], datetime(2026, 7, 4, 22, 30))  # a Saturday
    datetime.datetime(2026, 7, 6, 9, 0)
    """
    known = list(opening_hours)
    for days in range(8):
        date = now + timedelta(days=days)
        starts = (start for day in known if day["day"] == date.weekday() for start, _end in _spans(day))
        for start in sorted(starts):
            hour, minute = map(int, start.split(":"))
            moment = date.replace(hour=hour, minute=minute, second=0, microsecond=0)
            if moment > now:
                return moment
    return None


def _spans(day: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The stretches of a day, its break left out."""
    pause, resumes = day.get("break_start"), day.get("break_end")
    closes = "24:00" if day["closes"] == _LAST_MINUTE else day["closes"]
    if pause and resumes:
        return [(day["opens"], pause), (resumes, closes)]
    return [(day["opens"], closes)]
