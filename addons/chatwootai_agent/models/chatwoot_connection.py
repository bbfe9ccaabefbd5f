"""What Chatwoot says of the account, its inboxes, teams and people: fetched by a button, and when an inbox is new."""

from odoo import fields, models

from odoo.addons.chatwootai_mcp.chatwoot.administration import ChatwootAdministration
from odoo.addons.chatwootai_mcp.chatwoot.errors import ChatwootError
from odoo.addons.chatwootai_mcp.models.secret_field import read_secret
from odoo.addons.queue_job.exception import RetryableJobError

from .chatwoot_people import AGENT, TEAM

_FETCH_SECONDS = 8.0  # a person waits for the answer
_RETRY_SECONDS = 60


class ChatwootConnection(models.Model):
    _inherit = "chatwootai.chatwoot.connection"

    inbox_ids = fields.One2many("chatwootai.inbox", "connection_id", "Inboxes")
    hand_off_rule_ids = fields.One2many("chatwootai.hand.off.rule", "connection_id", "Hand-off")

    def _administration(self, token=None):
        """A client that reads what the account holds, with the stored token or the one given."""
        self.ensure_one()
        connection = self.sudo()
        return ChatwootAdministration(
            connection.base_url,
            connection.chatwoot_account,
            token or read_secret(connection, "user_token"),
            read_seconds=_FETCH_SECONDS,
        )

    def action_fetch_inboxes(self):
        """Ask Chatwoot for the account's inboxes, teams and people, and say what was found."""
        self.ensure_one()
        self.check_access("write")
        problem = None
        try:
            self._fetch_inboxes()
        except ChatwootError as error:
            problem = self._explain(error, self.env._("user access token"))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if problem else "success",
                "sticky": bool(problem),
                "title": self.name,
                "message": problem or self._known(),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _fetch_inboxes(self):
        with self._administration() as chatwoot:
            inboxes, teams, agents = chatwoot.inboxes(), chatwoot.teams(), chatwoot.agents()
        self._take_account(inboxes, teams, agents)

    def _take_account(self, inboxes, teams, agents):
        self.env["chatwootai.inbox"].sudo()._take(self, inboxes)
        people = self.env["chatwootai.chatwoot.people"].sudo()
        people._take(self, TEAM, teams)
        people._take(self, AGENT, agents)

    def _known(self):
        people = self.env["chatwootai.chatwoot.people"]
        counts = dict(people._read_group([("connection_id", "=", self.id)], ["kind"], ["__count"]))
        return self.env._(
            "Chatwoot has %(inboxes)s inboxes, %(teams)s teams and %(people)s people.",
            inboxes=len(self.inbox_ids),
            teams=counts.get(TEAM, 0),
            people=counts.get(AGENT, 0),
        )

    def _queue_fetch_inboxes(self):
        self.sudo().with_delay(
            identity_key=f"chatwootai_fetch_inboxes:{self.id}", description=f"Fetch the inboxes of {self.name}"
        )._job_fetch_inboxes()

    def _job_fetch_inboxes(self):
        if not self.exists():
            return "the connection is gone"
        try:
            self._fetch_inboxes()
        except ChatwootError as error:
            if error.retryable:
                raise RetryableJobError(str(error), _RETRY_SECONDS) from error
            return str(error)
        return f"{len(self.inbox_ids)} inboxes"
