"""What a customer wrote in an email, without the mail it answers and without the lines a program adds. Pure functions.

Chatwoot cuts quoted text itself, as far as it knows the mail program. The libraries there are know no Portuguese
programs, or no signatures; what is left to do are these few lines. Where they would leave nothing, all is kept.
"""

from __future__ import annotations

import re
from typing import Final

_QUOTED: Final = re.compile(r"\s*>")
#: "Em seg., 3 de nov. de 2026 às 10:12, Acme <a@b.c> escreveu:" may be broken into several lines.
_SOMEBODY_WROTE: Final = re.compile(
    r"\s*(?:Em|No dia|A|On|El|Le)\b[^\n]{3,300}?\b(?:escreveu|wrote|escribió|a écrit)\s*:\s*\Z", re.IGNORECASE
)
_WROTE_LINES: Final = 3
_BORDER: Final = re.compile(
    r"\s*(?:-{2,}\s*(?:mensagem original|mensagem encaminhada|original message|forwarded message)\s*-{2,}|_{10,})\s*\Z",
    re.IGNORECASE,
)
_HEADER: Final = re.compile(
    r"\s*\*?(de|from|enviad[ao](?: em| por)?|sent|data|date|para|to|assunto|subject|cc)\s*:\*?\s*\S", re.IGNORECASE
)
_HEADERS_IN_A_ROW: Final = 3
_SIGNATURE: Final = re.compile(r"--\s*\Z")
_SENT_FROM: Final = re.compile(
    r"\s*(?:enviad[ao]|sent|get|obter|obtenha) (?:d[oa]|pel[oa]|a partir d[oa]|via|from|o? ?outlook)\b.{0,80}\Z",
    re.IGNORECASE,
)
_DISCLAIMER: Final = re.compile(
    r"\s*(?:aviso (?:legal|de confidencialidade)|confidentiality notice|this e-?mail (?:and any|is intended)"
    r"|esta mensagem(?:,? incluindo|,? e) (?:seus|quaisquer) anexos)",
    re.IGNORECASE,
)


def written_text(mail: str) -> str:
    """The part of the mail its author wrote this time.

    >>> written_text("Pode ser amanhã?\\n\\nEm 3 de nov. de 2026, Acme <a@b.c> escreveu:\\n> Serve hoje?")
    'Pode ser amanhã?'
    """
    lines = mail.replace("\r\n", "\n").split("\n")
    own = [line for line in lines[: _end_of_own(lines)] if not _QUOTED.match(line)]
    while own and (not own[-1].strip() or _SENT_FROM.match(own[-1])):
        own.pop()
    return "\n".join(own).strip() or mail.strip()


def _end_of_own(lines: list[str]) -> int:
    """The number of the first line that is no longer the author's own."""
    for at, line in enumerate(lines):
        if _BORDER.match(line) or _SIGNATURE.match(line) or _DISCLAIMER.match(line):
            return at
        if _begins_quotation(lines, at) or _is_header(lines, at):
            return at
    return len(lines)


def _begins_quotation(lines: list[str], at: int) -> bool:
    """ "On … wrote:", which mail programs break where they like."""
    return any(
        _SOMEBODY_WROTE.match(" ".join(lines[at : at + number])) is not None for number in range(1, _WROTE_LINES + 1)
    )


def _is_header(lines: list[str], at: int) -> bool:
    """From, Sent, To, Subject, as some programs put them above what they quote."""
    following = [line for line in lines[at : at + 2 * _HEADERS_IN_A_ROW] if line.strip()][:_HEADERS_IN_A_ROW]
    found = [match.group(1).lower() for line in following if (match := _HEADER.match(line))]
    return len(found) == _HEADERS_IN_A_ROW and found[0] in ("de", "from")
