"""Who is calling: the tenant, the Odoo user it runs as, and what it may reach."""

from dataclasses import dataclass

SERVERS = ("odoo", "qdrant", "mongodb", "chatwoot")


@dataclass(frozen=True)
class Principal:
    """Made from a credential and a database, never from what a model or a customer said."""

    account_id: str
    user_id: int
    actor: str  # for the audit: "key:<key id>" or "agent:<turn>"
    servers: frozenset[str]
    write: bool
    conversation_id: int | None = None  # of the crew that answers a customer: the conversation it is bound to

    def may_reach(self, server: str) -> bool:
        return server in self.servers
