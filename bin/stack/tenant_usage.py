"""What a tenant uses: rows read from its own database, and sizes of what it keeps elsewhere."""

from typing import Any

from . import control_client, odoo_env, postgres, template
from .instance import Instance
from .operator_database import OperatorDatabase


def measure(instance: Instance, operator: OperatorDatabase, account_id: str) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "turns_today": _count(
            account_id, "chatwootai_turn", "create_date >= date_trunc('day', now() AT TIME ZONE 'UTC')"
        ),
        "turns_this_month": _count(account_id, "chatwootai_turn", _THIS_MONTH),
        "tokens_this_month": _tokens(account_id),
        "documents": _documents(account_id),
        "vectors": _vectors(instance, account_id),
        "jobs_waiting": _count(account_id, "queue_job", "state IN ('pending', 'enqueued', 'wait_dependencies')"),
        "jobs_failed": _count(account_id, "queue_job", "state = 'failed'"),
        "database_mb": round(operator.database_size(account_id) / 2**20),
        "files_mb": round(_size(template.filestore(account_id, instance.data_dir)) / 2**20, 1),
    }


_THIS_MONTH = "create_date >= date_trunc('month', now() AT TIME ZONE 'UTC')"


def _count(account_id: str, table: str, condition: str) -> int:
    if not _has_column(account_id, table, "id"):
        return 0
    return int(_sql(account_id, f'SELECT count(*) FROM "{table}" WHERE {condition}')[0])


def _tokens(account_id: str) -> int:
    columns = [
        name for name in ("prompt_tokens", "completion_tokens") if _has_column(account_id, "chatwootai_turn", name)
    ]
    if not columns:
        return 0
    total = " + ".join(f"coalesce({name}, 0)" for name in columns)
    return int(_sql(account_id, f"SELECT coalesce(sum({total}), 0) FROM chatwootai_turn WHERE {_THIS_MONTH}")[0])


def _documents(account_id: str) -> int:
    odoo_env.configure()
    from odoo.addons.chatwootai_mcp.servers.stores_of_process import get_stores

    return int(get_stores().documents.count(account_id))


def _vectors(instance: Instance, account_id: str) -> int | None:
    """Asked of the serving process, which holds them; None while another holds them and does not answer."""
    answer = control_client.ask(instance, "count_vectors", account_id=account_id)
    if answer is not None:
        return int(answer["vectors"])
    odoo_env.configure()
    from odoo.addons.chatwootai_mcp.servers.stores_of_process import get_stores
    from odoo.addons.chatwootai_mcp.stores.errors import StoreUnavailable

    try:
        return sum(collection.points for collection in get_stores().vectors.info(account_id))
    except StoreUnavailable:
        return None


def _has_column(account_id: str, table: str, column: str) -> bool:
    found = "SELECT 1 FROM information_schema.columns WHERE table_name = :'table' AND column_name = :'column'"
    return bool(postgres.sql(found, role=postgres.OPERATOR, database=account_id, table=table, column=column))


def _sql(account_id: str, query: str) -> list[str]:
    return postgres.sql(query, role=postgres.OPERATOR, database=account_id)


def _size(directory: Any) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file()) if directory.is_dir() else 0
