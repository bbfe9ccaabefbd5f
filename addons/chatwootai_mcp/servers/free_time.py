"""Free time between working hours and what is booked already, as decisions on plain intervals."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

Interval = tuple[datetime, datetime]  # from, to; all with a time zone
_STEP = timedelta(minutes=15)


def free_slots(
    work: Iterable[Interval], busy: Iterable[Interval], duration: timedelta, earliest: datetime
) -> Iterator[Interval]:
    """Slots of the duration one after another, from the start of each working interval or of what is free in it."""
    taken = sorted(busy)
    for opens, closes in sorted(work):
        start = max(opens, _rounded_up(earliest))
        while start + duration <= closes:
            clash = _clash(start, start + duration, taken)
            if clash is None:
                yield start, start + duration
                start += duration
            else:
                start = _rounded_up(clash)


def why_not(
    start: datetime, duration: timedelta, work: Iterable[Interval], busy: Iterable[Interval], earliest: datetime
) -> str | None:
    """Why nothing can be booked from then on, or None when it can."""
    end = start + duration
    if start < earliest:
        return f"It is too soon: the earliest time is {earliest.isoformat(timespec='minutes')}"
    if not any(opens <= start and end <= closes for opens, closes in work):
        return "It is outside the hours for appointments"
    if _clash(start, end, sorted(busy)) is not None:
        return "That time is taken"
    return None


def _clash(start: datetime, end: datetime, taken: list[Interval]) -> datetime | None:
    """When the last of what overlaps ends."""
    return max((until for since, until in taken if since < end and until > start), default=None)


def _rounded_up(moment: datetime) -> datetime:
    past = timedelta(minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond) % _STEP
    return moment + (_STEP - past) if past else moment
