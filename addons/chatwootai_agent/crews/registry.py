"""Which crew answers on which channel. Channels have Chatwoot's own names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .base import CustomerServiceCrew
from .email_crew import EmailCrew
from .plain import AnyCrew, ApiCrew, FacebookCrew, InstagramCrew, LineCrew, SmsCrew, TelegramCrew, TwilioCrew
from .web_widget import WebWidgetCrew
from .whatsapp import WhatsAppCrew

_ALL: Final = (
    WhatsAppCrew,
    WebWidgetCrew,
    EmailCrew,
    InstagramCrew,
    FacebookCrew,
    TelegramCrew,
    SmsCrew,
    TwilioCrew,
    LineCrew,
    ApiCrew,
)
CREWS: Final[Mapping[str, type[CustomerServiceCrew]]] = {crew.channel.name: crew for crew in _ALL}


def crew_class(channel: str | None) -> type[CustomerServiceCrew]:
    """The channel's crew; of a channel nobody knows, one that writes plainly and shortly."""
    return CREWS.get(channel or "", AnyCrew)
