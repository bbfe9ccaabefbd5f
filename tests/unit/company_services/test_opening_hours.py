"""What customers are told of a working calendar: never an hour in which the door is shut, never one too few."""

from company_services.snapshot.opening_hours import Period, float_to_clock, opening_hours, working_periods
from hypothesis import given
from hypothesis import strategies as st

MINUTES = range(24 * 60)


def minutes(clock):
    hours, mins = clock.split(":")
    return int(hours) * 60 + int(mins)


def told_open(entry):
    """The minutes of its day in which an entry says the company is open."""
    pause = range(minutes(entry["break_start"]), minutes(entry["break_end"])) if entry["break_start"] else range(0)
    return set(range(minutes(entry["opens"]), minutes(entry["closes"]))) - set(pause)


@st.composite
def entries(draw):
    """Any valid list of opening hours."""
    days = draw(st.sets(st.integers(0, 6)))
    hours = []
    for day in sorted(days):
        with_break = draw(st.booleans())
        times = sorted(draw(st.sets(st.sampled_from(MINUTES), min_size=4, max_size=4)))
        clocks = [f"{time // 60:02d}:{time % 60:02d}" for time in times]
        pause = (clocks[1], clocks[2]) if with_break else (None, None)
        hours.append(
            {"day": day, "opens": clocks[0], "closes": clocks[3], "break_start": pause[0], "break_end": pause[1]}
        )
    return hours


@st.composite
def periods_of_a_day(draw):
    """Working periods and breaks of one Monday, in any order, overlapping as they like."""
    spans = draw(st.lists(st.tuples(st.integers(0, 1440), st.integers(0, 1440), st.booleans()), max_size=6))
    return [Period(0, min(a, b) / 60, max(a, b) / 60, lunch) for a, b, lunch in spans]


def worked_minutes(periods):
    worked, breaks = set(), set()
    for period in periods:
        (breaks if period.lunch else worked).update(range(round(period.start * 60), round(period.end * 60)))
    return worked - breaks


@given(entries())
def test_opening_hours_survive_the_calendar(hours):
    assert opening_hours(working_periods(hours)) == hours


@given(entries(), st.randoms())
def test_order_of_periods_does_not_matter(hours, random):
    periods = working_periods(hours)
    random.shuffle(periods)
    assert opening_hours(periods) == hours


@given(periods_of_a_day())
def test_every_worked_minute_is_told_and_only_short_breaks_are_glossed_over(periods):
    worked = worked_minutes(periods) - {24 * 60 - 1}  # a clock has no 24:00
    told = opening_hours(periods)
    if not told:
        assert not worked
        return
    said = told_open(told[0])
    assert worked <= said
    assert told_open({**told[0], "break_start": None}) - said <= set(MINUTES) - worked
    assert min(said) == min(worked)
    if len(_stretches(worked)) <= 2:
        assert said == worked


def _stretches(numbers):
    return [number for number in numbers if number - 1 not in numbers]


@given(periods_of_a_day())
def test_an_entry_is_always_in_order(periods):
    for entry in opening_hours(periods):
        times = [entry["opens"], entry["break_start"], entry["break_end"], entry["closes"]]
        known = [time for time in times if time]
        assert known == sorted(set(known)) and len(known) in (2, 4)


@given(periods_of_a_day(), periods_of_a_day())
def test_of_two_weeks_only_what_both_have_is_told(first, second):
    alternating = [Period(p.day, p.start, p.end, p.lunch, 0) for p in first]
    alternating += [Period(p.day, p.start, p.end, p.lunch, 1) for p in second]
    both = worked_minutes(first) & worked_minutes(second) - {24 * 60 - 1}
    for entry in opening_hours(alternating):
        assert both <= told_open(entry)
        assert minutes(entry["opens"]) == min(both)
    if both:
        assert opening_hours(alternating)


def test_a_day_with_a_lunch_line():
    periods = [Period(0, 8, 12), Period(0, 12, 13, lunch=True), Period(0, 13, 17.5)]
    assert opening_hours(periods) == [
        {"day": 0, "opens": "08:00", "closes": "17:30", "break_start": "12:00", "break_end": "13:00"}
    ]


def test_a_gap_is_a_break_without_a_lunch_line():
    assert opening_hours([Period(4, 13, 18), Period(4, 9, 12)]) == [
        {"day": 4, "opens": "09:00", "closes": "18:00", "break_start": "12:00", "break_end": "13:00"}
    ]


def test_the_longest_gap_is_the_break():
    hours = opening_hours([Period(2, 8, 10), Period(2, 10.25, 12), Period(2, 13, 18)])
    assert (hours[0]["break_start"], hours[0]["break_end"]) == ("12:00", "13:00")


def test_adjoining_periods_are_no_break():
    assert opening_hours([Period(6, 9, 12), Period(6, 12, 15)])[0]["break_start"] is None


def test_a_week_of_two_that_is_closed_closes_the_day():
    assert opening_hours([Period(5, 9, 12, week=0)]) == []


def test_midnight_is_the_last_minute():
    assert opening_hours([Period(5, 18, 24)])[0]["closes"] == "23:59"


def test_thirds_of_an_hour_come_out_in_minutes():
    assert float_to_clock(8 + 1 / 3) == "08:20"
