"""The template databases new tenants are cloned from, so that creating one takes a second and not a minute.

``chatwootai_base`` holds Odoo's modules and Portuguese; it is built once. ``chatwootai_template`` is a clone of it with
our addons, built anew whenever they changed. Each is built under another name and gets its own when it is whole; its
fingerprint is kept as the database's comment, so that it can't outlive or survive the database.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from . import locking, odoo_process, paths, postgres, stamps
from .console import run_logged, step
from .instance import Instance

BASE, TEMPLATE = "chatwootai_base", "chatwootai_template"
ODOO_MODULES = (
    "base", "web", "mail", "product", "queue_job", "resource", "stock", "sale_management", "crm", "contacts",
)  # fmt: skip
OUR_MODULES = ("company_services", "chatwootai_mcp", "chatwootai_agent")
LANGUAGE = "pt_BR"
_RECIPE = "1"  # raise it when what is done here changes


def ensure() -> None:
    """Build what is missing or out of date. Needs the servers running and the main instance prepared."""
    if _is_current(TEMPLATE, template_fingerprint()):
        return
    with locking.exclusive("setup", "another bin/setup"):
        Instance().prepare()
        if not _is_current(BASE, _base_fingerprint()):
            with step("Base database with Odoo's modules and Portuguese (about a minute, once)"):
                _build(BASE, _base_fingerprint(), _install_odoo_modules, "template0")
        if not _is_current(TEMPLATE, template_fingerprint()):
            with step("Template database with our addons"):
                _build(TEMPLATE, template_fingerprint(), _install_our_modules, BASE)


def filestore(database: str, data_dir: Path = paths.TEMPLATE_DATA) -> Path:
    return data_dir / "filestore" / database


def clone(source: str, target: str, instance: Instance, data_dir: Path, owner: str | None = None) -> None:
    """Clone a template into a database of the instance's role (or another owner's), with its files.

    A clone is given its own identity, and its own start for the tables by which Odoo's processes tell each other of
    changed registries and caches: clones start equal, and a process that knew an earlier database of this name would
    otherwise trust what it remembers of that one.
    """
    postgres.sql(
        'CREATE DATABASE :"target" TEMPLATE :"source" OWNER :"owner";',
        role=postgres.OPERATOR,
        target=target,
        source=source,
        owner=owner or instance.role,
    )
    postgres.sql(_NEW_IDENTITY, role=postgres.OPERATOR, database=target)
    if filestore(source).is_dir():
        shutil.rmtree(filestore(target, data_dir), ignore_errors=True)
        shutil.copytree(filestore(source), filestore(target, data_dir))


def drop(database: str, data_dir: Path = paths.TEMPLATE_DATA) -> None:
    """Drop a database, whoever is connected, and its files."""
    unmark = (
        "SELECT format('ALTER DATABASE %I IS_TEMPLATE false', datname) FROM pg_database WHERE datname = :'name' \\gexec"
    )
    postgres.sql(unmark, name=database)
    postgres.sql('DROP DATABASE IF EXISTS :"name" WITH (FORCE);', name=database)
    shutil.rmtree(filestore(database, data_dir), ignore_errors=True)


def template_fingerprint() -> str:
    """A digest of our addons' code; tests, pictures and readmes don't count."""
    skipped = {"tests", "__pycache__", "readme", "img"}
    files = (file for file in paths.ADDONS.rglob("*") if file.is_file() and skipped.isdisjoint(file.parts))
    return stamps.fingerprint([_base_fingerprint()], (file for file in files if file.suffix != ".pyc"))


def _base_fingerprint() -> str:
    archive = paths.ODOO_ARCHIVE / "PACKAGES.sha256"
    odoo = archive.read_text() if archive.is_file() else ""
    queue_job = (paths.ROOT / "requirements-odoo.txt").read_text()
    return stamps.fingerprint([_RECIPE, odoo, queue_job, *ODOO_MODULES, LANGUAGE])


def _is_current(database: str, fingerprint: str) -> bool:
    comment = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = :'name' AND datistemplate"
    return postgres.sql(comment, name=database) == [fingerprint]


def _build(name: str, fingerprint: str, install: Callable[[str], None], source: str) -> None:
    building = f"{name}_building"
    main = Instance()
    drop(building)
    clone(source, building, main, paths.TEMPLATE_DATA) if source == BASE else _create_empty(building, main)
    install(building)
    postgres.sql("DELETE FROM queue_job;", database=building)
    drop(name)
    if filestore(building).is_dir():
        filestore(building).rename(filestore(name))
    postgres.sql(_FINISH, building=building, name=name, fingerprint=fingerprint)


def _create_empty(name: str, owner: Instance) -> None:
    statement = """CREATE DATABASE :"name" OWNER :"owner" TEMPLATE template0 ENCODING 'UTF8';"""
    postgres.sql(statement, role=postgres.OPERATOR, name=name, owner=owner.role)


def _install_odoo_modules(database: str) -> None:
    options = [f"--init={','.join(ODOO_MODULES)}", f"--load-language={LANGUAGE}", "--load=base,web"]
    _run_odoo(database, options, "template-base", "could not install Odoo's modules")


def _install_our_modules(database: str) -> None:
    present = [name for name in OUR_MODULES if (paths.ADDONS / name / "__manifest__.py").is_file()]
    _run_odoo(database, [f"--init={','.join(present)}"], "template", "could not install our addons")
    run_logged(
        [paths.PYTHON, "-m", "stack.template_company", database],
        "template-company",
        missing="could not set the template's company up",
        env=_environment() | {"PYTHONPATH": str(paths.ROOT / "bin")},
        cwd=paths.ROOT,  # from where odoo.conf names our addons
    )


def _run_odoo(database: str, options: list[str], log: str, missing: str) -> None:
    fixed = ["--stop-after-init", "--no-http", "--without-demo", f"--database={database}"]
    run_logged(odoo_process.command(*fixed, *options), log, missing=missing, mend="bin/setup", env=_environment())


def _environment() -> dict[str, str]:
    return {**odoo_process.variables(Instance()), "ODOO_DATA_DIR": str(paths.private_dir(paths.TEMPLATE_DATA))}


# A serving Odoo of the same role takes an unfinished template for a tenant and connects to it: nobody may any longer.
_FINISH = """
SELECT format('COMMENT ON DATABASE %I IS %L', :'building', :'fingerprint') \\gexec
ALTER DATABASE :"building" ALLOW_CONNECTIONS false;
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = :'building';
ALTER DATABASE :"building" RENAME TO :"name";
ALTER DATABASE :"name" IS_TEMPLATE true;
"""

# Odoo's processes compare the highest id of each signaling table for equality with the one they know. A random start in
# the id's range, with nothing higher left from the template, is one that no earlier database of this name had.
_NEW_IDENTITY = """
UPDATE ir_config_parameter SET value = gen_random_uuid()::text WHERE key IN ('database.uuid', 'database.secret');
UPDATE ir_config_parameter SET value = to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
    WHERE key = 'database.create_date';
SELECT format('TRUNCATE %I', tablename), format(
        'INSERT INTO %1$I (id) SELECT setval(pg_get_serial_sequence(%1$L, %2$L), (1e9 * random())::int + 1000)',
        tablename, 'id'
    )
    FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'orm\\_signaling\\_%' \\gexec
"""
