"""Leaks by which what one tenant does is left where another's things are, or where anybody's eyes are."""

import json
import logging
import uuid
from pathlib import Path

from odoo.modules.registry import Registry

from odoo.addons.chatwootai_mcp.log_files import TenantFiles
from odoo.addons.chatwootai_mcp.servers import metrics
from odoo.addons.chatwootai_mcp.servers.audit_trail import AuditTrail
from odoo.addons.chatwootai_mcp.servers.orchestrator import Orchestrator
from odoo.addons.chatwootai_mcp.settings import get_settings
from odoo.addons.chatwootai_mcp.stores.cache_redis import RedisCache
from odoo.addons.chatwootai_mcp.stores.vectors_edge import EdgeVectorStore

from .switch import look_alike, plant

_logger = logging.getLogger(__name__)


@plant("audit rows go to another database", AuditTrail, "append")
def append(original, self, account_id, event):
    return original(self, look_alike(account_id), event)


@plant("a job is queued in another database", Orchestrator, "call")
def queue(original, self, principal, name, arguments, **given):
    with Registry(look_alike(principal.account_id)).cursor() as cr:
        cr.execute(
            "INSERT INTO queue_job (uuid, state, func_string) VALUES (%s, 'done', %s)",
            [str(uuid.uuid4()), f"work for {principal.account_id}: {name}"],
        )
    return original(self, principal, name, arguments, **given)


@plant("a row is written into another database", Orchestrator, "call")
def write_row(original, self, principal, name, arguments, **given):
    with Registry(look_alike(principal.account_id)).cursor() as cr:
        cr.execute(
            "INSERT INTO ir_logging (type, name, level, message, path, func, line) VALUES"
            " ('server', 'leak', 'INFO', %s, '', '', '')",
            [json.dumps(arguments)],
        )
    return original(self, principal, name, arguments, **given)


@plant("vectors are stored in another's folder", EdgeVectorStore, "upsert")
def upsert(original, self, account_id, collection_type, points):
    folder = Path(get_settings().data_dir) / "vectors" / f"{look_alike(account_id)}_products"
    (folder / "stray").write_text(json.dumps([point.payload for point in points]))
    return original(self, account_id, collection_type, points)


@plant("a cache entry bears another's name", RedisCache, "set")
def cache_set(original, self, account_id, namespace, key, value, ttl, generation):
    self._client.set(f"{look_alike(account_id)}:stray", json.dumps(value))
    return original(self, account_id, namespace, key, value, ttl, generation)


@plant("calls are logged with their arguments", Orchestrator, "call")
def log(original, self, principal, name, arguments, **given):
    _logger.info("%s of %s with %s", name, principal.account_id, arguments)
    return original(self, principal, name, arguments, **given)


@plant("metrics are labelled with arguments", Orchestrator, "call")
def label(original, self, principal, name, arguments, **given):
    metrics.observe_call(principal.account_id, str(arguments), "success", 0.0)
    return original(self, principal, name, arguments, **given)


@plant("log lines go to another's file", TenantFiles, "_file")
def log_file(original, self, account_id):
    return original(self, look_alike(account_id))
