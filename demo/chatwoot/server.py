"""The stand-in as a running server: `with ChatwootServer(port=0) as server: server.customer_says(…)`."""

from __future__ import annotations

import mimetypes
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.utils import redirect, safe_join
from werkzeug.wrappers import Request, Response

from ..holds import Holds
from .control import ControlApi
from .desk import Desk
from .faults import Fault, Faults
from .journal import Journal
from .people import People
from .rest import RestApi
from .webhooks import Postman

POLL_SECONDS = 0.02
"""How soon a closing server notices."""
STATIC = Path(__file__).parent / "static"
STORAGE = "/rails/active_storage/"


class ChatwootHandler(WSGIRequestHandler):
    """No access log on the console: the journal has it all."""

    def make_environ(self) -> dict[str, Any]:
        """werkzeug drops header names with underscores, and Chatwoot's token has such a name."""
        environ = super().make_environ()
        token = self.headers.get("api_access_token")
        if token is not None:
            environ["HTTP_API_ACCESS_TOKEN"] = token
        return environ

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class ChatwootServer(People):
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
        super().__init__(self.desk)
        self.holds = Holds()
        self._rest = RestApi(self.desk, self.holds)
        self._control = ControlApi(self.desk, self)
        self._server = make_server(host, port, self._application, threaded=True, request_handler=ChatwootHandler)
        self.port: int = self._server.server_port
        self.url = f"http://{host}:{self.port}"
        self.desk.base_url = self.url
        self._thread: threading.Thread | None = None

    # -- running

    def start(self) -> ChatwootServer:
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), daemon=True, name="chatwoot"
        )
        self._thread.start()
        return self

    def serve_forever(self) -> None:
        self._server.serve_forever()

    def close(self) -> None:
        self.desk.close()
        self.holds.close()
        self._rest.close()
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> ChatwootServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- answering

    def _application(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        return self._respond(request)(environ, start_response)

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
