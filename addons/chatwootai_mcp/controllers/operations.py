"""For the operator's monitoring: health, open to all and telling nothing of tenants; metrics, behind a token."""

from odoo import http
from odoo.http import request

from ..gateway import CLAIMS, deny
from ..servers import health, metrics
from ..servers.stores_of_process import get_stores


class OperationsController(http.Controller):
    @http.route("/chatwootai/health", type="http", auth="none", methods=["GET"], save_session=False)
    def health(self, **_query: str) -> http.Response:
        found = health.check(get_stores())
        return request.make_json_response(
            {"status": found.status, "checks": found.checks},
            status=503 if found.status == health.DOWN else 200,
            headers=[("Cache-Control", "no-store")],
        )

    @http.route("/chatwootai/metrics", type="http", auth="none", methods=["GET"], save_session=False)
    def metrics(self, **_query: str) -> http.Response:
        if request.httprequest.environ.get(CLAIMS) is None:
            return deny()
        return request.make_response(metrics.exposition(), [("Content-Type", "text/plain; version=0.0.4")])
