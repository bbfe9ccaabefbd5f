"""bin/tenant alerts and audit: what the operator was told of his tenants, and a tenant's audit checked or exported."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from . import odoo_env
from .console import Failure, say
from .instance import Instance
from .operator_database import OperatorDatabase


def alerts(instance: Instance, options: argparse.Namespace) -> list[dict[str, Any]]:
    operator = OperatorDatabase(instance)
    if options.seen:
        say(f"{operator.mark_seen(options.seen)} alerts are seen")
    return operator.alerts(options.account, options.all)


def audit(instance: Instance, account_id: str, options: argparse.Namespace) -> None:
    with odoo_env.odoo_environment(account_id) as env:
        if options.export:
            say(f"{_export(env, options.export)} rows exported")
            return
        found = env["chatwootai.audit.chain"]._check()
        rows = env["chatwootai.audit"].search_count([])
    if options.json:
        print(json.dumps({"account_id": account_id, "rows": rows, "found": [vars(each) for each in found]}))
    for finding in found if not options.json else ():
        print(f"{finding.seq or '-'}: {finding.what}")
    if found:
        raise Failure(f"the audit of {account_id} is not as it was written", "compare it with a backup or an export")
    say(f"the audit of {account_id} is whole: {rows} rows")


def _export(env: Any, target: str) -> int:
    """Write all rows as JSON lines."""
    if target == "-":
        return _write(env, sys.stdout)
    with Path(target).open("w", encoding="utf-8") as file:
        return _write(env, file)


def _write(env: Any, file: Any) -> int:
    count = 0
    for line in env["chatwootai.audit"]._lines():
        file.write(line + "\n")
        count += 1
    return count
