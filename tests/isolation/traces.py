"""What is left of a tenant's data where it lies: databases, files, Redis, the log, metrics. Each scan is one function
that tells of every trace of one tenant where only another's should be.
"""

import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import redis
from stack import instance as instances
from stack import packages, postgres
from stack.instance import Instance

from tests.served_stack import Stack, instance_name

from .canaries import Side
from .crossing import Request
from .pure import METRICS_AUDIENCE, Keyring, mint_webhook_token, new_token_id
from .watch import Answer, described, found_in, send


def instance() -> Instance:
    return Instance(instance_name())


def settings() -> dict[str, str]:
    return instances.read_environment(instance().environment_file)


def keyring() -> Keyring:
    return Keyring([part for part in settings()["CHATWOOTAI_SECRET_KEY"].split(",") if part])


def in_database(own: Side, other: Side) -> Iterator[str]:
    """All rows of all tables: records, conversations, jobs, audit, alerts, attachments."""
    text = _dumped(own.account_id)
    if missing := _missing(text, own):
        raise AssertionError(f"the dump of {own.account_id} lacks its own {missing}: this scan proves nothing")
    if words := found_in(text, [*other.secrets, *other.credentials, *other.key_ids]):
        yield described(f"the database of {own.account_id}", words, other)
    if words := found_in(text, own.credentials):
        yield described(f"the database of {own.account_id}, in clear,", words, own)


def in_jobs(own: Side, other: Side) -> Iterator[str]:
    """Jobs are of their own tenant, and speak of no other."""
    rows = _query(
        own.account_id,
        "SELECT coalesce(records::text, '') || coalesce(args::text, '') ||"
        " coalesce(kwargs::text, '') || coalesce(func_string, '') || coalesce(exc_info, '') FROM queue_job",
    )
    if not rows:
        raise AssertionError(f"{own.account_id} has had no job: this scan proves nothing")
    for row in rows:
        if _named(other.account_id).search(row) or found_in(row, other.secrets):
            yield f"a job of {own.account_id} speaks of {other.account_id}: {row[:300]}"


def in_audit(own: Side, other: Side) -> Iterator[str]:
    """Whoever acted in a tenant was one of its own."""
    actors = set(_query(own.account_id, "SELECT DISTINCT actor FROM chatwootai_audit WHERE actor LIKE 'key:%'"))
    if not actors & {f"key:{key_id}" for key_id in own.key_ids}:
        raise AssertionError(f"the audit of {own.account_id} knows no call of its own: this scan proves nothing")
    yield from (
        f"{each} of {other.account_id} acted in {own.account_id}"
        for each in actors
        if each.removeprefix("key:") in other.key_ids
    )


def in_files(own: Side, other: Side) -> Iterator[str]:
    """Files and folders that bear the tenant's name exactly, and none that bears no tenant's."""
    data = instance().data_dir
    mine = [path for path in _files(data) if _owner(path.relative_to(data)) == own.account_id]
    texts = {path: _written(path) for path in mine}
    if not any(found_in(text, own.secrets) for text in texts.values()):
        raise AssertionError(f"no file of {own.account_id} holds a canary: this scan proves nothing")
    for path, text in texts.items():
        if words := found_in(text, [*other.secrets, *other.credentials]):
            yield described(str(path.relative_to(data)), words, other)
    for path in _files(data):
        if _owner(path.relative_to(data)) is None and (words := found_in(_written(path), other.secrets)):
            yield described(f"{path.relative_to(data)}, which is nobody's,", words, other)


def in_log_files(own: Side, other: Side) -> Iterator[str]:
    """Each line of a tenant's log file was written for it, and names nothing of another's."""
    lines = (instance().data_dir / "chatwootai" / "logs" / f"{own.account_id}.log").read_text().splitlines()
    theirs = _named(other.account_id)
    if not any(_named(own.account_id).search(line) for line in lines):
        raise AssertionError(f"the log file of {own.account_id} has no line of its own: this scan proves nothing")
    for line in lines:
        if theirs.search(line) or found_in(line, [*other.secrets, *other.credentials, *other.key_ids]):
            yield f"the log file of {own.account_id} speaks of {other.account_id}: {line[:300]}"


