"""Asking the serving Odoo, over its control socket, for what only it can do."""

import json
import os
import socket
from typing import Any

from .console import Failure
from .instance import Instance

SOCKET = "control.sock"
TIMEOUT = 600  # indexing a large catalogue takes minutes


def ask(instance: Instance, do: str, **arguments: Any) -> dict[str, Any] | None:
    """The server's answer; None when nobody serves this instance."""
    connection = _connect(instance)
    if connection is None:
        return None
    with connection:
        connection.sendall(json.dumps({"do": do, **arguments}).encode() + b"\n")
        with connection.makefile("rb") as stream:
            line = stream.readline()
    if not line:
        raise Failure(f"bin/serve ended while it was asked to {do.replace('_', ' ')}", "the same command again")
    answer: dict[str, Any] = json.loads(line)
    if not answer["ok"]:
        raise Failure(f"bin/serve could not {do.replace('_', ' ')}: {answer['error']}", "look at bin/serve's output")
    return answer


def _connect(instance: Instance) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(TIMEOUT)
    try:
        directory = os.open(instance.run_dir, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    try:
        # A socket's path may have 107 characters, a checkout's more: reach it through the open directory.
        connection.connect(f"/proc/self/fd/{directory}/{SOCKET}")
    except (FileNotFoundError, ConnectionRefusedError):
        connection.close()
        return None
    finally:
        os.close(directory)
    return connection
