"""The crew of WhatsApp inboxes."""

from __future__ import annotations

from typing import ClassVar

from .base import CustomerServiceCrew
from .whatsapp_text import MESSAGE_LIMIT, shorten, whatsapp_text


class WhatsAppCrew(CustomerServiceCrew):
    """Writes plain text of at most WhatsApp's length."""

    message_limit: ClassVar[int] = MESSAGE_LIMIT

    def write(self, text: str) -> str:
        return shorten(whatsapp_text(text), self.message_limit)
