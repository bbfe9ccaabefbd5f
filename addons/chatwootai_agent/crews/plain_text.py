"""The model's markdown as text that reads the same wherever it is not shown formatted, and in every WhatsApp.

Chatwoot from 4.9 on parses outgoing text as CommonMark and writes WhatsApp's markup itself (`*x*` becomes `_x_`, links
become bare addresses); older ones send it as it is. Text without emphasis marks, headings and links survives both.
"""

from __future__ import annotations

import re

_IMAGE = re.compile(r"!\[([^\]\n]*)\]\((\S+?)\)")
_LINK = re.compile(r"\[([^\]\n]+)\]\((\S+?)\)")
_FENCE = re.compile(r"^\s*```[^\n`]*$\n?", re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t]*#*$", re.MULTILINE)
_BULLET = re.compile(r"^([ \t]*)[*+•][ \t]+", re.MULTILINE)
_STRONG = re.compile(r"(?<![\w*])\*{1,3}(?=\S)([^*\n]+?)(?<=\S)\*{1,3}(?![\w*])")
_STRONG_UNDERSCORE = re.compile(r"(?<!\w)__(?=\S)([^\n]+?)(?<=\S)__(?!\w)")
_STRIKE = re.compile(r"~~(?=\S)([^~\n]+?)(?<=\S)~~")
_CODE = re.compile(r"`([^`\n]+)`")
_BLANKS = re.compile(r"\n{3,}")


def plain_text(markdown: str) -> str:
    """Markdown without its marks.

    >>> plain_text("## Preço\\n* **Sérum**: R$ 10\\n[site](https://a.b/c_d)")
    'Preço\\n- Sérum: R$ 10\\nsite: https://a.b/c_d'
    """
    text = markdown.replace("\r\n", "\n")
    text = _IMAGE.sub(_labelled, text)
    text = _LINK.sub(_labelled, text)
    text = _FENCE.sub("", text)
    text = _HEADING.sub(r"\1", text)
    text = _BULLET.sub(r"\1- ", text)
    for marks in (_STRONG, _STRONG_UNDERSCORE, _STRIKE, _CODE):
        text = marks.sub(r"\1", text)
    return _BLANKS.sub("\n\n", text).strip()


def _labelled(link: re.Match[str]) -> str:
    label, address = link.group(1).strip(), link.group(2)
    return address if not label or label == address else f"{label}: {address}"
