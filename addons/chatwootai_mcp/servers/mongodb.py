"""MCP-MongoDB: the tenant's configuration, as its Odoo synchronised it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from ..stores.schemas import active_rules
from ..tenancy.account import ConfigType
from .call import Call
from .tool import ToolError, tool

_NEVER_STORED = (
    "There is no {} for this account yet. Fill in the company's profile in Odoo and press Synchronise"
    " (agent_config: save the agents' settings)."
)


def _by_config_type(arguments: Mapping[str, Any]) -> str:
    return str(arguments["config_type"])


@tool(
    "mongodb",
    title="Get configuration",
    read_only=True,
    cache_namespace=_by_config_type,
    returns={"config": {"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]}},
)
def get_agent_config(
    call: Call,
    config_type: Annotated[
        Literal["company_metadata", "business_rules", "agent_config"],
        Field(
            description="company_metadata: name, address, opening hours, style, services;"
            " business_rules: the list of rules; agent_config: how the agents work"
        ),
    ],
) -> dict[str, Any]:
    """Get one configuration document of the company (business_rules is a list of them)."""
    return {"config": _stored(call, ConfigType(config_type))}


@tool(
    "mongodb",
    title="Active business rules",
    read_only=True,
    returns={"rules": {"type": "array", "items": {"type": "object"}}},
)
def active_business_rules(
    call: Call,
    service: Annotated[
        Literal["general", "sales", "scheduling", "delivery", "support"] | None,
        Field(description="Only rules of this service, and the general ones"),
    ] = None,
) -> dict[str, Any]:
    """List the company's rules in force today: permanent ones, scheduling rules, temporary ones within their dates."""
    metadata = call.stores.documents.get(call.account_id, ConfigType.COMPANY_METADATA)
    zone = metadata.get("timezone") if isinstance(metadata, dict) else None
    today = datetime.now(ZoneInfo(zone or "UTC")).date()
    rules = active_rules(_stored(call, ConfigType.BUSINESS_RULES), today)
    return {"rules": [rule for rule in rules if service is None or rule["service"] in (service, "general")]}


def _stored(call: Call, config_type: ConfigType) -> Any:
    document = call.stores.documents.get(call.account_id, config_type)
    if document is None:
        raise ToolError(_NEVER_STORED.format(config_type.value))
    return document
