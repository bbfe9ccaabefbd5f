"""The MCP endpoints: a tenant's own, one of its servers', and the orchestrator's for all tenants.

The gateway has verified the key's signature before Odoo was asked anything. Here its row is looked up in the tenant's
database (revoked? expired? which servers?), the request takes on the key's Odoo user, and the protocol does the rest.
"""

from functools import lru_cache
from urllib.parse import urlsplit

from odoo import http
from odoo.http import request

from ..gateway import CLAIMS, deny
from ..protocol import HttpRequest, McpServer, respond
from ..servers.orchestrator import get_orchestrator
from ..settings import get_settings
from ..tenancy.principal import Principal
from .tenant_server import TenantServer

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class McpController(http.Controller):
    @http.route(
        ["/mcp", "/mcp/<string:account_id>", "/mcp/<string:account_id>/<string:server>"],
        type="http",
        auth="none",
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def mcp(self, account_id: str | None = None, server: str | None = None, **_query: str) -> http.Response:
        principal = _principal()
        # A server that is none, and one outside the key's scope, are doors this key does not open.
        if principal is None or (server is not None and server not in principal.servers):
            return deny()
        request.update_env(user=principal.user_id)
        request.update_env(context=dict(request.env["res.users"].context_get()))
        response = respond(
            HttpRequest(
                request.httprequest.method,
                {name.lower(): value for name, value in request.httprequest.headers.items()},
                request.httprequest.get_data(),
            ),
            self._server(principal, server, names_account=account_id is None),
            allowed_origins=_allowed_origins(),
        )
        return request.make_response(
            response.body, [*response.headers.items(), ("Cache-Control", "no-store")], status=response.status
        )

    def _server(self, principal: Principal, server: str | None, names_account: bool) -> McpServer:
        return TenantServer(get_orchestrator(), principal, request.env, server, names_account)


def _principal() -> Principal | None:
    """The caller, if its key is in force in its tenant's database."""
    claims = request.httprequest.environ.get(CLAIMS)
    if claims is None or request.db != claims.account_id:
        return None
    keys = request.env(su=True)["chatwootai.mcp.key"]
    principal = keys._principal(claims.credential_id)
    if principal is not None:
        keys._note_use(claims.credential_id)
    return principal


@lru_cache(maxsize=1)
def _allowed_origins() -> frozenset[str]:
    """This server's own address, under each name of this machine where that is what it is."""
    address = urlsplit(get_settings().public_url)
    port = f":{address.port}" if address.port else ""
    hosts = _LOOPBACK if address.hostname in ("localhost", "127.0.0.1", "::1") else (address.hostname or "",)
    return frozenset(f"{address.scheme}://{host}{port}".lower() for host in hosts)
