"""`python -m demo.chatwoot --port N [--account NAME]…`: the stand-in in the foreground."""

from __future__ import annotations

import argparse
import json

from .server import ChatwootServer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.chatwoot", description="A Chatwoot stand-in for the demo.")
    parser.add_argument("--port", type=int, default=3000, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--account", action="append", default=[], metavar="NAME", help="an account to begin with")
    options = parser.parse_args()
    server = ChatwootServer(options.port, options.host)
    for name in options.account:
        print(json.dumps(server.add_account(name).as_json()), flush=True)
    server.serve_until_stopped()


main()
