"""A Redis of our own, a cache that keeps nothing on disk, on loopback TCP with a password.

Redis is optional: without its program the cache lives in Odoo's process.
"""

import shutil
import socket
from pathlib import Path

from . import paths, postgres
from .daemon import Daemon

HOST = "127.0.0.1"
CONFIGURATION = paths.ETC / "redis.conf"

daemon = Daemon("redis", "redis-server", paths.LOG / "redis.log")


def ensure_running() -> int | None:
    """Start Redis unless it runs; returns its port, or None where Redis is not installed or not ours to run."""
    if postgres.is_external():
        return None
    if daemon.is_running():
        return daemon.port
    program = shutil.which("redis-server")
    if program is None:
        return None
    return daemon.start(lambda port: [program, str(_configure(port))], _answers_ping)


def stop() -> None:
    daemon.stop()


def url() -> str:
    return f"redis://:{_password()}@{HOST}:{daemon.port}/0"


def _password() -> str:
    return postgres.password("redis")


def _configure(port: int) -> Path:
    paths.private_dir(paths.REDIS)
    settings = {
        "bind": HOST,
        "port": port,
        "requirepass": _password(),
        "dir": f'"{paths.REDIS}"',
        "save": '""',
        "appendonly": "no",
        "maxmemory": "96mb",
        "maxmemory-policy": "allkeys-lru",
    }
    paths.write_atomically(CONFIGURATION, "".join(f"{key} {value}\n" for key, value in settings.items()))
    return CONFIGURATION


def _answers_ping(port: int) -> bool:
    with socket.create_connection((HOST, port), timeout=2) as connection:
        connection.sendall(f"AUTH {_password()}\r\nPING\r\n".encode())
        answer = b""
        while answer.count(b"\r\n") < 2:
            if not (received := connection.recv(256)):
                return False
            answer += received
    return b"+PONG" in answer
