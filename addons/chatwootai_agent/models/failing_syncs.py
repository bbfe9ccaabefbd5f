"""What the agents know is not the latest: a sync that failed for good is an alert, and over when one succeeds."""

from odoo import api, models

from odoo.addons.chatwootai_mcp.models.company_language import in_company_language
from odoo.addons.chatwootai_mcp.models.own_transaction import in_own_transaction
from odoo.addons.chatwootai_mcp.stores.errors import StoreError
from odoo.addons.queue_job.exception import RetryableJobError

_SETTINGS = "agent_config"


class CompanyServicesProfile(models.Model):
    _inherit = "company.services.profile"

    def _end_failed(self, sentence):
        super()._end_failed(sentence)
        summary = in_company_language(self.env)._("The company profile does not reach the agents")
        self.env["chatwootai.alert"]._raise("failed_sync", summary, sentence, record=self)

    def _end_done(self, revision):
        super()._end_done(revision)
        self.env["chatwootai.alert"]._over(self)


class Knowledge(models.Model):
    _inherit = "chatwootai.knowledge"

    @api.model
    def _note_error(self, collection_type, said):
        super()._note_error(collection_type, said)
        summary = in_company_language(self.env)._("The agents' knowledge could not be brought up to date")
        self.env["chatwootai.alert"]._raise("failed_sync", summary, said, record=self._row(collection_type))

    @api.model
    def _note_done(self, account_id, collection_type, stores):
        super()._note_done(account_id, collection_type, stores)
        self.env["chatwootai.alert"]._over(self._row(collection_type.value))


class AgentConfig(models.AbstractModel):
    _inherit = "chatwootai.agent.config"

    @api.model
    def _job_save_agent_config(self):
        try:
            super()._job_save_agent_config()
        except (RetryableJobError, StoreError) as error:
            in_own_transaction(self.env, _tell_not_saved, str(error))  # the job's own is undone
            raise
        about = [("kind", "=", "failed_sync"), ("key", "=", _SETTINGS), ("state", "=", "open")]
        self.env["chatwootai.alert"].sudo().search(about)._close()


def _tell_not_saved(env, said):
    summary = in_company_language(env)._("The agents' settings do not reach them")
    env["chatwootai.alert"]._raise("failed_sync", summary, said, _SETTINGS)
