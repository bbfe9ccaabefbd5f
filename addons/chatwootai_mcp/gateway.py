"""The door before Odoo: which tenant a request is for, decided by its credential before any database is touched.

Odoo chooses a database by session, header or list. Requests to our routes carry it in the path or in the key instead,
and a credential that only this server can have signed. So the WSGI application is wrapped: the signature is checked,
then the database is named to Odoo by its own header, then Odoo goes on as ever (routing, retrying, signaling). What was
verified stands in ``environ["chatwootai.claims"]``, which no client can set; a controller that misses it refuses.

An unknown tenant, a wrong credential and another tenant's credential get the same bytes.
"""

import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from werkzeug.wrappers import Response

from odoo import http

from . import database_choice
from .control import get_control
from .giving_way import job_of, request_of
from .log_context import working_for
from .servers import admission
from .servers.refusals import Refusal, address_of, refusals
from .servers.usage_meter import meter
from .settings import get_keyring
from .tenancy.account import InvalidAccountId, parse_account_id
from .tenancy.bulkhead import Overloaded
from .tenancy.tokens import (
    CHATWOOT_AUDIENCE,
    METRICS_AUDIENCE,
    config_audience,
    take_as_long,
    tenant_audience,
    verify_mcp_key,
    verify_webhook_token,
)

CLAIMS = "chatwootai.claims"
_PRESENTED = "chatwootai.presented"  # a genuine key, whether it opens this door or not
MAX_BODY = 1024 * 1024  # bytes
_OURS = re.compile(r"/(mcp|chatwootai)(/|\Z)")
_JOB = "/queue_job/runjob"
_OPEN = frozenset({"/chatwootai/health"})
_MCP = re.compile(r"/mcp(?:/(?P<account>[a-z0-9-]{1,40})(?:/(?P<server>[a-z]{1,20}))?)?\Z")
_WEBHOOK = re.compile(r"/chatwootai/webhook/(?:(?P<account>[a-z0-9-]{1,40})/)?(?P<token>[A-Za-z0-9_-]{56})\Z")
_CONFIG = re.compile(r"/chatwootai/config/(?P<account>[a-z0-9-]{1,40})\Z")
_SESSION_COOKIE = re.compile(r"(?:^|; *)session_id=[^;]*")
_BEARER = "bearer "
# Where Odoo lists, makes and drops databases, and sends whoever names none that is one.
_DATABASE_PAGES = re.compile(r"/web/database(/|\Z)")
_ROUTES = frozenset({"mcp", "webhook", "config", "metrics"})  # as refusals are told of


@dataclass(frozen=True)
class Claims:
    """A verified credential: whose it is, and its id, by which the tenant's database tells whether it is in force."""

    account_id: str | None
    credential_id: str


def deny() -> Response:
    """The one answer to every credential that does not open what was asked for."""
    return Response(
        '{"error":"unauthorized"}',
        401,
        {
            "WWW-Authenticate": 'Bearer realm="mcp"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",  # as Odoo's own answers have it
        },
        content_type="application/json",
    )


def unavailable() -> Response:
    """Nothing was done: the database can't be reached. Chatwoot tries a bot again after a 500, not after a 503."""
    return Response('{"error":"the database can\'t be reached: try again"}', 500, content_type="application/json")


