"""What the crew's tests share: a model server per test, closed at its end."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .fakes import ModelServer


@pytest.fixture
def model() -> Iterator[Callable[[Any], ModelServer]]:
    servers: list[ModelServer] = []

    def start(script: Any) -> ModelServer:
        servers.append(ModelServer(script))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
