"""The tenant's agent_config document: built from the company's settings, kept in the document store."""

from odoo import api, models

from odoo.addons.chatwootai_mcp.servers.stores_of_process import get_stores
from odoo.addons.chatwootai_mcp.stores.errors import StoreUnavailable
from odoo.addons.chatwootai_mcp.stores.schemas import AgentConfig, parse_document
from odoo.addons.chatwootai_mcp.tenancy.account import ConfigType, parse_account_id
from odoo.addons.queue_job.exception import RetryableJobError

from ..crews.intent import SPECIALISTS
from ..crews.registry import CREWS


class ChatwootaiAgentConfig(models.AbstractModel):
    _name = "chatwootai.agent.config"
    _description = "Configuration of the agents, as they read it"

    @api.model
    def _document(self):
        """The document of this database's company. Its services are the company profile's to switch, not this one's."""
        company = self.env["res.company"].sudo().search([], order="id", limit=1)
        return {
            "version": max(1, company.chatwootai_agent_config_version),
            "channels": {channel: {"enabled": True} for channel in CREWS},
            "specialists": list(SPECIALISTS),
            "instructions": company.chatwootai_instructions or "",
            "max_steps": company.chatwootai_max_steps,
            "turn_seconds": company.chatwootai_turn_seconds,
            "hand_off": {"message": company.chatwootai_hand_off_message or ""},
            "llm": {
                "model": company.chatwootai_llm_model,
                "base_url": (company.chatwootai_llm_base_url or "").strip() or None,
                "json_schema": company.chatwootai_llm_json_schema,
            }
            if company.chatwootai_llm_model
            else None,
        }

    @api.model
    def _save_agent_config(self):
        """Store the document now, and let no cached one be read after."""
        account_id = parse_account_id(self.env.cr.dbname)
        document = parse_document(AgentConfig, self._document())
        stores = get_stores()
        with stores.cache.writing(account_id, ConfigType.AGENT_CONFIG.value):
            stores.documents.save_agent_config(account_id, document)

    @api.model
    def _queue_save(self):
        """Store it once the transaction is through: a store that is down delays the agents, not the form."""
        self.sudo().with_delay(identity_key="chatwootai_save_agent_config")._job_save_agent_config()

    @api.model
    def _job_save_agent_config(self):
        try:
            self._save_agent_config()
        except StoreUnavailable as error:
            raise RetryableJobError(str(error), seconds=30, ignore_retry=True) from error
