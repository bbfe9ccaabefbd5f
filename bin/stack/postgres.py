"""A PostgreSQL cluster of our own under .local/postgresql/, on loopback TCP only, with passwords.

With CHATWOOTAI_EXTERNAL set, as in docker-compose.yml, the servers are others' to run: PGHOST and PGPORT name theirs,
and the passwords come from the environment.

PostgreSQL refuses to run as root. Started by root, the cluster runs as an unprivileged user who owns nothing but its
directory, and who may not be able to enter the directories above it (a checkout below /root). It is therefore given
its directory as an open file descriptor and reaches everything through /proc/self/fd: no right is widened for it.
"""

import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import packages, paths
from .console import Failure
from .daemon import Daemon

HOST = "127.0.0.1"
SUPERUSER = "postgres"
OPERATOR = "chatwootai_operator"
CREDENTIALS = paths.ETC / "postgresql-passwords.json"
DATA = paths.POSTGRESQL / "data"
EXTERNAL_SECONDS = 60
PASSWORD_VARIABLES = {SUPERUSER: "CHATWOOTAI_POSTGRES_PASSWORD", OPERATOR: "CHATWOOTAI_OPERATOR_PASSWORD"}
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    # The job runner holds a connection per tenant, and Odoo's pools come on top.
    "max_connections": "300",
    "shared_buffers": "128MB",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "timezone": "UTC",
}

daemon = Daemon("postgresql", "postgres", paths.LOG / "postgresql.log")


def is_external() -> bool:
    return bool(os.environ.get("CHATWOOTAI_EXTERNAL"))


def ensure_running() -> int:
    """Start the cluster unless it runs, making it first if there is none; returns its port."""
    if is_external():
        return _wait_for_external()
    if daemon.is_running():
        assert daemon.port
        return daemon.port
    programs = _programs()
    _own_directory()
    if _cluster_version() is None:
        _initialise(programs)
    _check_version(programs)
    descriptor, directory, identity = _as_seen_by_server()
    options = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
    try:
        return daemon.start(
            lambda port: [str(programs / "postgres"), "-D", f"{directory}/data", "-p", str(port), *options],
            _accepts_queries,
            **identity,
        )
    finally:
        if descriptor is not None:
            os.close(descriptor)


def stop() -> None:
    """Fast shutdown: open transactions are rolled back, connections closed."""
    if is_external():
        return
    daemon.stop(signal.SIGINT)


def password(role: str) -> str:
    """The password of a role, made up the first time it is asked for."""
    if is_external():
        return _given_password(role)
    known = json.loads(CREDENTIALS.read_text()) if CREDENTIALS.is_file() else {}
    if role not in known:
        known[role] = secrets.token_urlsafe(24)
        paths.write_atomically(CREDENTIALS, json.dumps(known, indent=1))
    return known[role]


def environment(role: str, database: str | None = None) -> dict[str, str]:
    """libpq's variables to connect as a role."""
    host, port = _external() if is_external() else (HOST, daemon.port)
    variables = {"PGHOST": host, "PGPORT": str(port), "PGUSER": role, "PGPASSWORD": password(role)}
    return variables | ({"PGDATABASE": database} if database else {})


def sql(statements: str, *, role: str = SUPERUSER, database: str = "postgres", **variables: str) -> list[str]:
    """Run SQL through psql (each statement its own transaction) and return the rows, one string each.

    ``:'name'`` and ``:"name"`` in the statements stand for ``variables``, quoted as a value or as an identifier.
    """
    given = [part for name, value in variables.items() for part in ("-v", f"{name}={value}")]
    answer = subprocess.run(
        [_psql(), "-XqAt", "-v", "ON_ERROR_STOP=1", *given],
        input=statements,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment(role, database), "PGCONNECT_TIMEOUT": "10"},
    )
    if answer.returncode:
        raise Failure(f"PostgreSQL refused a statement: {answer.stderr.strip()}", f"look in {daemon.log}")
    return answer.stdout.splitlines()


def connect(role: str, database: str) -> Any:
    """A connection of psycopg2's as this role."""
    import psycopg2  # only the virtual environment has it

    variables = environment(role, database)
    return psycopg2.connect(
        host=variables["PGHOST"],
        port=variables["PGPORT"],
        user=variables["PGUSER"],
        password=variables["PGPASSWORD"],
        dbname=variables["PGDATABASE"],
    )


