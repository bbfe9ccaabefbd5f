"""search_records: our endpoint beside the same search in process and beside stand-alone MCP servers for Odoo.

10 rows of res.partner, 5,000 in the table, all as the same Odoo user on the same database. Stand-alone servers talk
XML-RPC to the same served Odoo, which knows one database, and to their client by pipes: the cheapest way there is.
"""

from __future__ import annotations

import json
import xmlrpc.client
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from stack import serve
from stack.console import say
from stack.instance import Instance

from . import stand as stands
from .clients import HttpClient, calls_a_second
from .figures import Figures, Row, interleaved
from .sidecars import SIDECARS, Sidecar
from .stand import ACCOUNT, LOGIN, PASSWORD, Stand

SEARCH: dict[str, Any] = {
    "model": "res.partner",
    "domain": [["is_company", "=", True]],
    "fields": ["name", "email", "phone", "city"],
    "limit": 10,
}
ROUNDS, CALLS = 15, 20
CLIENTS, SECONDS, WORKERS = 8, 5.0, 4
# Prefork workers cannot share embedded vectors. Nothing of this benchmark touches vectors: no server needs to listen.
NO_VECTORS = {"CHATWOOTAI_QDRANT_URL": "http://127.0.0.1:9"}
SERVERS = (None, "odoo", "qdrant", "mongodb", "chatwoot")

# Odoo would list all databases at each XML-RPC call to choose one, which only a server of many tenants needs.
ONE_DATABASE = (f"--database={ACCOUNT}", "--db-filter=")

Call = Callable[[], Any]


def run(instance: Instance) -> list[Row]:
    for sidecar in SIDECARS:
        sidecar.install()
    with stands.tenant(instance) as stand:
        rows = _protocol()
        with stands.served(stand, *ONE_DATABASE) as server:
            rows += _one_client(stand, server)
            rows += _lists(stand, server)
        prefork = (f"--workers={WORKERS}", "--max-cron-threads=0")
        with stands.served(stand, *ONE_DATABASE, *prefork, **NO_VECTORS) as server:
            rows += _many_clients(stand, server)
    rows.append(Row("mcp-server-qdrant: search", note="not run: it downloads its embedding model from the internet"))
    return rows


def _one_client(stand: Stand, server: serve.Server) -> list[Row]:
    with _contenders(stand, server) as contenders:
        calls = {"in process, own cursor": _in_process, "XML-RPC search_read, no MCP": _xmlrpc(server)} | contenders
        _check_same_rows(calls)
        found = interleaved(calls, ROUNDS, CALLS)
    base, best = found["in process, own cursor"], _best_sidecar(found)
    rows = [_timing("search_records, 1 client: ", name, figures, base) for name, figures in found.items()]
    ours = found[_OURS].median
    rows.append(_ratio("  ours to in process", ours / base.median, 3.0))
    rows.append(_ratio("  ours to the best stand-alone server", ours / best.median, 0.5))
    return rows