def in_turns(stack: Stack, own: Side, other: Side) -> Iterator[str]:
    """A customer who asks for what is the other's is told nothing of it, nor is the model that answers."""
    words = [handle for handle in other.handles if isinstance(handle, str)]
    for asked in (f"Qual o preço de {_product(other)}?", f"Quero saber de {' '.join(words)} {_product(other)}"):
        if found := found_in(_turn(stack, own, asked, _product(other)), other.secrets):
            yield described(f"the agents of {own.account_id}, asked {asked[:60]!r},", found, other)
    if not found_in(_turn(stack, own, f"Qual o preço de {_product(own)}?", _product(own)), own.secrets):
        raise AssertionError(f"the agents of {own.account_id} do not find their own: this scan proves nothing")


def _turn(stack: Stack, own: Side, asked: str, handle: str) -> str:
    """All that a customer is told of a question, and that the model is shown of it."""
    before = len(stack.model.requests)
    phone = f"+5511{900000000 + secrets.randbelow(99999999)}"
    message = stack.chatwoot.customer_says(own.chatwoot_account, asked, phone=phone, name="Zeca")
    stack.chatwoot.wait_for_reply(message.conversation, message.id, 60)
    told = [str(each.content) for each in message.conversation.messages]
    shown = [text for request in list(stack.model.requests)[before:] if handle in (text := str(request))]
    return "\n".join((*told, *shown))


def _product(side: Side) -> str:
    return next(str(canary.handles[1]) for canary in side.canaries if canary.where == "product")


def in_redis(own: Side, other: Side) -> Iterator[str]:
    """Every entry begins with its owner's name and a colon, and holds nothing of another's."""
    client = redis.Redis.from_url(settings()["CHATWOOTAI_REDIS_URL"])
    held = False
    for key in client.scan_iter(count=1000):
        owner = key.decode(errors="replace").split(":", 1)[0]
        text = key + _value(client, key)
        held = held or (owner == own.account_id and bool(found_in(text, own.secrets)))
        if owner != other.account_id and (words := found_in(text, other.secrets)):
            yield described(f"the cache entry {key!r}", words, other)
    if not held:
        raise AssertionError(f"Redis holds nothing of {own.account_id}: this scan proves nothing")


def empty_redis() -> None:
    """A cache and counters: nothing in it needs to survive."""
    redis.Redis.from_url(settings()["CHATWOOTAI_REDIS_URL"]).flushdb()


def in_log(log: Path, start: int, *sides: Side) -> Iterator[str]:
    """At info level the log tells of no tenant's content, to say nothing of the other's."""
    text = log.read_bytes()[start:]
    for side in sides:
        if words := found_in(text, [*side.secrets, *side.credentials]):
            yield described("the log", words, side)


def in_metrics(port: int, *sides: Side) -> Iterator[str]:
    """The operator's metrics have tenants for labels, and nothing of what tenants have."""
    token = mint_webhook_token(keyring(), METRICS_AUDIENCE, new_token_id())
    asked = Request("metrics", "GET", "/chatwootai/metrics", {"Authorization": f"Bearer {token}"})
    told = send(port, asked)
    if told.status != 200 or b'account="acme"' not in told.body:
        raise AssertionError(f"the metrics count nothing: {told.status}")
    for side in sides:
        if words := found_in(told.body, [*side.secrets, *side.credentials, *_words(side)]):
            yield described("the metrics", words, side)


def in_health(port: int, *sides: Side) -> Iterator[str]:
    told: Answer = send(port, Request("health", "GET", "/chatwootai/health"))
    for side in sides:
        if side.account_id in told.whole:
            yield f"health tells of {side.account_id}"


def _named(account_id: str) -> re.Pattern[str]:
    """The account's name standing alone: ``acme`` is not found in ``acme-x``."""
    return re.compile(rf"(?<![a-z0-9-]){account_id}(?![a-z0-9-])")


def _words(side: Side) -> list[str]:
    return [each for each in side.handles if isinstance(each, str)]


