"""The configuration webhook: where company_services posts the company's snapshot."""

import json
import time
from typing import Any

from odoo import http
from odoo.http import request

from ..gateway import CLAIMS, deny
from ..servers.configuration import store_snapshot, stored_version
from ..servers.refusals import address_of
from ..stores.errors import InvalidDocument, StaleSnapshot, StoreError
from ..tenancy.audit import AuditEvent
from ..tenancy.masking import mask

_STATUS: dict[type[StoreError], int] = {InvalidDocument: 400}
_REFUSED = frozenset({409, 422})  # for what is stored already; the rest are errors


class ConfigurationController(http.Controller):
    @http.route(
        "/chatwootai/config/<string:account_id>",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def configuration(self, account_id: str, **_query: str) -> http.Response:
        claims = request.httprequest.environ.get(CLAIMS)
        if claims is None or request.db != account_id or not _in_force(claims.credential_id):
            return deny()
        started = time.monotonic()
        try:
            document = json.loads(request.httprequest.get_data())
        except (ValueError, RecursionError):
            document = None
        status, body = _store(account_id, document)
        _audit(document, status, body, time.monotonic() - started)
        return request.make_json_response(body, status=status, headers=[("Cache-Control", "no-store")])


def _store(account_id: str, document: Any) -> tuple[int, dict[str, Any]]:
    if not isinstance(document, dict):
        return 400, {"success": False, "error": "The body is not a JSON object."}
    try:
        if refusal := request.env(su=True)["chatwootai.usage"]._refusal_of_snapshot(document):
            return 422, {"success": False, "error": refusal}
        version = store_snapshot(account_id, document)
    except StaleSnapshot as error:
        return 409, {"success": False, "error": str(error), "version": stored_version(account_id)}
    except StoreError as error:
        return _STATUS.get(type(error), 503), {"success": False, "error": str(error)}
    return 200, {"success": True, "version": version}


def _audit(document: Any, status: int, body: dict[str, Any], seconds: float) -> None:
    """What the agents know is changed here, whoever has the token: by the company's Odoo, or past it."""
    told = document if isinstance(document, dict) else {}
    rules = told.get("business_rules")
    event = AuditEvent(
        actor=f"address:{address_of(request.httprequest.environ)}",
        user_id=0,
        tool="snapshot",
        server="",
        outcome="success" if status == 200 else "refused" if status in _REFUSED else "error",
        duration_ms=round(1000 * seconds),
        arguments=mask({"version": told.get("version"), "rules": len(rules) if isinstance(rules, list) else 0}),
        error=mask(body.get("error", "")),
        kind="configuration",
    )
    request.env(su=True)["chatwootai.audit"]._record([event])


def _in_force(token_id: str) -> bool:
    """Whether this is the token in use: one that was replaced is refused although its signature is right."""
    current = request.env(su=True)["ir.config_parameter"].get_param("chatwootai_mcp.config_token_id")
    return token_id == current
