"""Log lines that say for which account and turn they were written, and never more than a log may say.

``working_for`` says it, for the thread and what it calls (the crews' tool threads inherit it). Where nobody said it,
the database counts that Odoo has marked the thread with. By settings, lines are JSON (``log_format = json``), and each
account has a file of its own besides (``log_per_tenant = 1``).
"""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from odoo.netsvc import ColoredFormatter

from .log_files import TenantFiles
from .settings import get_settings
from .tenancy.log_masking import mask_line, mask_sql

NOBODY = "?"  # as Odoo writes it where there is no database
_working_for: ContextVar[tuple[str, str]] = ContextVar("chatwootai_working_for", default=("", ""))
_formats_exceptions = logging.Formatter()


@contextmanager
def working_for(account_id: str, turn: str | int = "") -> Iterator[None]:
    """Log lines within are of this account, and of this turn of its agents."""
    token = _working_for.set((account_id, str(turn)))
    try:
        yield
    finally:
        _working_for.reset(token)


class _Record(logging.getLogRecordFactory()):  # type: ignore[misc]  # Odoo's own, which knows the thread's database
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        account_id, turn = _working_for.get()
        self.account_id = account_id or getattr(self, "dbname", NOBODY) or NOBODY
        self.turn = turn
        self.whose = f"{self.account_id}/{turn}" if turn else self.account_id


class Masking(logging.Filter):
    """Masks a record once, before any handler writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "masked", False):
            return True
        record.masked = True
        try:
            text = record.getMessage()
        except Exception:  # the words do not fit what they were given
            text = str(record.msg)
        if record.name.startswith("odoo.sql_db"):
            text = mask_sql(text)
        record.msg, record.args = mask_line(text), None
        if record.exc_info and record.exc_info[0] and not record.exc_text:
            record.exc_text = _formats_exceptions.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = mask_line(mask_sql(record.exc_text))
        return True


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        # exc_text was written by Masking.
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}Z",
            "level": logging.getLevelName(record.levelno),
            "account_id": getattr(record, "account_id", NOBODY),
            "turn": getattr(record, "turn", "") or None,
            "logger": record.name,
            "pid": record.process,
            "message": record.getMessage(),
        }
        if record.exc_text:
            line["exception"] = record.exc_text
        return json.dumps(line, ensure_ascii=False)

    converter = time.gmtime  # type: ignore[assignment]


def install(root: logging.Logger) -> None:
    """Give the handlers of this logger the context, the net, and the form the settings ask for."""
    logging.setLogRecordFactory(_Record)
    settings = get_settings()
    if settings.log_per_tenant:
        files = TenantFiles(settings.log_dir)
        files.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(whose)s %(name)s: %(message)s"))
        root.addHandler(files)
    masking = Masking()
    for handler in root.handlers:
        handler.addFilter(masking)
        handler.setFormatter(JsonLines() if settings.log_format == "json" else _with_context(handler.formatter))


def _with_context(formatter: logging.Formatter | None) -> logging.Formatter | None:
    """Odoo's line, with the account and its turn where the database stood."""
    if formatter is None or type(formatter) not in (logging.Formatter, ColoredFormatter) or not formatter._fmt:
        return formatter
    return type(formatter)(formatter._fmt.replace("%(dbname)s", "%(whose)s"), formatter.datefmt)


install(logging.getLogger())
