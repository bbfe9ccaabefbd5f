"""What only one tenant has: canaries, one in each place a tenant's data lives, and the calls by which its own key gets
each of them back.

A canary has handles, by which it can be asked for (an id, a code, a telephone number), and a secret, which is never
asked for: wherever a secret appears, it was read.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Canary:
    where: str
    secret: str
    handles: tuple[Any, ...]  # values to ask for it by: int or str
    method: str  # how its own key gets it
    params: Mapping[str, Any]


@dataclass
class Side:
    """A tenant as these tests know it: its ways in, its canaries and its credentials."""

    account_id: str
    key: str
    writing_key: str
    webhook_path: str
    shared_webhook_path: str
    config_path: str
    config_token: str
    chatwoot_account: int
    webhook_secret: str
    tools: list[dict[str, Any]] = field(default_factory=list)
    canaries: list[Canary] = field(default_factory=list)
    credentials: list[str] = field(default_factory=list)  # never to be seen in any answer, file or log
    session: str = ""  # the cookie of its administrator

    @property
    def secrets(self) -> list[str]:
        return [canary.secret for canary in self.canaries]

    @property
    def handles(self) -> list[Any]:
        return [handle for canary in self.canaries for handle in canary.handles]

    @property
    def key_ids(self) -> list[str]:
        return [self.key.split("_")[2], self.writing_key.split("_")[2]]


def plant(side: Side, odoo: Any, chatwoot: Any, call: Any) -> None:
    """Put the canaries in place, in the same order in every tenant, so that they get the same ids.

    :param odoo: an administrator's session
    :param chatwoot: the Chatwoot whose account the tenant's is
    :param call: calls a tool with the tenant's writing key
    """
    for made in (_in_odoo(odoo), _in_configuration(odoo), _in_knowledge(odoo, call), _in_chatwoot(side, chatwoot)):
        side.canaries += made
    odoo.call("company.services.profile", "action_synchronise", odoo.call("company.services.profile", "search", []))


def fresh(side: Side, where: str) -> Canary:
    """One more secret of the tenant's, for what it does itself."""
    made = Canary(where, _secret(), (), "ping", {})
    side.canaries.append(made)
    return made


def _in_odoo(odoo: Any) -> Iterator[Canary]:
    secret, phone, ref = _secret(), _phone(), _handle()
    values = {"name": f"Ana {secret}", "phone": phone, "ref": ref, "email": f"{ref}@example.com", "customer_rank": 1}
    partner = odoo.call("res.partner", "create", {key: values[key] for key in ("name", "phone", "ref", "email")})
    handles = (partner, phone, ref, f"{ref}@example.com")
    yield _tool("record", secret, handles, "read_record", model="res.partner", id=partner)
    yield _tool("record by domain", secret, (), "search_records", model="res.partner", domain=[["ref", "=", ref]])
    yield _tool("customer", secret, (), "find_customer", phone=phone)
    secret, code = _secret(), _handle()
    values = {"name": f"{code} {secret}", "default_code": code, "list_price": 12.5, "description_sale": f"É {secret}"}
    product = odoo.call("product.template", "create", values)
    yield _tool("product", secret, (product, code), "find_products", query=code)
    yield _tool("product in the knowledge", secret, (), "search_knowledge", query=code, collection_type="products")
    secret = _secret()
    times = {"start": "2031-03-03 12:00:00", "stop": "2031-03-03 13:00:00"}
    event = odoo.call("calendar.event", "create", {"name": secret, "privacy": "public", **times})
    fields = ["name", "start"]
    yield _tool("event", secret, (event,), "read_record", model="calendar.event", id=event, fields=fields)


def _in_configuration(odoo: Any) -> Iterator[Canary]:
    secret = _secret()
    [profile] = odoo.call("company.services.profile", "search", [])
    odoo.call("company.services.profile", "write", [profile], {"description": f"Vendemos {secret}"})
    yield _tool("configuration", secret, (profile,), "get_agent_config", config_type="company_metadata")
    uri = "chatwootai://{account_id}/config/company_metadata"
    yield Canary("resource", secret, (), "resources/read", {"uri": uri})
    yield Canary("prompt", secret, (), "prompts/get", {"name": "customer_service"})
    secret, handle = _secret(), _handle()
    rule = {"profile_id": profile, "name": f"Regra {handle}", "description": f"{handle} vale {secret}"}
    made = odoo.call("company.services.rule", "create", rule)
    yield _tool("rule", secret, (made, handle), "active_business_rules")
    yield _tool("rules", secret, (), "get_agent_config", config_type="business_rules")
    yield _tool("rule in the knowledge", secret, (), "search_knowledge", query=handle, collection_type="rules")
    secret = _secret()
    [company] = odoo.call("res.company", "search", [])
    odoo.call("res.company", "write", [company], {"chatwootai_instructions": secret})
    yield _tool("agents' configuration", secret, (company,), "get_agent_config", config_type="agent_config")


def _in_knowledge(odoo: Any, call: Any) -> Iterator[Canary]:
    secret, handle = _secret(), _handle()
    [profile] = odoo.call("company.services.profile", "search", [])
    text = f"# {handle}\nSobre {handle}: {secret}"
    values = {"profile_id": profile, "name": f"Guia {handle}", "kind": "text", "text": text}
    made = odoo.call("company.services.document", "create", values)
    yield _tool("document", secret, (made, handle), "search_knowledge", query=handle)
    yield Canary("document as a resource", secret, (), "resources/read", {"uri": _document_uri(made)})
    secret, handle = _secret(), _handle()
    point = {"payload": {"title": handle, "text": f"{handle} guarda {secret}", "source_id": made}}
    [point_id] = call("upsert_vectors", collection_type="support_documents", points=[point])["ids"]
    yield _tool("vector", secret, (point_id, handle), "search_knowledge", query=handle)
    vector = [1.0] + [0.0] * 511
    search = {"collection_type": "support_documents", "query_vector": vector, "filter": {"title": handle}}
    yield _tool("vector by its payload", secret, (), "search_vectors", **search)


def _in_chatwoot(side: Side, chatwoot: Any) -> Iterator[Canary]:
    secret, phone, name = _secret(), _phone(), _secret()
    message = chatwoot.customer_says(side.chatwoot_account, f"Meu código é {secret}", phone=phone, name=f"Bia {name}")
    number, contact = message.conversation.display_id, message.conversation.contact_id
    yield _tool("message", secret, (number, phone, contact), "list_messages", conversation_id=number)
    yield _tool("contact", name, (), "find_contact", query=phone)
    yield _tool("conversation", name, (), "get_conversation", conversation_id=number)


def _tool(where: str, secret: str, handles: tuple[Any, ...], name: str, **arguments: Any) -> Canary:
    return Canary(where, secret, handles, "tools/call", {"name": name, "arguments": arguments})


def _document_uri(number: int) -> str:
    return f"chatwootai://{{account_id}}/documents/{number}"


def _secret() -> str:
    """A word that chance does not spell, in letters that no store or tokenizer takes apart."""
    return "sq" + secrets.token_hex(9)


def _handle() -> str:
    return "hq" + secrets.token_hex(4)


def _phone() -> str:
    return f"+5511{900000000 + secrets.randbelow(99999999)}"
