"""A real HTTP server on the loopback, standing where the configuration webhook stands. Knows no Odoo."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """Answers each post with the next of `answers` (status, document or bytes), the last one for ever; keeps the posts.

    `meanwhile`, if set, is called before the answer: what happens while a sync is under way.
    """

    def __init__(self):
        self.posts = []
        self.answers = [(200, {"success": True})]
        self.headers = {}
        self.meanwhile = None
        self.released = threading.Event()  # set it to let `hang` go
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.posts.append((self.path, dict(self.headers), json.loads(body)))
                if receiver.meanwhile:
                    receiver.meanwhile()
                status, answer = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
                content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # whoever timed out has gone
                    self.wfile.write(content)

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/chatwootai/config/acme"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def hang(self):
        """For `meanwhile`: no answer until the test is over."""
        self.released.wait(30)

    @property
    def documents(self):
        return [document for _path, _headers, document in self.posts]

    def stop(self):
        """Also what a server that is down looks like: the port refuses connections afterwards."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
