"""The tenant's configuration documents as resources."""

import json

from ..tenancy.account import ConfigType
from .call import Call
from .offers import Resource, ResourceSource
from .orchestrator import UnknownName

_RESOURCES = (
    Resource("company_metadata", "Company", "Name, address, opening hours, style and services"),
    Resource("business_rules", "Business rules", "All rules of the company, also those of other times"),
    Resource("agent_config", "Agents", "How the agents work"),
)


class ConfigurationResources(ResourceSource):
    server = "mongodb"
    folder = "config"
    variable = "config_type"
    title = "Configuration"
    description = "One of the company's configuration documents"
    mime_type = "application/json"

    def list(self, call: Call) -> tuple[Resource, ...]:
        return _RESOURCES

    def read(self, call: Call, name: str) -> str:
        if name not in list(ConfigType):
            raise UnknownName(name)
        document = call.stores.documents.get(call.account_id, ConfigType(name))
        if document is None:
            raise UnknownName(name)
        return json.dumps(document, ensure_ascii=False, indent=1)
