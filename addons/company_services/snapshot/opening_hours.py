"""Working periods, as a working calendar holds them, to one line of opening hours per weekday, and back.

A working calendar knows any number of periods in a day, breaks among them, and may alternate between two weeks.
Customers are told one opening, one closing and one break a day.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

LAST_MINUTE = 24 * 60 - 1  # a clock has no 24:00

Interval = tuple[int, int]


@dataclass(frozen=True)
class Period:
    """A stretch of one weekday (0 is Monday), in hours as Odoo keeps them: 8.5 is 08:30."""

    day: int
    start: float
    end: float
    lunch: bool = False
    week: int | None = None  # 0 or 1 in a calendar of two alternating weeks


def opening_hours(periods: Iterable[Period]) -> list[dict[str, Any]]:
    """One entry per weekday on which the company is open; a weekday that is missing is closed.

    Of two alternating weeks only what is open in both is told: better closed than a customer before a shut door.
    """
    known = list(periods)
    weeks: tuple[int | None, ...] = (0, 1) if any(period.week is not None for period in known) else (None,)
    hours = []
    for day in range(7):
        open_intervals = _open_intervals(known, day, weeks[0])
        for week in weeks[1:]:
            open_intervals = _intersection(open_intervals, _open_intervals(known, day, week))
        entry = _entry(day, open_intervals)
        if entry:
            hours.append(entry)
    return hours


def working_periods(hours: Iterable[Mapping[str, Any]]) -> list[Period]:
    """The periods of a working calendar in which these opening hours hold, a break as a period of its own."""
    periods = []
    for entry in hours:
        day = int(entry["day"])
        opens, closes = clock_to_float(entry["opens"]), clock_to_float(entry["closes"])
        if entry.get("break_start") and entry.get("break_end"):
            break_start, break_end = clock_to_float(entry["break_start"]), clock_to_float(entry["break_end"])
            periods += [
                Period(day, opens, break_start),
                Period(day, break_start, break_end, lunch=True),
                Period(day, break_end, closes),
            ]
        else:
            periods.append(Period(day, opens, closes))
    return periods


def clock_to_float(clock: str) -> float:
    """
    >>> clock_to_float("08:30")
    8.5
    """
    hours, minutes = clock.split(":")
    return int(hours) + int(minutes) / 60


def float_to_clock(hours: float) -> str:
    """
    >>> float_to_clock(8.5), float_to_clock(24)
    ('08:30', '23:59')
    """
    return _clock(_minutes(hours))


def _minutes(hours: float) -> int:
    return min(max(round(hours * 60), 0), LAST_MINUTE)


def _clock(minutes: int) -> str:
    return "{:02d}:{:02d}".format(*divmod(minutes, 60))


def _open_intervals(periods: list[Period], day: int, week: int | None) -> list[Interval]:
    of_day = [period for period in periods if period.day == day and period.week == week]
    worked = _union((_minutes(period.start), _minutes(period.end)) for period in of_day if not period.lunch)
    breaks = _union((_minutes(period.start), _minutes(period.end)) for period in of_day if period.lunch)
    return _difference(worked, breaks)


def _entry(day: int, intervals: list[Interval]) -> dict[str, Any] | None:
    if not intervals:
        return None
    opens, closes = _clock(intervals[0][0]), _clock(intervals[-1][1])
    entry: dict[str, Any] = {"day": day, "opens": opens, "closes": closes, "break_start": None, "break_end": None}
    gaps = [(before[1], after[0]) for before, after in pairwise(intervals)]
    if gaps:
        # The longest is the lunch break; a coffee break beside it is not worth telling a customer.
        start, end = max(gaps, key=lambda gap: gap[1] - gap[0])
        entry.update(break_start=_clock(start), break_end=_clock(end))
    return entry


def _union(intervals: Iterable[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for start, end in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _difference(intervals: list[Interval], removed: list[Interval]) -> list[Interval]:
    for cut_start, cut_end in removed:
        intervals = [
            piece
            for start, end in intervals
            for piece in ((start, min(end, cut_start)), (max(start, cut_end), end))
            if piece[0] < piece[1]
        ]
    return intervals


def _intersection(some: list[Interval], others: list[Interval]) -> list[Interval]:
    return [
        (max(start, other_start), min(end, other_end))
        for start, end in some
        for other_start, other_end in others
        if max(start, other_start) < min(end, other_end)
    ]
