"""What the operator's Prometheus is told of tool calls: counts and times, labelled by our names only."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

_registry = CollectorRegistry()
_calls = Counter("chatwootai_tool_calls", "Tool calls", ["account", "tool", "outcome"], registry=_registry)
_seconds = Histogram(
    "chatwootai_tool_seconds",
    "Duration of tool calls",
    ["tool"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 20),
    registry=_registry,
)


def observe_call(account_id: str, tool: str, outcome: str, seconds: float) -> None:
    """:param tool: of a tool that exists: a caller must not be able to make up labels"""
    _calls.labels(account_id, tool, outcome).inc()
    _seconds.labels(tool).observe(seconds)


def forget(account_id: str) -> None:
    """Drop the counts of a tenant that is gone."""
    _calls.remove_by_labels({"account": account_id})


def exposition() -> bytes:
    return generate_latest(_registry)
