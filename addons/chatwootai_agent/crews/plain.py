"""The crews of channels that differ in how much they take, and in nothing else."""

from __future__ import annotations

from typing import ClassVar

from . import channel as channels
from .base import CustomerServiceCrew
from .channel import Channel


class InstagramCrew(CustomerServiceCrew):
    channel: ClassVar[Channel] = channels.INSTAGRAM


class FacebookCrew(CustomerServiceCrew):
    channel: ClassVar[Channel] = channels.FACEBOOK


class TelegramCrew(CustomerServiceCrew):
    channel: ClassVar[Channel] = channels.TELEGRAM


class SmsCrew(CustomerServiceCrew):
    channel: ClassVar[Channel] = channels.SMS


class TwilioCrew(CustomerServiceCrew):
    channel: ClassVar[Channel] = channels.TWILIO


class LineCrew(CustomerServiceCrew):
    channel: ClassVar[Channel] = channels.LINE


class ApiCrew(CustomerServiceCrew):
    channel: ClassVar[Channel] = channels.API


class AnyCrew(CustomerServiceCrew):
    """Of a channel that Chatwoot has and we do not know."""

    channel: ClassVar[Channel] = channels.ANY
