"""MCP-MongoDB: the tenant's configuration documents."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from ..stores.documents import StoredConfig
from ..stores.schemas import AgentConfig, active_rules, parse_document
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
    title="List configurations",
    read_only=True,
    returns={"configs": {"type": "array", "items": {"type": "object"}}},
)
def list_agent_configs(call: Call) -> dict[str, Any]:
    """List the company's configuration documents: which are stored, in which version, how many, and since when."""
    stored = {described.config_type: described for described in call.stores.documents.describe(call.account_id)}
    return {"configs": [_described(config_type, stored.get(config_type)) for config_type in ConfigType]}


@tool(
    "mongodb",
    title="Save agent_config",
    destructive=True,
    returns={"version": {"type": "integer"}},
)
def save_agent_config(
    call: Call,
    config: Annotated[
        dict[str, Any],
        Field(
            description="Whole document; what is left out gets its default: channels {name: {enabled}}, specialists"
            " [sales|support|scheduling|delivery], instructions, max_steps, turn_seconds, hand_off {message, team_id},"
            " llm {model, base_url, json_schema}. With the version you read, it is saved only if that is still stored."
        ),
    ],
    config_type: Annotated[
        Literal["agent_config"], Field(description="The others are the company's profile in Odoo")
    ] = "agent_config",
) -> dict[str, Any]:
    """Replace the document agent_config: how the agents work. Saving the agents' settings in Odoo replaces it again."""
    given = {key: value for key, value in config.items() if key != "account_id"}
    if config.get("account_id", call.account_id) != call.account_id:
        raise ToolError("config.account_id must be the account of your key.")
    stored = call.stores.documents.get(call.account_id, ConfigType.AGENT_CONFIG)
    version = int(stored["version"]) if isinstance(stored, dict) else 0
    if given.pop("version", version) != version:
        raise ToolError(f"Version {version} is stored meanwhile: read it again, and change that.")
    document = parse_document(AgentConfig, {**given, "version": version + 1})
    with call.stores.cache.writing(call.account_id, config_type):
        call.stores.documents.save_agent_config(call.account_id, document)
    return {"version": document.version}


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


def _described(config_type: ConfigType, stored: StoredConfig | None) -> dict[str, Any]:
    if stored is None:
        return {"config_type": config_type.value, "stored": False}
    return {
        "config_type": config_type.value,
        "stored": True,
        "version": stored.version,
        "documents": stored.documents,
        "stored_at": stored.stored_at.isoformat(timespec="seconds") if stored.stored_at else None,
    }


def _stored(call: Call, config_type: ConfigType) -> Any:
    document = call.stores.documents.get(call.account_id, config_type)
    if document is None:
        raise ToolError(_NEVER_STORED.format(config_type.value))
    return document
