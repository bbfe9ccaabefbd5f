"""The one HTTP client all models are called through, with a bound on the whole answer.

A client of its own per message costs 45 ms (two SSL contexts). httpx bounds each read, not the answer, so a model that
sends a byte now and then could hold a turn for ever: the stream here stops at the read timeout counted from the start.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from functools import cache
from typing import Final

import httpx

ANSWER_LIMIT: Final = 4 * 1024 * 1024


class _BoundedStream(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, request: httpx.Request, deadline: float) -> None:
        self._stream = stream
        self._request = request
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._stream:
            size += len(chunk)
            if time.monotonic() > self._deadline:
                raise httpx.ReadTimeout("the answer took too long", request=self._request)
            if size > ANSWER_LIMIT:
                raise httpx.ReadError("the answer is too large", request=self._request)
            yield chunk

    def close(self) -> None:
        self._stream.close()


class BoundedTransport(httpx.HTTPTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        allowed = request.extensions.get("timeout", {}).get("read") or 60.0
        deadline = time.monotonic() + allowed
        response = super().handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _BoundedStream(response.stream, request, deadline)
        return response


@cache
def shared_client() -> httpx.Client:
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line per request, with the tenant's address
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=30)
    return httpx.Client(trust_env=False, transport=BoundedTransport(trust_env=False, limits=limits))
