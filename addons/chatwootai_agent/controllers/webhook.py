"""Chatwoot's webhook: verify, store, 200. The answering is a job's.

The gateway has verified that the address is one this server gave out. Here its id is looked up (revoked?), and as soon
as the connection holds a secret the request must be signed with it, over the raw bytes. Every refusal is the same.
"""

import time

from odoo import SUPERUSER_ID, http
from odoo.http import request

from odoo.addons.chatwootai_mcp.chatwoot.payload import InvalidPayload, parse_body, parse_event
from odoo.addons.chatwootai_mcp.chatwoot.signature import is_signed
from odoo.addons.chatwootai_mcp.gateway import CLAIMS, MAX_BODY, deny
from odoo.addons.chatwootai_mcp.servers.short_transaction import read_what_is_committed

from ..turns.intake import take_in


class WebhookController(http.Controller):
    @http.route(
        ["/chatwootai/webhook/<string:account_id>/<string:token>", "/chatwootai/webhook/<string:token>"],
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def webhook(self, token: str, account_id: str | None = None, **_query: str) -> http.Response:
        claims = request.httprequest.environ.get(CLAIMS)
        if claims is None or claims.account_id != request.db or account_id not in (None, request.db):
            return deny()
        body = request.httprequest.get_data()
        if len(body) > MAX_BODY:
            return _answer(413, success=False, error="The body is larger than 1 MiB.")
        # The gateway has found by the payload's account that the shared address is this tenant's.
        token_id = claims.credential_id if account_id else None
        doors = request.env(user=SUPERUSER_ID)["chatwootai.chatwoot.connection"]._webhook_doors(token_id)
        trusted = [door for door in doors if _is_signed(door, body)]
        if not trusted:
            return deny()
        try:
            event = parse_event(parse_body(body))
        except InvalidPayload as error:
            return _answer(400, success=False, error=str(error))
        open_to = [door for door in trusted if event.account_id in (None, door.chatwoot_account)]
        if len(open_to) != 1:
            return deny()
        read_what_is_committed(request.env.cr)
        connection = request.env(user=SUPERUSER_ID)["chatwootai.chatwoot.connection"].browse(open_to[0].connection_id)
        take_in(connection, event)
        return _answer(200, success=True)


def _is_signed(door, body):
    headers = request.httprequest.headers
    signature, timestamp = headers.get("X-Chatwoot-Signature", ""), headers.get("X-Chatwoot-Timestamp", "")
    return not door.is_signed_for or is_signed(body, signature, timestamp, door.secrets(), time.time())


def _answer(status, **body):
    return request.make_json_response(body, status=status, headers=[("Cache-Control", "no-store")])
