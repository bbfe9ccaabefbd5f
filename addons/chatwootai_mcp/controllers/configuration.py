"""The configuration webhook: where company_services posts the company's snapshot."""

import json
from typing import Any

from odoo import http
from odoo.http import request

from ..gateway import CLAIMS, deny
from ..servers.configuration import store_snapshot, stored_version
from ..stores.errors import InvalidDocument, StaleSnapshot, StoreError

_STATUS: dict[type[StoreError], int] = {InvalidDocument: 400}


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
        try:
            document = json.loads(request.httprequest.get_data())
        except (ValueError, RecursionError):
            return _answer(400, success=False, error="The body is not JSON.")
        if not isinstance(document, dict):
            return _answer(400, success=False, error="The body must be a JSON object.")
        try:
            if refusal := request.env(su=True)["chatwootai.usage"]._refusal_of_snapshot(document):
                return _answer(422, success=False, error=refusal)
            version = store_snapshot(account_id, document)
        except StaleSnapshot as error:
            return _answer(409, success=False, error=str(error), version=stored_version(account_id))
        except StoreError as error:
            return _answer(_STATUS.get(type(error), 503), success=False, error=str(error))
        return _answer(200, success=True, version=version)


def _in_force(token_id: str) -> bool:
    """Whether this is the token in use: one that was replaced is refused although its signature is right."""
    current = request.env(su=True)["ir.config_parameter"].get_param("chatwootai_mcp.config_token_id")
    return not current or token_id == current


def _answer(status: int, **body: Any) -> http.Response:
    return request.make_json_response(body, status=status, headers=[("Cache-Control", "no-store")])