def _external() -> tuple[str, int]:
    host = os.environ.get("PGHOST")
    if not host:
        raise Failure("CHATWOOTAI_EXTERNAL is set but PGHOST does not name a PostgreSQL server", "export PGHOST=…")
    return host, int(os.environ.get("PGPORT") or 5432)


def _wait_for_external() -> int:
    host, port = _external()
    deadline = time.monotonic() + EXTERNAL_SECONDS
    while not _accepts_queries(port):
        if time.monotonic() > deadline:
            raise Failure(
                f"PostgreSQL at {host}:{port} does not let {SUPERUSER} in", "check the server and the password"
            )
        time.sleep(1)
    return port


def _given_password(role: str) -> str:
    variable = PASSWORD_VARIABLES.get(role, "PGPASSWORD")
    if not os.environ.get(variable):
        raise Failure(f"the password of PostgreSQL's role {role} is not given", f"export {variable}=…")
    return os.environ[variable]


def _psql() -> str:
    return shutil.which("psql") or str(_programs() / "psql")


def _programs() -> Path:
    programs = packages.postgresql_bin(_cluster_version())
    if programs is None:
        packages.ensure(["postgresql"])
        programs = packages.postgresql_bin()
    if programs is None:
        raise Failure(
            "PostgreSQL's server programs are not there", "sudo apt-get install --no-install-recommends postgresql"
        )
    return programs


def _cluster_version() -> str | None:
    try:
        return (DATA / "PG_VERSION").read_text().strip()
    except OSError:
        return None


def _server_user() -> pwd.struct_passwd | None:
    """The unprivileged user for a cluster started by root; None when we are an ordinary user ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Failure("PostgreSQL can't run as root, and there is no user postgres or nobody", "adduser --system postgres")


def _own_directory() -> None:
    paths.private_dir(paths.POSTGRESQL)
    if user := _server_user():
        os.chown(paths.POSTGRESQL, user.pw_uid, user.pw_gid)


def _as_seen_by_server() -> tuple[int | None, str, dict[str, Any]]:
    """How the server reaches its directory: an open descriptor (or None), the path, and subprocess's options."""
    user = _server_user()
    if user is None:
        return None, str(paths.POSTGRESQL), {}
    descriptor = os.open(paths.POSTGRESQL, os.O_RDONLY | os.O_DIRECTORY)
    identity: dict[str, Any] = {
        "user": user.pw_uid,
        "group": user.pw_gid,
        "extra_groups": [],
        "pass_fds": (descriptor,),
        "env": {**os.environ, "HOME": "/"},
    }
    return descriptor, f"/proc/self/fd/{descriptor}", identity


def _initialise(programs: Path) -> None:
    """Make the cluster under a name of its own; it gets its real name once whole."""
    part = paths.POSTGRESQL / "data.part"
    subprocess.run(["rm", "-rf", str(part)], check=True)
    password_file = paths.POSTGRESQL / "password"
    paths.write_atomically(password_file, password(SUPERUSER))
    if user := _server_user():
        os.chown(password_file, user.pw_uid, user.pw_gid)
    descriptor, directory, identity = _as_seen_by_server()
    try:
        _run_initdb(
            [str(programs / "initdb"), "-D", f"{directory}/data.part", f"--pwfile={directory}/password"], identity
        )
    finally:
        password_file.unlink(missing_ok=True)
        if descriptor is not None:
            os.close(descriptor)
    part.rename(DATA)


def _run_initdb(command: Sequence[str], identity: dict[str, Any]) -> None:
    options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", f"--username={SUPERUSER}"]
    made = subprocess.run([*command, *options], capture_output=True, text=True, check=False, cwd="/", **identity)
    if made.returncode:
        raise Failure(f"initdb failed: {(made.stderr or made.stdout).strip()}", "bin/setup, after mending what it says")


def _check_version(programs: Path) -> None:
    cluster = _cluster_version()
    server = subprocess.run([str(programs / "postgres"), "-V"], capture_output=True, text=True, check=True).stdout
    if server.split()[2].split(".")[0] != cluster:
        raise Failure(
            f"the cluster in {DATA} is of PostgreSQL {cluster}, the server here is {server.split()[2]}",
            f"sudo apt-get install --no-install-recommends postgresql-{cluster}",
        )


def _accepts_queries(port: int) -> bool:
    probe = subprocess.run(
        [_psql(), "-XqAt", "-c", "select 1"],
        capture_output=True,
        check=False,
        env={**os.environ, **environment(SUPERUSER, "postgres"), "PGPORT": str(port), "PGCONNECT_TIMEOUT": "5"},
    )
    return probe.returncode == 0
