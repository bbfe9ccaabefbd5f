"""What the operator's Prometheus is told of tool calls. Counted per process; labels are names of ours, never of callers."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

_registry = CollectorRegistry()
_calls = Counter("chatwootai_tool_calls", "Tool calls", ["account", "server", "tool", "outcome"], registry=_registry)
_seconds = Histogram(
    "chatwootai_tool_seconds",
    "Duration of tool calls",
    ["server", "tool"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 20),
    registry=_registry,
)


def observe_call(account_id: str, server: str, tool: str, outcome: str, seconds: float) -> None:
    """:param outcome: "success", "error" or "refused" """
    _calls.labels(account_id, server, tool, outcome).inc()
    _seconds.labels(server, tool).observe(seconds)


def forget(account_id: str) -> None:
    """Drop the counts of a tenant that is gone."""
    _calls.remove_by_labels({"account": account_id})


def exposition() -> bytes:
    return generate_latest(_registry)
