"""Which crew answers on which channel. Channels have Chatwoot's own names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .base import CustomerServiceCrew
from .whatsapp import WhatsAppCrew

WHATSAPP: Final = "Channel::Whatsapp"

CREWS: Final[Mapping[str, type[CustomerServiceCrew]]] = {WHATSAPP: WhatsAppCrew}


def crew_class(channel: str | None) -> type[CustomerServiceCrew]:
    """The channel's crew. Chatwoot's other channels take plain text too."""
    return CREWS.get(channel or "", WhatsAppCrew)
