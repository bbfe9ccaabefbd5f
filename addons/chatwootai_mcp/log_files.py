"""A log file per account, ``<log_dir>/<account_id>.log``, turned over by size; several processes may write to it."""

import fcntl
import logging
import threading
from collections import OrderedDict
from contextlib import suppress
from logging.handlers import WatchedFileHandler
from pathlib import Path

from .tenancy.account import InvalidAccountId, log_file_name, parse_account_id

MAX_BYTES = 10 * 1024 * 1024
KEPT = 5  # older files, acme.log.1 … acme.log.5
_MAX_OPEN = 64


class TenantFiles(logging.Handler):
    """Writes each record to the file of its account; a record of no account is in the server's log only."""

    def __init__(self, directory: Path, max_bytes: int = MAX_BYTES) -> None:
        super().__init__()
        self._directory = directory
        self._max_bytes = max_bytes
        self._open: OrderedDict[str, WatchedFileHandler] = OrderedDict()
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        _handlers.add(self)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            account_id = parse_account_id(getattr(record, "account_id", None))
        except InvalidAccountId:
            return
        try:
            self._turn_over(account_id)
            self._file(account_id).emit(record)
        except OSError:
            self.handleError(record)

    def forget(self, account_id: str) -> None:
        """Close the account's file; see ``remove`` for what is on disk."""
        with self.lock or threading.RLock():
            if opened := self._open.pop(account_id, None):
                opened.close()

    def _file(self, account_id: str) -> WatchedFileHandler:
        opened = self._open.get(account_id)
        if opened is None:
            # Watched: another process may turn the file over, and then this one writes to the new one.
            opened = self._open[account_id] = WatchedFileHandler(self._directory / log_file_name(account_id))
            opened.setFormatter(self.formatter)
            while len(self._open) > _MAX_OPEN:
                self._open.popitem(last=False)[1].close()
        self._open.move_to_end(account_id)
        return opened

    def _turn_over(self, account_id: str) -> None:
        path = self._directory / log_file_name(account_id)
        if _size(path) < self._max_bytes:
            return
        with (self._directory / ".turning").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if _size(path) < self._max_bytes:
                return  # another process has just done it
            for number in range(KEPT, 0, -1):
                with suppress(FileNotFoundError):
                    _older(path, number - 1).replace(_older(path, number))


_handlers: set[TenantFiles] = set()


def remove(directory: Path, account_id: str) -> None:
    """Delete the logs of an account that is dropped."""
    for handler in _handlers:
        handler.forget(account_id)
    path = directory / log_file_name(account_id)
    for number in range(KEPT + 1):
        _older(path, number).unlink(missing_ok=True)


def _older(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}") if number else path


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
