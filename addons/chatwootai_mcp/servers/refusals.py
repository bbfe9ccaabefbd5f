"""Requests whose credential did not open what they asked for: told to the tenants they name, and counted.

On the request's path a refusal costs an entry in a dictionary, the same for every one: whether the account exists,
whose key it was and whether it is too many is found out behind. An account that exists gets rows in its audit, so many
a minute and no more, and an alert when it becomes too much; of accounts that do not exist only the operator is told.
"""

import hashlib
import ipaddress
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from odoo import api
from odoo.service.db import list_dbs
from odoo.tools import config

from ..control import get_control
from ..tenancy.account import InvalidAccountId, cache_key, parse_account_id
from ..tenancy.audit import AuditEvent
from .alert_trail import raise_later
from .audit_trail import trail
from .short_transaction import write_behind_in
from .stores_of_process import get_stores
from .write_behind import WriteBehind

_logger = logging.getLogger(__name__)
_INTERVAL = 0.5  # seconds
_MAX_WAITING = 5_000  # different refusals
_ROWS_A_MINUTE = 20  # of one tenant; what is more is told in one row at the minute's end
_MINUTE = 60.0
_WINDOW = 600.0  # seconds, within which so many are tolerated:
_ADDRESSES = 1_000  # of one minute that are told apart
_FROM_ONE = 9
_FROM_ALL = 59
_TENANTS_SECONDS = 5.0
SUMMARY = "Wrong credentials again and again"


@dataclass(frozen=True)
class Refusal:
    """
    :param account_id: that the request names by its path; "" where it names none
    :param owner: the account of the credential, if it is one of ours
    :param credential_id: of such a credential; "" of one that is not ours
    :param route: mcp, webhook, config or metrics
    """

    account_id: str
    owner: str
    credential_id: str
    route: str
    address: str
    empty: bool  # there was no credential at all


@dataclass
class _Minute:
    """What a tenant's audit was told of in the minute that began then, and what was too much for it."""

    since: float
    told: set[tuple[str, ...]] = field(default_factory=set)
    more: int = 0
    addresses: set[str] = field(default_factory=set)


