"""A noisy neighbour: what one tenant's flood of calls, slow queries or jobs does to another tenant's latency.

The quiet tenant calls a tool and receives webhooks at a steady, modest rate, timed from when each was due. Phases of
quiet and of flood take turns on one server, so that what else the machine does strikes both. Whoever floods and whoever
is measured are processes of their own; all of them share this machine's cores with the server and PostgreSQL.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from stack import odoo_env, paths, postgres, serve, tenants
from stack.console import say
from stack.instance import Instance

from . import stand as stands
from .figures import Figures, Row
from .mcp import SEARCH
from .stand import Stand

NOISY = "noisy"
NOISY_PARTNERS = 150_000  # so that a search by parts of a text takes PostgreSQL a good part of a second
SECONDS = 4
ROUNDS = 4
FAST_CLIENTS, SLOW_CLIENTS = 16, 6
SLOW = {"model": "res.partner", "domain": [["email", "ilike", "nobody%has@this"]]}
CHANNELS = "root:7,root.chatwootai_turn:3,root.chatwootai_outbox:3,root.chatwootai_sync:1,root.chatwootai_knowledge:1"
JOBS = {"root.chatwootai_turn": 200, "root.chatwootai_outbox": 200, "root.chatwootai_sync": 100}
LIMIT = 1.5


@dataclass(frozen=True)
class Neighbour:
    key: str


Flood = Callable[[serve.Server, Neighbour], Any]


def run(instance: Instance) -> list[Row]:
    with (
        stands.tenant(instance) as stand,
        _neighbour(instance) as neighbour,
        stands.served(stand, ODOO_QUEUE_JOB_CHANNELS=CHANNELS) as server,
    ):
        stands.wait_until_idle(server)
        _measure(server, stand, 2)  # caches and registries are not what is measured
        _Callers(server, neighbour.key, NOISY, "search_records", SEARCH, 2, 2).counts()
        found, floods = _phases(server, stand, neighbour)
    return _rows(found, floods)


def _phases(server: serve.Server, stand: Stand, neighbour: Neighbour) -> tuple[dict[str, Any], dict[str, Any]]:
    series: dict[str, dict[str, list[float]]] = {}
    floods: dict[str, dict[str, float]] = {}
    for number in range(ROUNDS):
        for name, flood in (
            ("quiet", _nothing),
            ("calls", _fast_calls),
            ("quiet", _nothing),
            ("slow queries", _slow_queries),
            ("quiet", _nothing),
            ("jobs", _jobs),
        ):
            say(f"  {name}, {number + 1} of {ROUNDS}")
            stands.wait_until_idle(server)  # what one flood leaves to do is not the next phase's
            under_way = flood(server, neighbour)
            measured = _measure(server, stand, SECONDS)
            for kind, seconds in measured.items():
                series.setdefault(name, {}).setdefault(kind, []).extend(seconds)
            for what, count in under_way.counts().items():
                floods.setdefault(name, {}).setdefault(what, 0)
                floods[name][what] += count
    return {name: {kind: Figures.of(each) for kind, each in kinds.items()} for name, kinds in series.items()}, floods


def _rows(found: dict[str, dict[str, Figures]], floods: dict[str, dict[str, float]]) -> list[Row]:
    rows = []
    for kind in ("call", "webhook"):
        quiet = found["quiet"][kind]
        rows.append(Row(f"a quiet tenant's {kind}", quiet))
        for name in ("calls", "slow queries", "jobs"):
            figures = found[name][kind]
            told = ", ".join(f"{count:,.0f} {what}" for what, count in floods[name].items())
            rows.append(Row(f"  while another floods: {name}", figures, ratio=figures.median / quiet.median, note=told))
            ratio = figures.p95 / quiet.p95
            rows.append(Row("    p95 to quiet p95", value=ratio, unit="×", target=f"≤ {LIMIT:g}", met=ratio <= LIMIT))
    return rows


class _Callers:
    """A process of clients that call one tool as fast as they are answered."""

    def __init__(
        self,
        server: serve.Server,
        key: str,
        account: str,
        tool: str,
        arguments: dict[str, Any],
        clients: int,
        seconds: float,
    ) -> None:
        wanted = {"tool": tool, "arguments": arguments, "clients": clients, "seconds": seconds}
        self._process = _child("flood", {"port": server.port, "path": f"/mcp/{account}", "key": key, **wanted})

    def counts(self) -> dict[str, float]:
        return dict(_answer(self._process))


class _Nothing:
    def counts(self) -> dict[str, float]:
        return {}


class _Jobs:
    def counts(self) -> dict[str, float]:
        return _stop_jobs()


def _nothing(server: serve.Server, neighbour: Neighbour) -> _Nothing:
    return _Nothing()


def _fast_calls(server: serve.Server, neighbour: Neighbour) -> _Callers:
    return _Callers(server, neighbour.key, NOISY, "search_records", SEARCH, FAST_CLIENTS, SECONDS + 1)


def _slow_queries(server: serve.Server, neighbour: Neighbour) -> _Callers:
    return _Callers(server, neighbour.key, NOISY, "count_records", SLOW, SLOW_CLIENTS, SECONDS + 1)


def _jobs(server: serve.Server, neighbour: Neighbour) -> _Jobs:
    """More of them than can be done meanwhile, in every channel: jobs that compute and never wait."""
    with odoo_env.odoo_environment(NOISY) as env:
        for channel, count in JOBS.items():
            for _ in range(count):
                env["chatwootai.agent.config"].with_delay(channel=channel)._job_save_agent_config()
        for _ in range(10):
            for collection_type in ("products", "rules", "support_documents"):
                env["chatwootai.knowledge"].with_delay()._job_resync(collection_type)
    return _Jobs()


def _stop_jobs() -> dict[str, float]:
    [left] = postgres.sql(
        "WITH gone AS (DELETE FROM queue_job WHERE state = 'pending' RETURNING 1) SELECT count(*) FROM gone;",
        database=NOISY,
    )
    [done] = postgres.sql(
        "WITH gone AS (DELETE FROM queue_job WHERE state = 'done' RETURNING 1) SELECT count(*) FROM gone;",
        database=NOISY,
    )
    return {"jobs done": int(done), "left": int(left)}


def _measure(server: serve.Server, stand: Stand, seconds: float) -> dict[str, list[float]]:
    return dict(
        _answer(
            _child(
                "measure",
                {
                    "port": server.port,
                    "path": f"/mcp/{stand.account_id}",
                    "key": stand.key,
                    "arguments": SEARCH,
                    "webhook_url": stand.webhook_url,
                    "webhook_secret": stand.webhook_secret,
                    "chatwoot_account": stand.chatwoot_account,
                    "seconds": seconds,
                },
            )
        )
    )


def _child(what: str, wanted: dict[str, Any]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.neighbours_clients", what, json.dumps(wanted)],
        cwd=paths.ROOT,
        env={"PYTHONPATH": str(paths.ROOT / "bin"), "PATH": ""},
        stdout=subprocess.PIPE,
        text=True,
    )


def _answer(process: subprocess.Popen[str]) -> Any:
    output, _ = process.communicate(timeout=120)
    if process.returncode:
        raise AssertionError(f"a client ended with exit code {process.returncode}")
    return json.loads(output)


@contextmanager
def _neighbour(instance: Instance) -> Iterator[Neighbour]:
    stands.command("drop", NOISY, "--yes", check=False)
    stands.command("create", NOISY, "--demo", "furniture")
    try:
        key = stands.command("key", NOISY, "--name", "flood").strip()
        with odoo_env.odoo_environment(NOISY) as env:
            env.cr.execute(
                """
                INSERT INTO res_partner (name, complete_name, email, phone, city, is_company, active, type,
                                         autopost_bills)
                SELECT 'Cliente ' || n, 'Cliente ' || n, 'cliente' || n || '@example.com', '+55 11 9' || n, 'Recife',
                       true, true, 'contact', 'ask'
                FROM generate_series(1, %s) n
                """,
                [NOISY_PARTNERS],
            )
        with odoo_env.odoo_environment(NOISY) as env:
            env.cr.execute("ANALYZE res_partner")
        odoo_env.forget(NOISY)
        yield Neighbour(key)
    finally:
        tenants.drop(instance, NOISY)