def _missing(text: str, side: Side) -> list[str]:
    """Canaries that are rows, but for the contact, which its own tenant may have written over by now."""
    rows = ("product", "event", "rule", "document", "configuration", "message")
    return [canary.where for canary in side.canaries if canary.where in rows and canary.secret not in text]


def _dumped(account_id: str) -> str:
    program = Path(packages.postgresql_bin() or "") / "pg_dump"
    environment = {**os.environ, **postgres.environment(postgres.SUPERUSER, account_id)}
    done = subprocess.run([str(program), "--data-only"], env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def _query(account_id: str, query: str) -> list[str]:
    return postgres.sql(query, database=account_id)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _written(path: Path) -> bytes:
    """What was written into a file: the embedded vectors' are hundreds of megabytes of holes."""
    parts = []
    with path.open("rb") as file:
        end, start = os.fstat(file.fileno()).st_size, 0
        while start < end:
            try:
                start = os.lseek(file.fileno(), start, os.SEEK_DATA)
                hole = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            except OSError:  # nothing but a hole is left
                break
            parts.append(os.pread(file.fileno(), hole - start, start))
            start = hole
    return b"".join(parts)


def _owner(path: Path) -> str | None:
    """Whose a file below the data directory is, by the name that stands alone in its place."""
    match path.parts:
        case ["filestore", account_id, *_]:
            return account_id
        case ["chatwootai", "documents" | "logs", name, *_]:
            return name.split(".", 1)[0]
        case ["chatwootai", "vectors", name, *_]:
            return name.split("_", 1)[0]
        case ["sessions", *_]:
            return ""
    return None


def _value(client: redis.Redis, key: bytes) -> bytes:
    match client.type(key):
        case b"string":
            return client.get(key) or b""
        case b"hash":
            return b" ".join(part for pair in client.hgetall(key).items() for part in pair)
        case b"set":
            return b" ".join(client.smembers(key))
        case b"zset":
            return b" ".join(client.zrange(key, 0, -1))
        case b"list":
            return b" ".join(client.lrange(key, 0, -1))
    return b""


def content_of(side: Side) -> dict[str, list[str]]:
    """What a stranger's write would change: contacts, products, rules, documents, agents' settings, vectors."""
    return {table: _query(side.account_id, query) for table, query in _CONTENT.items()} | {
        "files": [f"{path.name}: {path.stat().st_size}" for path in sorted(_documents_of(side))]
    }


_CONTENT = {
    "res_partner": "SELECT id, name, ref, phone, email FROM res_partner ORDER BY id",
    "product_template": "SELECT id, name, default_code, list_price FROM product_template ORDER BY id",
    "company_services_rule": "SELECT id, name, description, active FROM company_services_rule ORDER BY id",
    "company_services_document": "SELECT id, name, text FROM company_services_document ORDER BY id",
    "chatwootai_outbox": "SELECT count(*) FROM chatwootai_outbox",
    "chatwootai_mcp_key": "SELECT id, key_id, active FROM chatwootai_mcp_key ORDER BY id",
}


def _documents_of(side: Side) -> list[Path]:
    return [instance().data_dir / "chatwootai" / "documents" / f"{side.account_id}.sqlite"]


def left_of(account_id: str, words: list[str]) -> Iterator[str]:
    """Where any of the words of a tenant that was dropped stands, now that there is another of its name."""
    if found_in(_dumped(account_id), words):
        yield f"the database of {account_id}"
    data = instance().data_dir
    yield from (str(path.relative_to(data)) for path in _files(data) if found_in(_written(path), words))
    client = redis.Redis.from_url(settings()["CHATWOOTAI_REDIS_URL"])
    yield from (repr(key) for key in client.scan_iter(count=1000) if found_in(key + _value(client, key), words))


def rows(account_id: str, query: str) -> list[str]:
    return _query(account_id, query)


def expire_key(account_id: str, key_id: str) -> None:
    """Let time pass for a key; the server is to read it for the first time after this."""
    postgres.sql(
        "UPDATE chatwootai_mcp_key SET expires_on = now() - interval '1 day' WHERE key_id = :'key_id';",
        database=account_id,
        key_id=key_id,
    )
