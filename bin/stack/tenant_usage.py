"""What tenants use: one query in each one's own database, beside the limits that the control database holds."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

from . import postgres
from .console import say

#: What the table can be sorted by, and the column that says so.
SORTS = {
    "limit": "percent",
    "time": "call_seconds",
    "errors": "errors",
    "waits": "waited_seconds",
    "turns": "turns",
    "tokens": "tokens",
    "money": "money",
    "storage": "storage_mb",
}

_SUMS = """
    coalesce(sum(calls), 0)::bigint AS calls,
    coalesce(sum(errors), 0)::bigint AS errors,
    coalesce(sum(refused), 0)::bigint AS refused,
    round(coalesce(sum(call_ms), 0) / 1000.0, 1)::float AS call_seconds,
    round(coalesce(sum(waits_ms), 0) / 1000.0, 1)::float AS waited_seconds,
    round(100.0 * sum(cache_hits) / nullif(sum(cache_lookups), 0))::int AS cache_hit_percent,
    coalesce(sum(pool_waits), 0)::bigint AS pool_waits,
    max(pool_size) AS pool_size,
    coalesce(sum(turns), 0)::bigint AS turns,
    coalesce(sum(failed_turns), 0)::bigint AS failed_turns,
    coalesce(sum(coalesce(tokens_in, 0) + coalesce(tokens_out, 0)), 0)::bigint AS tokens,
    round(coalesce(sum(money), 0), 2)::float AS money
"""
_STORED = """
    max(documents) AS documents,
    max(vectors) AS vectors,
    round(max(coalesce(database_bytes, 0) + coalesce(file_bytes, 0)) / 1048576.0, 1)::float AS storage_mb
"""
# Each as it was last measured: a store that is down leaves its own out.
_STORED_LAST = """
    (SELECT documents FROM chatwootai_usage WHERE documents IS NOT NULL ORDER BY day DESC LIMIT 1) AS documents,
    (SELECT vectors FROM chatwootai_usage WHERE vectors IS NOT NULL ORDER BY day DESC LIMIT 1) AS vectors,
    (SELECT round((database_bytes + coalesce(file_bytes, 0)) / 1048576.0, 1)::float FROM chatwootai_usage
        WHERE database_bytes IS NOT NULL ORDER BY day DESC LIMIT 1) AS storage_mb
"""
_TODAY = "(now() AT TIME ZONE 'UTC')::date"
_PER_TENANT = f"""
    WITH stored AS (SELECT {_STORED_LAST}),
    jobs AS (SELECT count(*) FILTER (WHERE state IN ('pending', 'enqueued', 'wait_dependencies')) AS jobs_waiting,
        count(*) FILTER (WHERE state = 'failed') AS jobs_failed FROM queue_job
        WHERE state IN ('pending', 'enqueued', 'wait_dependencies', 'failed')),
    spent AS (SELECT coalesce(sum(turns) FILTER (WHERE day = {_TODAY}), 0)::bigint AS turns_per_day,
        coalesce(sum(coalesce(tokens_in, 0) + coalesce(tokens_out, 0)), 0)::bigint AS tokens_per_month,
        coalesce(sum(money), 0)::float AS money_per_month
        FROM chatwootai_usage WHERE day >= date_trunc('month', {_TODAY}))
    SELECT * FROM (SELECT {_SUMS} FROM chatwootai_usage WHERE day > {_TODAY} - %(days)s) AS sums, stored, jobs, spent
"""
_BY_DAY = f"""
    SELECT day::text AS day, {_SUMS}, {_STORED} FROM chatwootai_usage WHERE day > {_TODAY} - %(days)s
    GROUP BY day ORDER BY day DESC
"""
_ASKED_AT_ONCE = 8  # tenants: each is a connection, and making it is what takes time
_SPENT = ("turns_per_day", "tokens_per_month", "money_per_month")


def per_tenant(limits: Mapping[str, Mapping[str, Any]], days: int, sort: str) -> list[dict[str, Any]]:
    """A row for each tenant over the last days; those at the top who are nearest to a limit, or take the most.

    :param limits: of each tenant, by its name
    """
    with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
        rows = list(pool.map(lambda account_id: _of_tenant(account_id, limits[account_id], days), limits))
    return sorted(filter(None, rows), key=lambda row: (-(row[SORTS[sort]] or 0), row["account_id"]))


def by_day(account_id: str, days: int) -> list[dict[str, Any]]:
    return list(_rows(account_id, _BY_DAY, days))


def _of_tenant(account_id: str, limits: Mapping[str, Any], days: int) -> dict[str, Any] | None:
    """Its row; None of a tenant whose database can't be asked, for which the others need not wait."""
    from psycopg2 import Error  # only the virtual environment has it

    try:
        [row] = _rows(account_id, _PER_TENANT, days)
    except Error as error:
        say(f"warning: {account_id} is left out, its database can't be asked: {str(error).strip()}")
        return None
    used = {name: row.pop(name) for name in _SPENT} | {name: row[name] for name in ("documents", "vectors")}
    limit, percent = nearest(limits, used)
    return {"account_id": account_id, **row, "nearest_limit": limit, "percent": percent}


def nearest(limits: Mapping[str, Any], used: Mapping[str, Any]) -> tuple[str | None, int | None]:
    """The limit of which most is used, and how many percent; those on rates are not used up."""
    shares = {
        name: round(100 * amount / limits[name]) if limits[name] else 100
        for name, amount in used.items()
        if limits.get(name) is not None and amount is not None
    }
    if not shares:
        return None, None
    name = max(shares, key=lambda name: shares[name])
    return name, shares[name]


def _rows(account_id: str, query: str, days: int) -> Iterator[dict[str, Any]]:
    with closing(postgres.connect(postgres.OPERATOR, account_id)) as connection, connection.cursor() as cursor:
        cursor.execute(query, {"days": days})
        names: Sequence[str] = [column.name for column in cursor.description]
        for row in cursor.fetchall():
            yield dict(zip(names, row, strict=True))
