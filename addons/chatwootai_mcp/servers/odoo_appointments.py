"""Appointments: what the company's working hours, calendar and scheduling rule leave free, and booking it.

Whatever is busy in the company's calendar takes the time, whoever attends: of staff and rooms no more is known, so a
time is given once.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from odoo import models
from odoo.tools import plaintext2html

from ..stores.schemas import active_rules
from ..tenancy.account import ConfigType
from .call import Call
from .free_time import Interval, free_slots, why_not
from .odoo_access import RecordId, allowed_model
from .odoo_customers import customer
from .tool import ToolError, tool

_MAX_DAYS = 31
_HORIZON = timedelta(days=366)
_DEFAULT_MINUTES = 60

RuleId = Annotated[int | None, Field(description="Where there are several scheduling rules")]


@dataclass(frozen=True)
class _Schedule:
    zone: ZoneInfo
    duration: timedelta
    earliest: datetime
    days: frozenset[int]  # of the week, 0 is Monday
    calendar: models.BaseModel
    name: str


@tool(
    "odoo",
    title="List free slots",
    read_only=True,
    requires_module="calendar",
    requires_access=("calendar.event", "read"),
    returns={
        "slots": {"type": "array"},
        "timezone": {"type": "string"},
        "truncated": {"type": "boolean"},
    },
)
def list_free_slots(
    call: Call,
    from_date: Annotated[str | None, Field(description="First day; default today", examples=["2026-01-31"])] = None,
    days: Annotated[int, Field(ge=1, le=_MAX_DAYS)] = 7,
    rule_id: RuleId = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> dict[str, Any]:
    """List times free for an appointment, by the company's working hours, calendar and scheduling rule."""
    schedule = _schedule(call, rule_id)
    now = datetime.now(schedule.zone)
    first = _first_day(from_date, now.date())
    since = datetime.combine(first, time(), schedule.zone)
    until = datetime.combine(first + timedelta(days=days), time(), schedule.zone)
    work, busy = _work(schedule, since, until), _busy(call, schedule, since, until)
    slots = []
    for start, end in free_slots(work, busy, schedule.duration, schedule.earliest):
        slots.append({"start": start.isoformat(timespec="minutes"), "end": end.isoformat(timespec="minutes")})
        if len(slots) > limit:
            break
    return {"slots": slots[:limit], "timezone": schedule.zone.key, "truncated": len(slots) > limit}


@tool(
    "odoo",
    title="Book an appointment",
    requires_module="calendar",
    requires_access=("calendar.event", "create"),
    returns={"id": {"type": "integer"}, "start": {"type": "string"}, "end": {"type": "string"}},
)
def book_appointment(
    call: Call,
    start: Annotated[
        str,
        Field(
            max_length=40,
            description="As list_free_slots tells it",
            examples=["2026-01-31T14:00"],
        ),
    ],
    partner_id: RecordId,
    subject: Annotated[str | None, Field(max_length=200)] = None,
    notes: Annotated[str | None, Field(max_length=5000)] = None,
    rule_id: RuleId = None,
) -> dict[str, Any]:
    """Book an appointment for a customer, if the time is still free. Sends no invitation."""
    schedule = _schedule(call, rule_id)
    begins = _moment(start, schedule.zone)
    ends = begins + schedule.duration
    attendee = customer(call, partner_id)
    _one_booking_at_a_time(call, schedule)
    day = datetime.combine(begins.date(), time(), schedule.zone)
    span = (day, day + timedelta(days=2))
    reason = why_not(begins, schedule.duration, _work(schedule, *span), _busy(call, schedule, *span), schedule.earliest)
    if reason:
        raise ToolError(f"{reason}; list_free_slots tells which times are free.")
    event = (
        call.env["calendar.event"]
        .with_context(no_mail_to_attendees=True, mail_create_nosubscribe=True)
        .create(
            {
                "name": (subject or "").strip() or f"{schedule.name}: {attendee.display_name}",
                "start": _utc(begins),
                "stop": _utc(ends),
                "partner_ids": [attendee.id],
                "description": plaintext2html(notes) if notes else False,
                "show_as": "busy",
            }
        )
    )
    call.record_ids = (event.id,)
    return {
        "id": event.id,
        "start": begins.isoformat(timespec="minutes"),
        "end": ends.isoformat(timespec="minutes"),
    }


