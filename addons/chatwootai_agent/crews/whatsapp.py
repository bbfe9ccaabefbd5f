"""The crew of WhatsApp inboxes."""

from __future__ import annotations

from typing import ClassVar

from .base import CustomerServiceCrew
from .channel import WHATSAPP, Channel


class WhatsAppCrew(CustomerServiceCrew):
    """Writes plain text, with choices to tap where WhatsApp has room for them."""

    channel: ClassVar[Channel] = WHATSAPP
