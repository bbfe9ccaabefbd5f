"""Bringing tenants' databases up to the addons' present code, each in a process of its own."""

from collections.abc import Sequence

from . import odoo_process, paths, postgres, template
from .console import run_logged, step
from .instance import Instance
from .operator_database import OperatorDatabase


def upgrade_all(instance: Instance) -> None:
    """Upgrade the tenants that need it. Quick when none does, and then without Odoo or the virtual environment."""
    addons = template.template_fingerprint()
    outdated = "SELECT 1 FROM tenant WHERE state = 'active' AND addons IS DISTINCT FROM :'addons' LIMIT 1"
    if postgres.sql(outdated, database=instance.control_database, addons=addons):
        operator = OperatorDatabase(instance)
        upgrade(instance, operator, operator.active())


def upgrade(
    instance: Instance, operator: OperatorDatabase, accounts: Sequence[str], only_outdated: bool = True
) -> None:
    addons = template.template_fingerprint()
    outdated = operator.outdated(addons)
    for account_id in accounts:
        if only_outdated and account_id not in outdated:
            continue
        with operator.working_on(account_id), step(f"Upgrading {account_id}"):
            run_logged(
                odoo_process.command(
                    "--stop-after-init",
                    "--no-http",
                    f"--database={account_id}",
                    f"--update={','.join(template.OUR_MODULES)}",
                    "--i18n-overwrite",  # else what was said better since stays as it was in every other language
                ),
                f"upgrade-{account_id}",
                missing=f"could not upgrade {account_id}",
                mend=f"bin/tenant upgrade {account_id}, after mending what the log says",
                env=odoo_process.variables(instance),
                cwd=paths.ROOT,
            )
            operator.activate(account_id, addons)
