"""What the crew's tests share: a model server per test, closed at its end."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chatwootai_agent.crews.whatsapp import WhatsAppCrew

from .fakes import FakeTools, ModelServer, intent, says


@pytest.fixture(scope="session")
def first_turn() -> None:
    """A process's first turn imports for seconds, or for longer than a test's turn may take."""
    server, tools = ModelServer([intent("sales"), says("Olá!")]), FakeTools()
    tools.documents["agent_config"] = {**tools.documents["agent_config"], "turn_seconds": 300}
    WhatsAppCrew("acme", tools, server.settings()).process_message("Oi", 1)
    server.close()


@pytest.fixture
def model(first_turn: None) -> Iterator[Callable[[Any], ModelServer]]:
    servers: list[ModelServer] = []

    def start(script: Any) -> ModelServer:
        servers.append(ModelServer(script))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def dripping_server(first_turn: None) -> Iterator[str]:
    """Answers with headers at once, and then with a byte every now and then, for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    closing = threading.Event()

    def serve() -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
            while not closing.wait(0.1):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    closing.set()
    listener.close()
