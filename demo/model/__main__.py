"""`python -m demo.model --port N`: the demo model in the foreground."""

from __future__ import annotations

import argparse

from .server import ModelServer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.model", description="An offline model for the demo.")
    parser.add_argument("--port", type=int, default=8100, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args()
    server = ModelServer(options.port, options.host)
    server.serve_until_stopped()


main()