class _Answered(Exception):
    """The request is answered here, before Odoo."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def no_such_account() -> Response:
    """To people who came without naming an account that there is; of the others it says nothing."""
    return Response("There is no such account here. Log in at /web with your account's name.", 404)


def no_such_job() -> Response:
    """As Odoo answers for a tenant that has none by that name."""
    response = Response("", 200, content_type="text/html; charset=utf-8")
    response.headers["Content-Length"] = "0"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _authenticate(environ: dict[str, Any]) -> Claims | None:
    path = environ.get("PATH_INFO", "")
    if match := _MCP.match(path):
        return _mcp_claims(environ, match["account"])
    if match := _WEBHOOK.match(path):
        if match["account"]:
            return _token_claims(match["account"], tenant_audience, match["token"])
        return _shared_webhook_claims(environ, match["token"])
    if match := _CONFIG.match(path):
        return _token_claims(match["account"], config_audience, _bearer(environ))
    if path == "/chatwootai/metrics":
        token_id = verify_webhook_token(get_keyring(), METRICS_AUDIENCE, _bearer(environ))
        return Claims(None, token_id) if token_id else None
    take_as_long(get_keyring())
    return None


def _mcp_claims(environ: dict[str, Any], account: str | None) -> Claims | None:
    claims = verify_mcp_key(get_keyring(), _bearer(environ))
    if claims is None:
        return None
    presented = environ[_PRESENTED] = Claims(claims.account_id, claims.key_id)
    return presented if account in (None, claims.account_id) else None


def _token_claims(account: str, audience: Callable[[str], str], token: str) -> Claims | None:
    try:
        token_id = verify_webhook_token(get_keyring(), audience(parse_account_id(account)), token)
    except InvalidAccountId:
        return None
    return Claims(account, token_id) if token_id else None


def _shared_webhook_claims(environ: dict[str, Any], token: str) -> Claims | None:
    """The token stands for a Chatwoot; the payload's account says for which of its tenants the event is."""
    token_id = verify_webhook_token(get_keyring(), CHATWOOT_AUDIENCE, token)
    if token_id is None:
        return None
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    payload = _object(body)
    if account_id := get_control().tenant_of_webhook(token_id, _chatwoot_account(payload)):
        return Claims(account_id, token_id)
    known = get_control().knows_webhook(token_id)
    if known is None:
        raise _Answered(unavailable())
    if known and "account" not in payload and str(payload.get("event", "")).startswith("conversation_"):
        # Chatwoot before 4.14.2: whose it is cannot be known. Nothing is lost by it: what the conversation is like is
        # told with each message, and read again before an answer. A refusal would be a failed delivery to Chatwoot.
        raise _Answered(Response('{"success": true}', 200, content_type="application/json"))
    return None