class Refusals:
    def __init__(self) -> None:
        self._waiting: Counter[Refusal] = Counter()
        self._more = 0
        self._minutes: dict[str, _Minute] = {}
        self._tenants: tuple[float, frozenset[str]] = (0.0, frozenset())
        self._strangers = (0.0, 0)  # since when, how many
        self._lock = threading.Lock()
        self._behind = WriteBehind("chatwootai-refusals", self._write, _INTERVAL, self._end)

    def note(self, refusal: Refusal) -> None:
        with self._lock:
            if refusal in self._waiting or len(self._waiting) < _MAX_WAITING:
                self._waiting[refusal] += 1
            else:
                self._more += 1
        self._behind.wake()

    def flush(self) -> None:
        """Tell of everything that waits."""
        self._behind.flush()

    def forget(self, account_id: str) -> None:
        """Drop what waits for a tenant that is gone."""
        with self._lock:
            for refusal in [each for each in self._waiting if account_id in (each.account_id, each.owner)]:
                del self._waiting[refusal]
            self._minutes.pop(account_id, None)
            self._tenants = (0.0, frozenset())

    def _write(self) -> bool:
        with self._lock:
            waiting, self._waiting = self._waiting, Counter()
            more, self._more = self._more, 0
        tenants = self._those_there()
        strangers = more
        for refusal, times in waiting.items():
            told = False
            for account_id, reason in self._to_tell(refusal):
                if account_id in tenants:
                    self._tell(account_id, refusal, reason, times)
                    told = True
            if not told:
                strangers += times
        if strangers:
            self._count_strangers(strangers)
        self._end_minutes(time.monotonic())
        return any(minute.more for minute in list(self._minutes.values()))

    def _to_tell(self, refusal: Refusal) -> Iterator[tuple[str, str]]:
        """Whose business it is, and what it is to them. Neither account learns the other's name."""
        if not refusal.owner:
            yield refusal.account_id, "no credential" if refusal.empty else "not a credential of this server"
        elif refusal.account_id in ("", refusal.owner):
            yield refusal.owner, ""
        else:
            yield refusal.owner, "used at another account's address"
            yield refusal.account_id, "another account's credential"

    def _tell(self, account_id: str, refusal: Refusal, reason: str, times: int) -> None:
        own = account_id == refusal.owner
        actor = f"key:{refusal.credential_id}" if own and refusal.route == "mcp" else f"address:{refusal.address}"
        if own and not reason:
            reason = _why_not(account_id, refusal)
        event = AuditEvent(
            actor,
            0,
            refusal.route,
            "",
            "refused",
            0,
            {"address": refusal.address, "times": times},
            reason,
            kind="refused",
        )
        self._keep(account_id, event, refusal.address, times)
        if own and refusal.account_id not in ("", refusal.owner):
            said = f"The key {refusal.credential_id} was used from {refusal.address}."
            summary = "A key of this account was used at another account's address"
            raise_later(account_id, "cross_tenant", summary, said, key=refusal.credential_id)
        elif not refusal.empty:
            self._alert(account_id, refusal, times)

    def _keep(self, account_id: str, event: AuditEvent, address: str, times: int) -> None:
        """A row now, unless it was told this minute, or the minute has had its rows."""
        minute = self._minutes.setdefault(account_id, _Minute(time.monotonic()))
        what = (event.actor, event.tool, event.error)
        if what in minute.told or len(minute.told) >= _ROWS_A_MINUTE:
            minute.more += times
            if len(minute.addresses) < _ADDRESSES:
                minute.addresses.add(address)
        else:
            minute.told.add(what)
            trail.append(account_id, event)

    def _end_minutes(self, now: float) -> None:
        for account_id, minute in list(self._minutes.items()):
            if now - minute.since < _MINUTE:
                continue
            self._minutes.pop(account_id, None)  # a tenant may be forgotten meanwhile
            if minute.more:
                addresses = sorted(minute.addresses)
                details = {"times": minute.more, "addresses": addresses[:_ROWS_A_MINUTE], "of": len(addresses)}
                error = "more of what was refused in this minute"
                event = AuditEvent("server", 0, "refusals", "", "refused", 0, details, error, kind="refused")
                trail.append(account_id, event)

    def _end(self) -> None:
        self._end_minutes(float("inf"))
        trail.flush()

    def _alert(self, account_id: str, refusal: Refusal, times: int) -> None:
        one = hashlib.sha256(refusal.address.encode()).hexdigest()[:16]
        too_many_from_one = _too_many(account_id, f"refused-{one}", times, _FROM_ONE)
        if _too_many(account_id, "refused", times, _FROM_ALL) or too_many_from_one:
            note = (
                f"Last from {refusal.address} at {refusal.route}. A client with an old key looks like this too;"
                " if it is nobody you know, have the address blocked in the proxy."
            )
            raise_later(account_id, "refused_credentials", SUMMARY, note)

    def _count_strangers(self, times: int) -> None:
        """Requests that name no account of this server: nobody's but the operator's business."""
        with self._lock:
            since, count = self._strangers
            if time.monotonic() - since > _WINDOW:
                since, count = time.monotonic(), 0
            self._strangers = (since, count + times)
        if count <= _FROM_ALL < count + times:
            get_control().alert(None, "refused_credentials", f"{SUMMARY}, for accounts that do not exist or for none")

    def _those_there(self) -> frozenset[str]:
        until, known = self._tenants
        if time.monotonic() >= until:
            known = frozenset(get_control().tenants() or _databases())
            self._tenants = (time.monotonic() + _TENANTS_SECONDS, known)
        return known


def _too_many(account_id: str, what: str, times: int, tolerated: int) -> bool:
    """Whether these are more than are tolerated, counted over all processes."""
    cache, key = get_stores().cache, cache_key(account_id, what)
    return any(cache.take_token(key, tolerated, tolerated / _WINDOW) > 0 for _time in range(min(times, tolerated + 1)))


def _databases() -> list[str]:
    """Where there is no control database: the accounts among Odoo's own databases."""
    found = []
    for name in list_dbs(force=True):
        try:
            found.append(str(parse_account_id(name)))
        except InvalidAccountId:
            continue
    return found


def _why_not(account_id: str, refusal: Refusal) -> str:
    """Why a credential that is the account's own does not open this."""
    if refusal.route != "mcp":
        return "replaced, or not signed as it must be"
    try:
        return write_behind_in(account_id, _reason_of_key, refusal.credential_id)
    except Exception as error:
        _logger.warning("refused key %s of %s: %s", refusal.credential_id, account_id, error)
        return "not in force"


def _reason_of_key(env: api.Environment, key_id: str) -> str:
    return env["chatwootai.mcp.key"]._why_not(key_id)


def address_of(environ: dict[str, Any]) -> str:
    """The client's address; behind a proxy, on Odoo's own terms, the one the proxy saw."""
    address = environ.get("REMOTE_ADDR") or ""
    if config["proxy_mode"] and environ.get("HTTP_X_FORWARDED_HOST"):
        address = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or address
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return "?"


refusals = Refusals()
