"""The crew of email inboxes."""

from __future__ import annotations

from typing import ClassVar

from .base import CustomerServiceCrew
from .channel import EMAIL, Channel


class EmailCrew(CustomerServiceCrew):
    """Writes a letter: longer, formatted, and signed with the company's name. Chatwoot keeps subject and thread."""

    channel: ClassVar[Channel] = EMAIL

    def write(self, text: str) -> str:
        company = str(self.config.get("company_name") or "").strip()
        closing = self._words.closing
        if not company or company in text[-2 * len(company) - len(closing) :]:
            return text
        return f"{text}\n\n{closing}\n{company}"
