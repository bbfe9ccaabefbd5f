"""What the operator's Prometheus is told: counts and times by account, labelled by our names only.

Calls and turns are counted as they happen; pools, caches and queues are looked at when they are asked for. With several
worker processes each tells its own, told apart by the label ``process``; what waits in the queue is the server's.
"""

import os
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from odoo.tools import config

from . import admission, connection_pools, queue_status
from .stores_of_process import get_stores

_calls = Counter("chatwootai_tool_calls", "Tool calls", ["account", "tool", "outcome"], registry=None)
_seconds = Histogram(
    "chatwootai_tool_seconds",
    "Duration of tool calls",
    ["tool"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 20),
    registry=None,
)
_turns = Counter("chatwootai_turns", "Turns of the agents that ended", ["account", "outcome"], registry=None)
_turn_seconds = Histogram(
    "chatwootai_turn_seconds", "Duration of turns", buckets=(0.5, 1, 2, 5, 10, 20, 40, 80, 160), registry=None
)
_llm_seconds = Counter("chatwootai_llm_seconds", "Time waited for models", ["account"], registry=None)
_llm_tokens = Counter("chatwootai_llm_tokens", "Tokens of models", ["account", "direction"], registry=None)
_COUNTED = (_calls, _seconds, _turns, _turn_seconds, _llm_seconds, _llm_tokens)
_BY_ACCOUNT = (_calls, _turns, _llm_seconds, _llm_tokens)


def observe_call(account_id: str, tool: str, outcome: str, seconds: float) -> None:
    """:param tool: of a tool that exists: a caller must not be able to make up labels"""
    _calls.labels(account_id, tool, outcome).inc()
    _seconds.labels(tool).observe(seconds)


def observe_turn(
    account_id: str, outcome: str, seconds: float, llm_seconds: float, tokens_in: int, tokens_out: int
) -> None:
    """:param outcome: a state in which turns end"""
    _turns.labels(account_id, outcome).inc()
    _turn_seconds.observe(seconds)
    _llm_seconds.labels(account_id).inc(llm_seconds)
    _llm_tokens.labels(account_id, "in").inc(tokens_in)
    _llm_tokens.labels(account_id, "out").inc(tokens_out)


def forget(account_id: str) -> None:
    """Drop the counts of a tenant that is gone."""
    for metric in _BY_ACCOUNT:
        metric.remove_by_labels({"account": account_id})
    get_stores().cache.counts.forget(account_id)
    admission.forget(account_id)


def exposition() -> bytes:
    return generate_latest(_registry)


class _OfProcess(Collector):
    """This process's own, each sample labelled with it where there are several."""

    def collect(self) -> Iterator[Metric]:
        for metric in (*(each for counted in _COUNTED for each in counted.collect()), *_pools(), *_caches()):
            if config["workers"]:
                process = {"process": str(os.getpid())}
                metric.samples = [each._replace(labels=each.labels | process) for each in metric.samples]
            yield metric


class _OfServer(Collector):
    def collect(self) -> Iterator[Metric]:
        jobs = GaugeMetricFamily(
            "chatwootai_jobs", "Jobs of the queue, by what they do now", labels=["account", "channel", "state"]
        )
        for (account_id, channel, state), count in queue_status.jobs().items():
            jobs.add_metric([account_id, channel, state], count)
        yield jobs


def _pools() -> Iterator[Metric]:
    labels = ["account", "pool"]
    size = GaugeMetricFamily("chatwootai_pool_size", "Places the account may have at once", labels=labels)
    in_use = GaugeMetricFamily("chatwootai_pool_in_use", "Places it has", labels=labels)
    waiting = GaugeMetricFamily("chatwootai_pool_waiting", "Requests that wait for a place", labels=labels)
    waits = CounterMetricFamily("chatwootai_pool_waits", "Requests that had to wait", labels=labels)
    waited = CounterMetricFamily("chatwootai_pool_wait_seconds", "How long they waited", labels=labels)
    refused = CounterMetricFamily("chatwootai_pool_refused", "Requests refused for want of a place", labels=labels)
    for pool, bulkhead in (*admission.LANES.items(), ("cursors", connection_pools.bulkhead)):
        for account_id, use in bulkhead.uses().items():
            of = [account_id, pool]
            size.add_metric(of, use.size)
            in_use.add_metric(of, use.running)
            waiting.add_metric(of, len(use.queue))
            waits.add_metric(of, use.waits)
            waited.add_metric(of, use.waited_seconds)
            refused.add_metric(of, use.refused)
    yield from (size, in_use, waiting, waits, waited, refused)


def _caches() -> Iterator[Metric]:
    labels = ["account", "namespace"]
    lookups = CounterMetricFamily("chatwootai_cache_lookups", "Lookups in the cache", labels=[*labels, "outcome"])
    loads = CounterMetricFamily("chatwootai_cache_loads", "Values loaded from their source", labels=labels)
    stale = CounterMetricFamily(
        "chatwootai_cache_stale", "Values not kept, because a write came between", labels=labels
    )
    for (account_id, namespace), use in get_stores().cache.counts.uses().items():
        of = [account_id, namespace]
        lookups.add_metric([*of, "hit"], use.hits)
        lookups.add_metric([*of, "waited"], use.waits)
        lookups.add_metric([*of, "miss"], use.misses - use.waits)
        loads.add_metric(of, use.loads)
        stale.add_metric(of, use.stale)
    yield from (lookups, loads, stale)


_registry = CollectorRegistry(auto_describe=False)
_registry.register(_OfProcess())
_registry.register(_OfServer())
