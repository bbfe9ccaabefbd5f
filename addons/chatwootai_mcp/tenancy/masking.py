"""Values as the audit may keep them: no secret, nothing personal that can be known as such, no whole text or vector.

What is known: the names under which secrets and personal data stand, and the looks of keys, addresses and numbers,
wherever they are: in values, in names, in domains, in JSON within a text. A person's name in a sentence can't be known.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

_SECRET = (
    r"token|secret|passw|passphrase|senha|segredo|api[_-]?key|access[_-]?key|private[_-]?key|authorization|credential"
    r"|cookie|cvv"
)
_PERSONAL = (
    r"e_?mails?|phone|mobile|celular|telefone|whatsapp|cpf|cnpj|vat|birth|nascimento|street\d?|zip|cep|address|endereco"
    r"|identifier|(?:first|last|full|display|partner|contact|customer|sender)_?name|name|nome"
)
_SECRET_NAME = re.compile(_SECRET, re.IGNORECASE)
_PERSONAL_NAME = re.compile(rf"(?:^|[._])(?:{_PERSONAL})(?:$|[._])", re.IGNORECASE)
# In a text: the value after the name and its sign; all that follows, where that is no plain value. Texts are customers'
# and models': no pattern here may look at a part of one again and again, or a long one would hold up everybody.
_ASSIGNED = re.compile(
    rf"""((?:{_SECRET})[\w-]{{0,100}}+[\\"']*+\s*+[:=]\s*+)(\\*"[^"]*"|\\*'[^']*'|[\[{{(].*|[^\s,;&}}\])]+)""",
    re.IGNORECASE | re.DOTALL,
)
_LISTED = re.compile(rf"""((?:{_SECRET})[\w-]{{0,100}}+[\\"']++\s*+,\s*+).*""", re.IGNORECASE | re.DOTALL)
_BEARER = re.compile(r"\b(bearer|basic)\s+[^\s,;\"']+", re.IGNORECASE)
# Keys and tokens look like nothing else: long, without a space, letters and digits mixed.
_LONG_WORD = re.compile(r"[A-Za-z0-9_+=-]{24,}+")
_EMAIL = re.compile(r"(?<![^\s<>\"@,;()\[\]{}])[^\s<>\"@,;()\[\]{}]++@[^\s<>\"@,;()\[\]{}]+")
_NUMBER = re.compile(r"\+?\(?\d(?:[\s()./-]{0,3}\d){7,}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d(?:[:.]?\d\d){0,2})?(?:\.\d{1,6})?")
_OPERATOR = re.compile(r"[=!<>?]{1,3}|=?(?:not )?i?like|(?:not )?(?:in|any)!?|(?:child|parent)_of", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z_.]{0,23}")  # shorter than any key, and without a sign that what is masked has
_LARGEST_NUMBER = 10**9  # of more digits are phone numbers and the numbers of papers

MAX_TEXT = 200
_MAX_READ = 20_000  # of a text that is longer, no more is looked at
_MAX_ITEMS = 20
_MAX_DEPTH = 6
HIDDEN = "***"


def mask(value: Any, depth: int = 0) -> Any:
    """The value as the audit may keep it, of JSON's types."""
    if depth > _MAX_DEPTH:
        return "…"
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return value if abs(value) < _LARGEST_NUMBER else "<number>"
    if isinstance(value, Mapping):
        return {
            mask_text(str(name)): HIDDEN if _is_hidden(name) else mask(item, depth + 1)
            for name, item in list(value.items())[:_MAX_ITEMS]
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return _mask_items(list(value), depth)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "<bytes>"
    return mask_text(str(value))


def mask_text(text: str) -> str:
    """The text, cut, with what looks like a secret or a person's replaced by what it was."""
    if _WORD.fullmatch(text):
        return text
    text = clean_text(text[:_MAX_READ])
    if text[:1] in "[{" and (inner := _as_json(text)) is not None:
        text = json.dumps(mask(inner, 1), ensure_ascii=False)
    text = _LISTED.sub(rf"\1{HIDDEN}", _ASSIGNED.sub(rf"\1{HIDDEN}", text))
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    text = _EMAIL.sub("<email>", text)
    text = _NUMBER.sub(lambda found: found[0] if _DATE.fullmatch(found[0]) else "<number>", text)
    text = _LONG_WORD.sub(lambda found: "<token>" if _is_token(found[0]) else found[0], text)
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"


def _is_token(word: str) -> bool:
    return bool(re.search(r"\d", word) and re.search("[A-Za-z]", word))


def clean_text(text: str) -> str:
    """The text as a database can store it."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def is_secret_name(name: str) -> bool:
    return bool(_SECRET_NAME.search(name))


def _is_hidden(name: Any) -> bool:
    return isinstance(name, str) and bool(_SECRET_NAME.search(name) or _PERSONAL_NAME.search(name))


def _mask_items(items: list[Any], depth: int) -> list[Any]:
    if items and isinstance(items[0], str):
        if _SECRET_NAME.search(items[0]):
            return [mask_text(items[0]), *([HIDDEN] if len(items) > 1 else [])]
        if len(items) == 3 and _PERSONAL_NAME.search(items[0]) and _is_operator(items[1]):  # a leaf of a domain
            return [mask_text(items[0]), items[1], HIDDEN]
    masked = [mask(item, depth + 1) for item in items[:_MAX_ITEMS]]
    return [*masked, f"… {len(items)} in all"] if len(items) > _MAX_ITEMS else masked


def _is_operator(item: Any) -> bool:
    return isinstance(item, str) and bool(_OPERATOR.fullmatch(item))


def _as_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