def _schedule(call: Call, rule_id: int | None) -> _Schedule:
    allowed_model(call, "calendar.event")
    calendar = call.env.company.resource_calendar_id
    if not calendar:
        raise ToolError("The company has no working hours in Odoo, so no time can be offered.")
    zone = ZoneInfo(calendar.tz or "UTC")
    now = datetime.now(zone)
    rule = _rule(call, rule_id, now.date())
    terms = rule.get("scheduling") or {}
    return _Schedule(
        zone=zone,
        duration=timedelta(minutes=terms.get("duration_minutes") or _DEFAULT_MINUTES),
        earliest=now + timedelta(hours=terms.get("notice_hours") or 0),
        days=frozenset(terms["days"] if terms.get("days") else range(7)),
        calendar=calendar,
        name=rule.get("name") or call.env._("Appointment"),
    )


def _rule(call: Call, rule_id: int | None, today: date) -> dict[str, Any]:
    """The scheduling rule in force; where the company has none, an empty one."""
    stored = call.stores.documents.get(call.account_id, ConfigType.BUSINESS_RULES)
    rules = [rule for rule in active_rules(stored or [], today) if rule["kind"] == "scheduling"]
    if rule_id is not None:
        rules = [rule for rule in rules if rule["rule_id"] == rule_id]
        if not rules:
            raise ToolError(f"No scheduling rule with the id {rule_id} is in force.")
    if len(rules) > 1:
        named = ", ".join(f"{rule['rule_id']} ({rule['name']})" for rule in rules)
        raise ToolError(f"There are several scheduling rules; say which by rule_id: {named}.")
    return rules[0] if rules else {}


def _work(schedule: _Schedule, since: datetime, until: datetime) -> list[Interval]:
    """The company's working hours less its days off, on the days of the rule."""
    intervals = schedule.calendar._work_intervals_batch(since, until)[False]
    work = [(start.astimezone(schedule.zone), stop.astimezone(schedule.zone)) for start, stop, _meta in intervals]
    return [(start, stop) for start, stop in work if start.weekday() in schedule.days]


def _busy(call: Call, schedule: _Schedule, since: datetime, until: datetime) -> list[Interval]:
    margin = timedelta(days=1)  # events of whole days are stored without a time zone
    events = call.env["calendar.event"].search(
        [
            ("start", "<", _utc(until + margin)),
            ("stop", ">", _utc(since - margin)),
            ("show_as", "=", "busy"),
        ]
    )
    return [_interval(event, schedule.zone) for event in events]


def _interval(event: models.BaseModel, zone: ZoneInfo) -> Interval:
    if event.allday:
        last = (event.stop_date or event.start_date) + timedelta(days=1)
        return datetime.combine(event.start_date, time(), zone), datetime.combine(last, time(), zone)
    return event.start.replace(tzinfo=UTC).astimezone(zone), event.stop.replace(tzinfo=UTC).astimezone(zone)


def _one_booking_at_a_time(call: Call, schedule: _Schedule) -> None:
    """Make two bookings at once conflict: the later fails to serialize, is tried again, and then sees the first."""
    query = "UPDATE resource_calendar SET write_date = write_date WHERE id = %s"
    call.env.cr.execute(query, [schedule.calendar.id], log_exceptions=False)


def _first_day(given: str | None, today: date) -> date:
    if given is None:
        return today
    try:
        first = date.fromisoformat(given)
    except ValueError:
        raise ToolError(f"from_date needs a date such as 2026-01-31, not {given!r}.") from None
    if not today <= first <= today + _HORIZON:
        raise ToolError("from_date must be today or within a year from now.")
    return first


def _moment(given: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(given)
        moment = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    except (ValueError, OverflowError):
        raise ToolError(f"start needs a time such as 2026-01-31T14:00, not {given!r}.") from None
    if moment > datetime.now(zone) + _HORIZON:
        raise ToolError("start must be within a year from now.")
    return moment.replace(second=0, microsecond=0)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
