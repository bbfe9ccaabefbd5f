"""A proxy that adds each tenant's key: the conformance suite sends no credential."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_NOT_PASSED_ON = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


class KeyProxy:
    """Passes everything on as it is to a port of this machine; ``keys`` are by account, found in the path."""

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}
        self.target_port = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": self}))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "KeyProxy":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: KeyProxy

    def _pass_on(self) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        account = self.path.split("/")[2] if self.path.startswith("/mcp/") else None
        if account in self.proxy.keys:
            headers["Authorization"] = f"Bearer {self.proxy.keys[account]}"
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        upstream = http.client.HTTPConnection("127.0.0.1", self.proxy.target_port, timeout=60)
        try:
            upstream.request(self.command, self.path, body, headers)
            answer = upstream.getresponse()
            content = answer.read()
        finally:
            upstream.close()
        self.send_response(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _NOT_PASSED_ON:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = do_OPTIONS = do_PUT = _pass_on

    def log_message(self, *_arguments: object) -> None:
        pass
