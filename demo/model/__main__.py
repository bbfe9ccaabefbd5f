"""`python -m demo.model --port N`: the demo model in the foreground."""

from __future__ import annotations

import argparse
import signal

from .server import ModelServer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.model", description="An offline model for the demo.")
    parser.add_argument("--port", type=int, default=8100, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args()
    server = ModelServer(options.port, options.host)
    print(f"ready {server.url}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: _stop())
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.close()


def _stop() -> None:
    raise KeyboardInterrupt


main()
