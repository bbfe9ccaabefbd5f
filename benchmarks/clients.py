"""MCP clients as thin as can be, so that what is measured is the server: one over HTTP, one over a child's pipes."""

from __future__ import annotations

import http.client
import itertools
import json
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

REVISION = "2025-06-18"  # one that all servers compared here speak


class ToolFailed(Exception):
    pass


class HttpClient:
    """Streamable HTTP, answers as JSON; a connection a call, since Odoo's server keeps none open.

    :param patient: where it is told to come again later it does, and the call takes as long as that
    """

    def __init__(self, port: int, path: str, key: str, patient: bool = False) -> None:
        self._port, self._path, self._patient = port, path, patient
        self._ids = itertools.count(1)
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": REVISION,
        }

    def request(self, method: str, params: Mapping[str, Any]) -> bytes:
        body = json.dumps({"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params})
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("POST", self._path, body, self._headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status == 429 and self._patient:
            time.sleep(float(answer.headers["Retry-After"]))
            return self.request(method, params)
        if answer.status != 200:
            raise ToolFailed(f"{answer.status}: {text[:500]!r}")
        return text

    def call(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return _result(json.loads(self.request("tools/call", {"name": tool, "arguments": arguments})))


class StdioClient:
    """A server that is a child process of its client, as most stand-alone servers are run."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._ids = itertools.count(1)
        self._process = subprocess.Popen(
            command, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        client = {"name": "bench", "version": "1"}
        self._request("initialize", {"protocolVersion": REVISION, "capabilities": {}, "clientInfo": client})
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def call(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return _result(self._request("tools/call", {"name": tool, "arguments": arguments}))

    def list_tools(self) -> bytes:
        return json.dumps(self._request("tools/list", {}), ensure_ascii=False, separators=(",", ":")).encode()

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _request(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        number = next(self._ids)
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        assert self._process.stdout
        for line in self._process.stdout:
            message = json.loads(line)
            if message.get("id") == number and "method" not in message:
                return dict(message)
        raise ToolFailed(f"the server ended with exit code {self._process.wait()}")

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()


def calls_a_second(workers: Sequence[Callable[[], Any]], seconds: float) -> float:
    """How many calls these clients get through together, each on a thread and never waiting."""
    counts = [0] * len(workers)
    start, ending = threading.Barrier(len(workers) + 1), threading.Event()
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            workers[number]()
            start.wait()
            while not ending.is_set():
                workers[number]()
                counts[number] += 1
        except BaseException as error:
            failures.append(error)
            start.abort()

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(len(workers))]
    for thread in threads:
        thread.start()
    try:
        start.wait()
    except threading.BrokenBarrierError:
        raise ToolFailed(f"a client failed: {failures[0]!r}") from None
    started = time.perf_counter()
    ending.wait(seconds)
    done = sum(counts)
    elapsed = time.perf_counter() - started
    ending.set()
    for thread in threads:
        thread.join(30)
    if failures:
        raise ToolFailed(f"a client failed: {failures[0]!r}")
    return done / elapsed


def _result(message: Mapping[str, Any]) -> dict[str, Any]:
    result = message.get("result") or {}
    if "error" in message or result.get("isError"):
        raise ToolFailed(json.dumps(message)[:500])
    return result.get("structuredContent") or json.loads(result["content"][0]["text"])
