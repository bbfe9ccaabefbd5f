"""A WSGI application as a running server: in a thread of its own (`with`), or as a program until it is stopped."""

from __future__ import annotations

import signal
import threading
from types import TracebackType
from typing import Any, Self

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

POLL_SECONDS = 0.02
"""How soon a closing server notices."""


class QuietHandler(WSGIRequestHandler):
    """No access log on the console."""

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class BackgroundServer:
    """Listens from the beginning, and answers by ``_respond`` once started, until closed."""

    def __init__(self, port: int, host: str, handler: type[WSGIRequestHandler] = QuietHandler) -> None:
        self._server = make_server(host, port, self._application, threaded=True, request_handler=handler)
        self._thread: threading.Thread | None = None
        self.port: int = self._server.server_port
        self.origin = self.url = f"http://{host}:{self.port}"

    def start(self) -> Self:
        name = type(self).__name__
        self._thread = threading.Thread(target=self._server.serve_forever, args=(POLL_SECONDS,), daemon=True, name=name)
        self._thread.start()
        return self

    def serve_until_stopped(self) -> None:
        """In the foreground, until Ctrl-C or SIGTERM."""
        print(f"ready {self.url}", flush=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            self._server.serve_forever()
        except KeyboardInterrupt:
            pass
        finally:
            self.close()

    def close(self) -> None:
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _application(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self._respond(Request(environ))(environ, start_response)

    def _respond(self, request: Request) -> Response:
        raise NotImplementedError