def _many_clients(stand: Stand, server: serve.Server) -> list[Row]:
    rates: dict[str, list[float]] = {}
    for _round in range(3):
        with ExitStack() as stack:
            groups = [stack.enter_context(_contenders(stand, server, numbered=True)) for _ in range(CLIENTS)]
            for name in groups[0]:
                rates.setdefault(name, []).append(calls_a_second([group[name] for group in groups], SECONDS))
    best = {name: sorted(each)[len(each) // 2] for name, each in rates.items()}
    base = best[SIDECARS[0].name]
    what = f"search_records, {CLIENTS} clients, {WORKERS} workers: "
    rows = [Row(what + name, value=rate, unit="calls/s", ratio=rate / base) for name, rate in best.items()]
    rows.append(
        Row("  ours to odoo-mcp", value=best[_OURS] / base, unit="×", target="≥ 2", met=best[_OURS] >= 2 * base)
    )
    return rows


_OURS = "ours, authenticated HTTP"


@contextmanager
def _contenders(stand: Stand, server: serve.Server, numbered: bool = False) -> Iterator[dict[str, Call]]:
    """A client of each server, connected; with ``numbered``, one of several at once."""
    # Workers that have just started load the tenant's registry in their first call, and refuse what is over meanwhile.
    ours = HttpClient(server.port, f"/mcp/{ACCOUNT}", stand.key, patient=True)
    calls: dict[str, Call] = {_OURS: lambda: ours.call("search_records", SEARCH)["records"]}
    with ExitStack() as stack:
        for sidecar in SIDECARS:
            calls[sidecar.name] = _call_of(sidecar, server, stack)
        yield calls


def _call_of(sidecar: Sidecar, server: serve.Server, stack: ExitStack) -> Call:
    client = sidecar.start(server.url)
    stack.callback(client.close)
    return lambda: _rows_of(client.call("search_records", SEARCH))


def _rows_of(result: dict[str, Any]) -> list[dict[str, Any]]:
    result = result.get("result") if isinstance(result.get("result"), dict) else result
    return result.get("records") or result.get("result") or []


def _in_process() -> list[dict[str, Any]]:
    with stands.environment_of_user() as env:
        return env["res.partner"].search_read(SEARCH["domain"], SEARCH["fields"], limit=SEARCH["limit"])


def _xmlrpc(server: serve.Server) -> Call:
    login = xmlrpc.client.ServerProxy(f"{server.url}/xmlrpc/2/common")
    user_id = login.authenticate(ACCOUNT, LOGIN, PASSWORD, {})
    models = xmlrpc.client.ServerProxy(f"{server.url}/xmlrpc/2/object")
    options = {"fields": SEARCH["fields"], "limit": SEARCH["limit"]}
    return lambda: models.execute_kw(
        ACCOUNT, user_id, PASSWORD, "res.partner", "search_read", [SEARCH["domain"]], options
    )


def _check_same_rows(calls: dict[str, Call]) -> None:
    names = {what: [row["name"] for row in call()] for what, call in calls.items()}
    expected = names["in process, own cursor"]
    different = [what for what, found in names.items() if found != expected or len(found) != SEARCH["limit"]]
    if different:
        raise AssertionError(f"{different} found other rows: {names}")


def _lists(stand: Stand, server: serve.Server) -> list[Row]:
    rows = []
    ping = HttpClient(server.port, f"/mcp/{ACCOUNT}", stand.key)
    for name in SERVERS:
        client = HttpClient(server.port, f"/mcp/{ACCOUNT}" + (f"/{name}" if name else ""), stand.key)
        size = len(json.dumps(json.loads(client.request("tools/list", {}))["result"], separators=(",", ":")).encode())
        allowed = 12 if name else 28
        what = f"tools/list, {name or 'whole tenant'}"
        kilobytes = size / 1024
        rows.append(Row(what, value=kilobytes, unit="KB", target=f"≤ {allowed}", met=kilobytes <= allowed))
        calls = {"ping": lambda: ping.request("ping", {}), what: lambda client=client: client.request("tools/list", {})}
        found = interleaved(calls, 5, CALLS)
        rows.append(
            Row(f"  beside a ping ({found['ping'].median:.2f} ms)", found[what], ratio=_to(found, what, "ping"))
        )
    for sidecar in SIDECARS:
        process = sidecar.start(server.url)
        try:
            rows.append(Row(f"tools/list, {sidecar.name}", value=len(process.list_tools()) / 1024, unit="KB"))
        finally:
            process.close()
    return rows


def _protocol() -> list[Row]:
    """What the protocol costs a call: the request parsed and validated, the result shaped, nothing run."""
    from odoo.addons.chatwootai_mcp import protocol
    from odoo.addons.chatwootai_mcp.servers.odoo_records import search_records

    say("  protocol work")
    record = {"id": 7, "name": "Cliente 00007", "email": "c@example.com", "phone": "+55 11 900000007", "city": "Recife"}
    result = {"success": True, "records": [record] * 10, "count": 10, "truncated": True}

    class Shop(protocol.McpServer):
        info = protocol.ServerInfo("bench", "1", "Bench")

        def call_tool(self, name: str, arguments: Any, context: Any) -> protocol.ToolResult:
            search_records.parse(arguments)
            return protocol.ToolResult(result)

    params = {"name": "search_records", "arguments": SEARCH}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
    headers = {
        "content-type": "application/json", "accept": "application/json", "mcp-protocol-version": "2025-11-25",
    }  # fmt: skip
    request, server = protocol.HttpRequest("POST", headers, body), Shop()

    def answer() -> None:
        assert protocol.respond(request, server).status == 200

    def bare() -> None:
        json.loads(body)
        json.dumps(result)

    many = {"bare JSON, in and out": lambda: _hundred(bare), "parse, validate, shape": lambda: _hundred(answer)}
    found = {name: _microseconds(figures) for name, figures in interleaved(many, 10, 5).items()}
    base = found["bare JSON, in and out"]
    return [
        Row(
            f"protocol, {name}",
            figures,
            unit="µs",
            ratio=figures.median / base.median,
            target="≤ 100 µs" if figures is not base else "",
            met=figures.median <= 100 if figures is not base else None,
        )
        for name, figures in found.items()
    ]


def _hundred(call: Call) -> None:
    for _ in range(100):
        call()


def _microseconds(of_hundred: Figures) -> Figures:
    scale = 10.0  # milliseconds for a hundred, to microseconds for one
    return Figures(
        of_hundred.count,
        of_hundred.min * scale,
        of_hundred.median * scale,
        of_hundred.p95 * scale,
        of_hundred.p99 * scale,
    )


def _timing(prefix: str, name: str, figures: Figures, base: Figures) -> Row:
    return Row(prefix + name, figures, ratio=figures.median / base.median)


def _ratio(what: str, ratio: float, limit: float) -> Row:
    return Row(what, value=ratio, unit="×", target=f"≤ {limit:g}", met=ratio <= limit)


def _best_sidecar(found: dict[str, Figures]) -> Figures:
    return min((found[sidecar.name] for sidecar in SIDECARS), key=lambda figures: figures.median)


def _to(found: dict[str, Figures], what: str, base: str) -> float:
    return found[what].median / found[base].median