def _object(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _chatwoot_account(payload: dict[str, Any]) -> int | None:
    account = payload.get("account")
    account = account.get("id") if isinstance(account, dict) else None
    return account if isinstance(account, int) and not isinstance(account, bool) and 0 < account < 2**31 else None


def _bearer(environ: dict[str, Any]) -> str:
    header = environ.get("HTTP_AUTHORIZATION", "")
    return header[len(_BEARER) :].strip() if header[: len(_BEARER)].lower() == _BEARER else ""


def _too_large(environ: dict[str, Any]) -> bool:
    length = environ.get("CONTENT_LENGTH") or "0"
    # Counted in digits first: Python refuses to read a number of thousands of them.
    is_over = not length.isdecimal() or len(length) > len(str(MAX_BODY)) or int(length) > MAX_BODY
    return is_over or bool(environ.get("HTTP_TRANSFER_ENCODING"))


def _note_refusal(environ: dict[str, Any], claims: Claims | None) -> None:
    path = environ.get("PATH_INFO", "")
    match = _MCP.match(path) or _WEBHOOK.match(path) or _CONFIG.match(path)
    presented = environ.get(_PRESENTED) or claims
    refusals.note(
        Refusal(
            account_id=(match and match.groupdict().get("account")) or "",
            owner=(presented and presented.account_id) or "",
            credential_id=presented.credential_id if presented else "",
            route=_route(path),
            address=address_of(environ),
            empty=not (environ.get("HTTP_AUTHORIZATION") or _WEBHOOK.match(path)),
        )
    )


def _route(path: str) -> str:
    route = "mcp" if path.startswith("/mcp") else path.removeprefix("/chatwootai").strip("/").partition("/")[0]
    return route if route in _ROUTES else "other"


def _noting_refusals(environ: dict[str, Any], claims: Claims, start_response: Callable[..., Any]) -> Callable[..., Any]:
    """Takes note when a controller refuses a credential that is genuine but not, or no longer, in force."""

    def answer(status: str, headers: Any, *rest: Any) -> Any:
        if status.startswith("401"):
            _note_refusal(environ, claims)
        return start_response(status, headers, *rest)

    return answer


def _names_a_job(environ: dict[str, Any]) -> bool:
    """What Odoo would answer with errors of its own, by which a stranger could tell which tenants there are."""
    return (
        environ.get("REQUEST_METHOD") == "GET"
        and "job_uuid" in parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        and database_choice.may_be_named(environ.get("HTTP_X_ODOO_DATABASE", ""))
    )


_odoo_application = http.Application.__call__


def _application(
    self: http.Application, environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    path = environ.get("PATH_INFO", "")
    if path == _JOB:
        if not _names_a_job(environ):
            return no_such_job()(environ, start_response)
        # Odoo takes no session beside the name: it would say so, of a name that is a tenant's.
        environ["HTTP_COOKIE"] = _SESSION_COOKIE.sub("", environ.get("HTTP_COOKIE", ""))
        with job_of(environ.get("HTTP_X_ODOO_DATABASE", "")):
            return _odoo_application(self, environ, start_response)
    if not _OURS.match(path):
        if _DATABASE_PAGES.match(path):
            return no_such_account()(environ, start_response)
        environ.pop("HTTP_X_ODOO_DATABASE", None)
        return _odoo_application(self, environ, start_response)
    for name in ("HTTP_X_ODOO_DATABASE", "HTTP_UPGRADE"):  # nothing here is a websocket: Odoo would answer for itself
        environ.pop(name, None)
    environ["HTTP_COOKIE"] = _SESSION_COOKIE.sub("", environ.get("HTTP_COOKIE", ""))
    if path in _OPEN:
        return _odoo_application(self, environ, start_response)
    if _too_large(environ):
        response = Response('{"error":"send a Content-Length of at most 1 MiB"}', 413, content_type="application/json")
        return response(environ, start_response)
    try:
        claims = _authenticate(environ)
    except _Answered as answered:
        return answered.response(environ, start_response)
    if claims is None:
        _note_refusal(environ, None)
        return deny()(environ, start_response)
    environ[CLAIMS] = claims
    if not _MCP.match(path):
        # These take JSON whatever they are told it is: as a form, the body would be read away before it is looked at.
        environ["CONTENT_TYPE"] = "application/json"
    if claims.account_id is None:
        return _odoo_application(self, environ, start_response)
    if not database_choice.is_ours(claims.account_id) and get_control().is_dropped(claims.account_id):
        # In about the time of a revoked credential, without Odoo's search for a database that is none.
        _note_refusal(environ, claims)
        return deny()(environ, start_response)
    environ["HTTP_X_ODOO_DATABASE"] = claims.account_id
    admitted = admission.admitted_call if _MCP.match(path) else admission.webhooks.admitted
    try:
        with working_for(claims.account_id), admitted(claims.account_id) as waited, request_of(claims.account_id):
            if waited:
                meter.add(claims.account_id, waits_ms=round(1000 * waited))
            return _odoo_application(self, environ, _noting_refusals(environ, claims, start_response))
    except Overloaded as overloaded:
        meter.add(claims.account_id, refused=1)
        return admission.refusal(overloaded)(environ, start_response)


http.Application.__call__ = _application

_odoo_without_database = http.Request._serve_nodb


def _serve_nodb(self: http.Request) -> Response:
    """Where Odoo can't use a database it goes on without: a credential that is genuine would be refused."""
    claims = self.httprequest.environ.get(CLAIMS)
    if claims and claims.account_id and not get_control().is_dropped(claims.account_id):
        return unavailable()
    return _odoo_without_database(self)


http.Request._serve_nodb = _serve_nodb
