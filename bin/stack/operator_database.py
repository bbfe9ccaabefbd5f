"""The control database as the operator uses it: to register tenants, their Chatwoot accounts and their limits."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from . import postgres
from .console import Failure
from .instance import Instance

LIMITS = (
    "calls_per_minute",
    "concurrent",
    "turns_per_day",
    "tokens_per_month",
    "money_per_month",
    "documents",
    "vectors",
)


class OperatorDatabase:
    """A connection as the operator; every method is a transaction of its own."""

    def __init__(self, instance: Instance) -> None:
        self._connection = postgres.connect(postgres.OPERATOR, instance.control_database)
        self._connection.autocommit = True

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def working_on(self, account_id: str) -> Iterator[None]:
        """Be the only command that changes a tenant; ends with this connection, however the command ends."""
        if not self._one("SELECT pg_try_advisory_lock(hashtext('tenant'), hashtext(%s))", account_id)[0]:
            raise Failure(f"another bin/tenant is working on {account_id}", "wait for it, then the same command again")
        try:
            yield
        finally:
            self._one("SELECT pg_advisory_unlock(hashtext('tenant'), hashtext(%s))", account_id)

    def state(self, account_id: str) -> str | None:
        row = self._one("SELECT state FROM tenant WHERE account_id = %s", account_id)
        return row[0] if row else None

    def register(self, account_id: str, demo: str | None, chatwoot: tuple[str, int] | None) -> None:
        """Note a tenant in the making and claim its Chatwoot account."""
        with self._transaction() as cursor:
            cursor.execute("INSERT INTO tenant (account_id, demo) VALUES (%s, %s)", (account_id, demo))
            if chatwoot:
                self._claim(cursor, account_id, *chatwoot)

    @staticmethod
    def _claim(cursor: Any, account_id: str, base_url: str, chatwoot_account: int) -> None:
        insert = "INSERT INTO chatwoot_account (base_url, chatwoot_account, account_id) VALUES (%s, %s, %s)"
        from psycopg2.errors import UniqueViolation

        try:
            cursor.execute(insert, (base_url, chatwoot_account, account_id))
        except UniqueViolation:
            raise Failure(
                f"account {chatwoot_account} of {base_url} belongs to another tenant",
                "bin/tenant list (shows whose it is)",
            ) from None

    def shared_webhook(self, base_url: str, new_token_id: str) -> str:
        """The token id of the webhook all tenants of a Chatwoot share, made the first time."""
        self._execute(
            "INSERT INTO chatwoot_webhook (token_id, base_url) VALUES (%s, %s) ON CONFLICT (base_url) DO NOTHING",
            new_token_id,
            base_url,
        )
        return str(self._one("SELECT token_id FROM chatwoot_webhook WHERE base_url = %s", base_url)[0])

    def activate(self, account_id: str, addons: str) -> None:
        """Put a tenant in service, noting which state of the addons its database has."""
        self._execute("UPDATE tenant SET state = 'active', addons = %s WHERE account_id = %s", addons, account_id)

    def outdated(self, addons: str) -> list[str]:
        """The tenants in service whose database has another state of the addons."""
        query = (
            "SELECT account_id FROM tenant WHERE state = 'active' AND addons IS DISTINCT FROM %s ORDER BY account_id"
        )
        return [row["account_id"] for row in self._rows(query, addons)]

    def set_state(self, account_id: str, state: str) -> None:
        self._execute("UPDATE tenant SET state = %s WHERE account_id = %s", state, account_id)

    def remove(self, account_id: str) -> None:
        with self._transaction() as cursor:
            cursor.execute("DELETE FROM alert WHERE account_id = %s", (account_id,))
            cursor.execute("DELETE FROM tenant WHERE account_id = %s", (account_id,))

    def tenants(self) -> list[dict[str, Any]]:
        return self._rows(
            "SELECT account_id, state, demo, created_at::date::text AS created,"
            " base_url AS chatwoot_url, chatwoot_account"
            " FROM tenant LEFT JOIN chatwoot_account USING (account_id) ORDER BY account_id"
        )

    def active(self) -> list[str]:
        rows = self._rows("SELECT account_id FROM tenant WHERE state = 'active' ORDER BY account_id")
        return [row["account_id"] for row in rows]

    def limits(self, account_id: str) -> dict[str, Any]:
        rows = self._rows(f"SELECT {', '.join(LIMITS)} FROM tenant_limit WHERE account_id = %s", account_id)
        found = rows[0] if rows else dict.fromkeys(LIMITS)
        return {name: _plain(value) for name, value in found.items()}

    def all_limits(self) -> dict[str, dict[str, Any]]:
        """The limits of each tenant in service; no limit is None."""
        rows = self._rows(
            f"SELECT account_id, {', '.join(LIMITS)} FROM tenant LEFT JOIN tenant_limit USING (account_id)"
            " WHERE state = 'active' ORDER BY account_id"
        )
        return {row.pop("account_id"): {name: _plain(value) for name, value in row.items()} for row in rows}

    def prices(self) -> list[dict[str, Any]]:
        """What the operator says models cost: US dollars for a million tokens."""
        rows = self._rows("SELECT model, tokens_in, tokens_out FROM model_price ORDER BY model")
        return [{name: _plain(value) for name, value in row.items()} for row in rows]

    def set_price(self, model: str, tokens_in: float, tokens_out: float) -> None:
        self._execute(
            "INSERT INTO model_price (model, tokens_in, tokens_out) VALUES (%s, %s, %s) ON CONFLICT (model) DO UPDATE"
            " SET tokens_in = EXCLUDED.tokens_in, tokens_out = EXCLUDED.tokens_out, updated_at = now()",
            model,
            tokens_in,
            tokens_out,
        )

    def remove_price(self, model: str) -> None:
        self._execute("DELETE FROM model_price WHERE model = %s", model)

    def set_limits(self, account_id: str, limits: Mapping[str, Any]) -> None:
        names = [name for name in LIMITS if name in limits]
        self._execute(
            f"INSERT INTO tenant_limit (account_id, {', '.join(names)}) VALUES (%s{', %s' * len(names)})"
            " ON CONFLICT (account_id) DO UPDATE SET updated_at = now(), "
            + ", ".join(f"{name} = EXCLUDED.{name}" for name in names),
            account_id,
            *(limits[name] for name in names),
        )

    def alerts(self, account_id: str | None, with_seen: bool) -> list[dict[str, Any]]:
        """What needs the operator, the newest last; of one account, or of all and the server."""
        return self._rows(
            "SELECT id, account_id, kind, message, count, created_at::timestamp(0)::text AS first,"
            " last_at::timestamp(0)::text AS last, seen_at IS NOT NULL AS seen FROM alert"
            " WHERE (account_id = %s OR %s) AND (seen_at IS NULL OR %s) ORDER BY last_at, id",
            account_id,
            account_id is None,
            with_seen,
        )

    def mark_seen(self, ids: Sequence[int]) -> int:
        """Note that the operator has seen these; how many were not before."""
        query = "UPDATE alert SET seen_at = now() WHERE id = ANY(%s) AND seen_at IS NULL RETURNING id"
        return len(self._rows(query, list(ids)))

    def database_exists(self, name: str) -> bool:
        return self._one("SELECT 1 FROM pg_database WHERE datname = %s", name) is not None

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        with self._connection.cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                yield cursor
            except BaseException:
                cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")

    def _execute(self, query: str, *parameters: Any) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(query, parameters)

    def _one(self, query: str, *parameters: Any) -> Any:
        with self._connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchone()

    def _rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        with self._connection.cursor() as cursor:
            cursor.execute(query, parameters)
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _plain(value: Any) -> Any:
    """PostgreSQL's numeric as a number that JSON knows."""
    return float(value) if isinstance(value, Decimal) else value
