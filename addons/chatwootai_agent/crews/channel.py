"""What Chatwoot's channels take, as data: how long a message may be, what may be tapped, whether it is formatted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

#: How the agents are told to write.
Writing = Literal["chat", "web", "email"]


@dataclass(frozen=True)
class Taps:
    """Choices the customer may tap: up to `count` of them, with titles of up to `title` characters."""

    count: int
    title: int


@dataclass(frozen=True)
class Channel:
    """One of Chatwoot's channels. `name` is Chatwoot's own."""

    name: str
    limit: int  # of one message
    in_bytes: bool = False
    parts: int = 3  # messages an answer may be split into
    writing: Writing = "chat"
    markdown: bool = False  # shown formatted; elsewhere the marks are taken away
    taps: tuple[Taps, ...] = ()  # the first that fits is used; none: the choices are numbered in the text
    tap_body: int = 0  # longest text above choices to tap
    cards: bool = False
    files: bool = True


#: Chatwoot makes buttons of up to three choices and a list of up to ten; WhatsApp refuses longer titles and texts.
WHATSAPP: Final = Channel("Channel::Whatsapp", 4096, taps=(Taps(3, 20), Taps(10, 24)), tap_body=1024)
WEB_WIDGET: Final = Channel(
    "Channel::WebWidget", 4000, writing="web", markdown=True, taps=(Taps(10, 80),), tap_body=4000, cards=True
)
EMAIL: Final = Channel("Channel::Email", 20_000, parts=1, writing="email", markdown=True)
INSTAGRAM: Final = Channel("Channel::Instagram", 1000, in_bytes=True, parts=4)
FACEBOOK: Final = Channel("Channel::FacebookPage", 2000)
#: A tap comes back as the choice's value, for which Telegram has 64 bytes.
TELEGRAM: Final = Channel("Channel::Telegram", 4096, taps=(Taps(8, 30),), tap_body=4096)
SMS: Final = Channel("Channel::Sms", 1500, parts=2, files=False)
TWILIO: Final = Channel("Channel::TwilioSms", 1500, parts=2, files=False)
LINE: Final = Channel("Channel::Line", 2000)
API: Final = Channel("Channel::Api", 4000)
#: What Chatwoot calls a channel we know nothing of.
ANY: Final = Channel("", 1000)
