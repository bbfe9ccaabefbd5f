"""What a log line may not tell: credentials, telephone numbers and addresses of people, values of SQL.

Our own lines name ids and never texts; this is the net below them and below the lines of libraries. It knows secrets by
their shape or by the name before them, so it cannot know a secret that stands alone and looks like a word. A line may
hold a long text of anybody's: no pattern looks at a part of one again and again.
"""

import re

_SECRETS = (
    (re.compile(r"\bcwai_([a-z0-9-]{1,40})_[a-z0-9]{12}_[\w-]{20,}"), r"cwai_\1_***"),
    # Webhook tokens, which stand in paths: an id of 12 and an HMAC of 43 characters.
    (re.compile(r"(?<![\w-])[a-z0-9]{12}-[\w-]{43}(?![\w-])"), "***"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), r"\1 ***"),
    (re.compile(r"(?<![\w-])sk-[\w-]{8,}"), "sk-***"),
    (re.compile(r"input_value=.*?(?=, input_type=)", re.DOTALL), "input_value=…"),  # pydantic shows what it refused
    (re.compile(r"(?<=://)([^\s/:@]*):[^\s/@]+@"), r"\1:***@"),
    (
        re.compile(
            r"(?i)((?:token(?!s)|secret|passw(?:or)?d|api_?key|authorization)[\w-]{0,100}+[\"']?\s*+[:=]\s*+)"
            r"(?:\"[^\"]*\"|'[^']*'|(?!\*\*\*|bearer\b|basic\b)[^\s\"',;&)}\]]+)"
        ),
        r"\1***",
    ),
)
_PEOPLE = (
    (re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]+\.[\w.]*\w"), "<email>"),
    (re.compile(r"(?<![\w.])\+\d[\d ().-]{6,}\d"), "<phone>"),
    (re.compile(r"\(\d{2,3}\)\s?\d{4,5}[\s-]?\d{4}\b"), "<phone>"),
    (re.compile(r"(?<![\w.:/-])\d{10,15}(?![\w.:-])"), "<phone>"),
)
# A statement that PostgreSQL refused is logged with its values, and its answer shows them again.
_SQL_LITERAL = re.compile(r"'(?:[^']|'')*'")
_SQL_SHOWN = re.compile(r"(?m)^(\s*(?:DETAIL|CONTEXT|HINT|LINE \d+): ?).*$")


def mask_line(text: str) -> str:
    """The text of a log line without credentials and people's numbers and addresses."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    for pattern, replacement in _PEOPLE:
        text = pattern.sub(replacement, text)
    return text


def mask_sql(text: str) -> str:
    """What a database said or was told, without the values."""
    return _SQL_SHOWN.sub(r"\1…", _SQL_LITERAL.sub("'…'", text))
