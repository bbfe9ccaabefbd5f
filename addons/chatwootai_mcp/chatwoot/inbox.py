"""An inbox as Chatwoot's API describes it: its channel, and when it says people are there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_MAX_NAME = 256
_MAX_TEXT = 4000


@dataclass(frozen=True, slots=True)
class Inbox:
    id: int
    name: str
    channel: str
    timezone: str
    keeps_hours: bool  # only then do the hours count, and is the out-of-office message sent
    hours: tuple[dict[str, Any], ...]  # one entry an open weekday: day (0 is Monday), opens, closes
    out_of_office_message: str
    asks_for_rating: bool


def parse_inbox(values: Any) -> Inbox:
    """
    :raises KeyError, TypeError, ValueError: when it is no inbox
    """
    return Inbox(
        id=int(values["id"]),
        name=str(values.get("name") or "")[:_MAX_NAME],
        channel=str(values.get("channel_type") or "")[:_MAX_NAME],
        timezone=str(values.get("timezone") or "UTC")[:_MAX_NAME],
        keeps_hours=values.get("working_hours_enabled") is True,
        hours=tuple(sorted(filter(None, map(_day, values.get("working_hours") or [])), key=lambda day: day["day"])),
        out_of_office_message=str(values.get("out_of_office_message") or "")[:_MAX_TEXT],
        asks_for_rating=values.get("csat_survey_enabled") is True,
    )


def _day(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """One day of Chatwoot's, which counts from Sunday.

    >>> _day({"day_of_week": 1, "open_hour": 9, "open_minutes": 0, "close_hour": 17, "close_minutes": 30})
    {'day': 0, 'opens': '09:00', 'closes': '17:30', 'break_start': None, 'break_end': None}
    >>> _day({"day_of_week": 0, "closed_all_day": True})
    """
    if values.get("closed_all_day"):
        return None
    opens, closes = "00:00", "24:00"
    if not values.get("open_all_day"):
        opens = f"{int(values['open_hour']):02d}:{int(values.get('open_minutes') or 0):02d}"
        closes = f"{int(values['close_hour']):02d}:{int(values.get('close_minutes') or 0):02d}"
    day = (int(values["day_of_week"]) - 1) % 7
    return {"day": day, "opens": opens, "closes": closes, "break_start": None, "break_end": None}
