"""The stand-in as a running server: `with ChatwootServer(port=0) as server: server.customer_says(…)`."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.utils import redirect, safe_join
from werkzeug.wrappers import Request, Response

from ..background_server import BackgroundServer, QuietHandler
from ..holds import Holds
from .control import ControlApi
from .desk import Desk
from .faults import Fault, Faults
from .journal import Journal
from .people import People
from .rest import RestApi
from .webhooks import Postman

STATIC = Path(__file__).parent / "static"
STORAGE = "/rails/active_storage/"


class ChatwootHandler(QuietHandler):
    def make_environ(self) -> dict[str, Any]:
        """werkzeug drops header names with underscores, and Chatwoot's token has such a name."""
        environ = super().make_environ()
        token = self.headers.get("api_access_token")
        if token is not None:
            environ["HTTP_API_ACCESS_TOKEN"] = token
        return environ


class ChatwootServer(BackgroundServer, People):
    """Serves until closed. Beside People's calls: `desk`, `faults`, `holds`, `journal` and `postman`, for tests."""

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        retry_seconds: float = 3.0,
        seed: int = 0,
        journal_size: int = 50_000,
    ) -> None:
        self.faults = Faults(seed)
        self.journal = Journal(journal_size)
        self.postman = Postman(self.faults, self.journal, retry_seconds)
        self.desk = Desk(self.faults, self.journal, self.postman)
        People.__init__(self, self.desk)
        BackgroundServer.__init__(self, port, host, ChatwootHandler)
        self.holds = Holds()
        self._rest = RestApi(self.desk, self.holds)
        self._control = ControlApi(self.desk, self)
        self.desk.base_url = self.url

    def close(self) -> None:
        self.desk.close()
        self.holds.close()
        self._rest.close()
        super().close()

    # -- answering

    def _respond(self, request: Request) -> Response:
        path = request.path
        if path.startswith("/api/"):
            return self._rest.respond(request)
        if path.startswith("/_demo/"):
            return self._control.respond(request)
        if path.startswith(STORAGE):
            return self._stored_file(path.removeprefix(STORAGE))
        return self._static(path)

    def _stored_file(self, path: str) -> Response:
        """An attachment's address redirects to the file, and may answer 404 at first (a fault to set)."""
        *where, key, filename = path.split("/") if path.count("/") >= 2 else ("", "", "")
        attachment = self.desk.attachments.get(key)
        if attachment is None or self.faults.strikes(Fault.ATTACHMENT_404, key):
            return Response("Not Found", 404)
        if where and where[0] in ("blobs", "representations"):
            return redirect(f"{self.url}{STORAGE}disk/{key}/{filename}", 302)  # type: ignore[return-value]
        return Response(attachment.content, mimetype=attachment.content_type)

    def _static(self, path: str) -> Response:
        file = safe_join(str(STATIC), path.lstrip("/") or "index.html")
        if file is None or not Path(file).is_file():
            return NotFound().get_response()  # type: ignore[return-value]
        mimetype = mimetypes.guess_type(file)[0] or "application/octet-stream"
        return Response(Path(file).read_bytes(), mimetype=mimetype, headers={"Cache-Control": "no-cache"})
