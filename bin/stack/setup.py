"""bin/setup: everything the other commands need, made once and checked quickly afterwards."""

import argparse
import time

from . import environment, services, template
from .console import say


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/setup", description=__doc__)
    parser.add_argument("--start", action="store_true", help="leave PostgreSQL and Redis running afterwards")
    parser.add_argument("--stop", action="store_true", help="stop PostgreSQL and Redis, and do nothing else")
    parser.add_argument("--programs", action="store_true", help="only the programs: packages, .venv and Odoo")
    options = parser.parse_args()
    if options.stop:
        services.stop()
        say("PostgreSQL and Redis are stopped")
        return
    started = time.monotonic()
    environment.ensure()
    if options.programs:
        return
    if options.start:
        services.start_and_keep()
    with services.running():
        template.ensure()
    say(f"The stack is set up ({time.monotonic() - started:.1f} s). Try: bin/demo, bin/serve, bin/test")
