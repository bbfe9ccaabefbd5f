"""Leaks by which a call is answered out of another tenant's data."""

from dataclasses import replace

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

from odoo.addons.chatwootai_agent.crews.in_process import InProcessTools
from odoo.addons.chatwootai_mcp.controllers.tenant_offers import TenantOffers
from odoo.addons.chatwootai_mcp.models.chatwoot_connection import ChatwootConnection
from odoo.addons.chatwootai_mcp.servers.call import BorrowedDatabase
from odoo.addons.chatwootai_mcp.servers.orchestrator import Orchestrator
from odoo.addons.chatwootai_mcp.stores import cache_memory, cache_redis
from odoo.addons.chatwootai_mcp.stores.documents_sqlite import SqliteDocumentStore
from odoo.addons.chatwootai_mcp.stores.vectors_edge import EdgeVectorStore

from .switch import look_alike, plant


@plant("the orchestrator believes the account_id among the arguments", Orchestrator, "call")
def call(original, self, principal, name, arguments, **given):
    principal = replace(principal, account_id=arguments.get("account_id", principal.account_id))
    return original(self, principal, name, arguments, **given)


@plant("records are read in another database", BorrowedDatabase, "environment")
def environment(original, self, *bounds):
    own = original(self, *bounds)
    cursor = Registry(look_alike(own.cr.dbname)).cursor()
    return api.Environment(cursor, SUPERUSER_ID, own.context)


@plant("documents of every account lie in one place", SqliteDocumentStore, "get")
def get(original, self, account_id, config_type):
    return original(self, "acme" if account_id.startswith("acme") else account_id, config_type)


@plant("collections are found by their prefix", EdgeVectorStore, "search")
def search(original, self, account_id, collection_type, **given):
    others = original(self, "acme-x", collection_type, **given) if "acme-x".startswith(account_id) else []
    return [*others, *original(self, account_id, collection_type, **given)]


@plant("cache entries are found without their account", cache_redis, "namespace_key")
@plant("cache entries are found without their account", cache_memory, "namespace_key")
def namespace_key(original, account_id, namespace):
    return original("shared", namespace)


@plant("a resource is read of the account its address names", TenantOffers, "read_resource")
def read_resource(original, self, uri):
    self._principal = replace(self._principal, account_id=uri.split("/")[2])
    return original(self, uri)


@plant("Chatwoot is asked with another's token", ChatwootConnection, "client")
def client(original, self, **options):
    with Registry(look_alike(self.env.cr.dbname)).cursor() as cr:
        theirs = api.Environment(cr, SUPERUSER_ID, {})["chatwootai.chatwoot.connection"].search([], limit=1)
        return original(theirs, **options)


@plant("the agents' tools are another account's", InProcessTools, "call_tool")
def call_tool(original, self, name, arguments):
    theirs = replace(self._principal, account_id=look_alike(self._principal.account_id))
    named = {"account_id": theirs.account_id} if "account_id" in arguments else {}
    return original(InProcessTools(theirs), name, {**arguments, **named})
