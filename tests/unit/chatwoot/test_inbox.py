"""Inboxes are read from Chatwoot's answer, their week turned to begin on Monday."""

import pytest
from chatwootai_mcp.chatwoot.inbox import parse_inbox

NINE_TO_SIX = {"open_hour": 9, "open_minutes": 30, "close_hour": 18, "close_minutes": 0}


def test_an_inbox_is_read_with_its_hours():
    inbox = parse_inbox(
        {
            "id": 7,
            "name": "WhatsApp",
            "channel_type": "Channel::Whatsapp",
            "timezone": "America/Sao_Paulo",
            "working_hours_enabled": True,
            "working_hours": [
                {"day_of_week": 0, "closed_all_day": True, "open_hour": None, "close_hour": None},
                {"day_of_week": 6, "open_all_day": True},
                {"day_of_week": 1, **NINE_TO_SIX},
            ],
            "out_of_office_message": None,
        }
    )
    assert (inbox.id, inbox.channel, inbox.keeps_hours, inbox.out_of_office_message) == (
        7,
        "Channel::Whatsapp",
        True,
        "",
    )
    assert [(day["day"], day["opens"], day["closes"]) for day in inbox.hours] == [
        (0, "09:30", "18:00"),
        (5, "00:00", "24:00"),
    ]


@pytest.mark.parametrize("values", [{}, {"id": None}, {"id": 1, "working_hours": [{}]}, "no"])
def test_what_is_no_inbox_is_refused(values):
    with pytest.raises((AttributeError, KeyError, TypeError, ValueError)):
        parse_inbox(values)
