"""The crew of the chat on the company's own site."""

from __future__ import annotations

from typing import ClassVar

from .base import CustomerServiceCrew
from .channel import WEB_WIDGET, Channel


class WebWidgetCrew(CustomerServiceCrew):
    """Writes formatted text, with choices to tap and products as cards."""

    channel: ClassVar[Channel] = WEB_WIDGET
