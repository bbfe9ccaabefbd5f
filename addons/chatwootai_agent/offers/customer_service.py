"""The tenant's customer-service prompt: what its own agents are told, for whoever answers in their place."""

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from odoo.addons.chatwootai_mcp.servers.call import Call
from odoo.addons.chatwootai_mcp.servers.offers import Prompt, PromptArgument
from odoo.addons.chatwootai_mcp.servers.tool import ToolError
from odoo.addons.chatwootai_mcp.stores.schemas import active_rules
from odoo.addons.chatwootai_mcp.tenancy.account import ConfigType

from ..crews.intent import SPECIALISTS
from ..crews.prompts import Prompts, customer_message
from ..crews.reply import Customer


class CustomerServicePrompt(Prompt):
    server = "mongodb"
    name = "customer_service"
    title = "Customer service"
    description = "Answer a customer as this company does: its style, opening hours, facts and rules in force now"
    arguments = (
        PromptArgument("service", "What the customer wants; support when left out", values=tuple(SPECIALISTS)),
        PromptArgument("customer_name", "Who writes"),
        PromptArgument("message", "What the customer wrote"),
    )

    def messages(self, call: Call, arguments: Mapping[str, str]) -> list[dict]:
        name = arguments.get("customer_name")
        told = self._prompts(call).specialist(
            arguments.get("service") or "support", Customer(name=name) if name else None
        )
        parts = [f"{told.role}: {told.goal}", told.backstory]
        if arguments.get("message"):
            parts.append(customer_message(arguments["message"]))
        return [{"role": "user", "content": {"type": "text", "text": "\n\n".join(parts)}}]

    def _prompts(self, call: Call) -> Prompts:
        documents = call.stores.documents
        metadata = documents.get(call.account_id, ConfigType.COMPANY_METADATA)
        if metadata is None:
            raise ToolError("The company's profile was never synchronised: press Synchronise in Odoo.")
        agents = documents.get(call.account_id, ConfigType.AGENT_CONFIG) or {}
        now = datetime.now(UTC).astimezone(ZoneInfo(metadata.get("timezone") or "UTC"))
        services = metadata.get("services") or {}
        return Prompts(
            metadata,
            active_rules(documents.get(call.account_id, ConfigType.BUSINESS_RULES) or [], now.date()),
            instructions=str(agents.get("instructions") or ""),
            specialists=[name for name in agents.get("specialists") or SPECIALISTS if services.get(name)],
            now=now,
        )
