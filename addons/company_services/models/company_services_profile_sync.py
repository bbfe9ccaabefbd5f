"""The sync of a profile: which changes were sent, the job that sends them, and what a person reads about it.

Every change of what the snapshot tells raises `revision`. A sync remembers the revision it read and calls the profile
synced only if that is still the current one, so a change made while an older snapshot is under way is not lost.
Every attempt gets a `version` of its own, higher than any before: an attempt that was thought lost and arrives late is
refused by the receiver.
"""

import logging
from typing import NamedTuple

from odoo import api, fields, models, modules
from odoo.exceptions import RedirectWarning, UserError

from odoo.addons.queue_job.exception import RetryableJobError

from ..snapshot.post import post_snapshot
from ..snapshot.verdict import RETRY_SECONDS, Action, Reason, Verdict, retry_delay

_logger = logging.getLogger(__name__)

SYNC_FAILED_ACTIVITY = "company_services.mail_activity_type_sync_failed"

# What the snapshot tells of the profile's own fields. Parts, company and calendar report their changes themselves.
TOLD_FIELDS = {
    "description",
    "lang",
    "share_address",
    "mention_website",
    "resource_calendar_id",
    "tone",
    "use_emoji",
    "greeting",
    "farewell",
    "rating_request",
    "service_sales",
    "service_scheduling",
    "service_delivery",
    "service_support",
}


class Attempt(NamedTuple):
    """All that posting needs, read in one transaction."""

    url: str
    token: str
    document: dict
    revision: int


class CompanyServicesProfile(models.Model):
    _inherit = "company.services.profile"

    sync_state = fields.Selection(
        [("not_synced", "Not synced"), ("syncing", "Syncing"), ("synced", "Synced"), ("error", "Error")],
        string="Sync Status",
        required=True,
        readonly=True,
        default="not_synced",
        copy=False,
    )
    sync_message = fields.Text(readonly=True, copy=False, help="Why the last attempt failed.")
    sync_attempts = fields.Integer(readonly=True, copy=False, help="Failed attempts since Synchronise was pressed.")
    synced_at = fields.Datetime(string="Last Sync", readonly=True, copy=False)
    version = fields.Integer(readonly=True, copy=False, help="Number of the last snapshot that was sent.")
    revision = fields.Integer(readonly=True, copy=False, default=1, help="Counts the changes of the profile.")

    def write(self, vals):
        result = super().write(vals)
        if TOLD_FIELDS & vals.keys():
            self._mark_changed()
        return result

    def _mark_changed(self):
        """Note that the agents do not know the latest any more."""
        for profile in self.sudo():
            profile.write({"revision": profile.revision + 1, "sync_state": "not_synced"})

    # --- Queue

    def action_synchronise(self):
        """The button: check what can be checked without the network, and leave the rest to a job."""
        self.check_access("write")
        self._check_webhook_configured()
        self._queue_sync()

    def _queue_sync(self):
        for profile in self:
            profile._check_speaks_for_account()
            profile.sudo().write({"sync_state": "syncing", "sync_attempts": 0, "sync_message": False})
            identity_key = f"company_services.sync:{profile.id}"
            # A job that waits for its next retry would swallow the new one: let it run now.
            self.env["queue.job"].sudo().search(
                [("identity_key", "=", identity_key), ("state", "=", "pending"), ("eta", "!=", False)]
            ).write({"eta": False})
            profile.with_delay(
                identity_key=identity_key,
                description=self.env._("Synchronise the company profile of %s", profile.company_id.name),
                max_retries=0,  # how often is decided by `retry_delay`, where it is also told
            )._job_sync()

    def _check_webhook_configured(self):
        if self._sync_target() != ("", ""):
            return
        sentence = self.env._(
            "There is no configuration webhook yet. Enter its address and token in the settings, "
            "then synchronise again."
        )
        if self.env.user.has_group("base.group_system"):
            action = self.env.ref("company_services.action_company_services_settings")
            raise RedirectWarning(sentence, action.id, self.env._("Open the settings"))
        raise UserError(sentence)

    def _check_speaks_for_account(self):
        """One database is one account and has one configuration: a second company's would replace the first's."""
        self.ensure_one()
        speaker = self.env["res.company"].sudo().search([], order="id", limit=1)
        if self.sudo().company_id != speaker:
            raise UserError(
                self.env._(
                    "The agents of this database speak for %(speaker)s. A company with agents of its own needs a "
                    "database of its own.",
                    speaker=speaker.name,
                )
            )

    @api.model
    def _sync_target(self):
        url = self.env["ir.config_parameter"].sudo().get_param("company_services.webhook_url") or ""
        return url.strip(), self.env["company.services.webhook"]._token()

    # --- Send

    def _job_sync(self):
        """Send the snapshot (queue job). May run any number of times; the last run wins."""
        profile = self.sudo().exists()
        if not profile:
            return self.env._("The company is gone, there is nothing to send.")
        attempt = profile._begin_attempt()
        # Not while the network is slow: a person's save would wait for the row.
        profile._commit_step()
        verdict = post_snapshot(attempt.url, attempt.token, attempt.document)
        # Read anew: somebody may have changed the profile meanwhile.
        profile.invalidate_recordset()
        delay = profile._end_attempt(verdict, attempt.revision)
        if delay is None:
            return profile.sync_message or self.env._("Version %s is stored.", attempt.document["version"])
        message = profile.sync_message
        profile._commit_step()  # the exception rolls back what is not committed
        raise RetryableJobError(message, seconds=delay)

    def _sync_now(self, deliver=None):
        """Send in the caller's transaction, once, and return the verdict: for commands that wait for the outcome.

        :param deliver: takes the snapshot in place of the webhook, for a command that can store it itself; what it
            raises is the caller's.
        """
        self.ensure_one()
        profile = self.sudo()
        profile._check_speaks_for_account()
        attempt = profile._begin_attempt()
        if deliver:
            deliver(attempt.document)
            verdict = Verdict(Action.DONE, Reason.STORED)
        else:
            verdict = post_snapshot(attempt.url, attempt.token, attempt.document)
        profile._end_attempt(verdict, attempt.revision, may_retry=False)
        return verdict

    def _begin_attempt(self):
        self.version += 1
        url, token = self._sync_target()
        return Attempt(url, token, self._snapshot(), self.revision)

    def _end_attempt(self, verdict, revision, may_retry=True):
        """Write down what became of the attempt; the seconds until the next one, or None when this was the last."""
        if verdict.action is Action.DONE:
            self._end_done(revision)
            return None
        self.sync_attempts += 1
        delay = retry_delay(self.sync_attempts) if may_retry and verdict.action is Action.RETRY else None
        sentence = self._sentence(verdict)
        _logger.info("sync of %s, attempt %s: %s", self, self.sync_attempts, verdict)
        if delay is None:
            self._end_failed(sentence)
        else:
            self.sync_message = self.env._(
                "Attempt %(attempt)s of %(attempts)s: %(sentence)s Next attempt in %(delay)s.",
                attempt=self.sync_attempts,
                attempts=len(RETRY_SECONDS) + 1,
                sentence=sentence,
                delay=self._duration(delay),
            )
        if verdict.stored_version and verdict.stored_version > self.version:
            # If a person then decides that this database is right, the next version will be accepted.
            self.version = verdict.stored_version
        return delay

    def _end_done(self, revision):
        values = {"synced_at": fields.Datetime.now(), "sync_attempts": 0, "sync_message": False}
        if revision == self.revision:
            values["sync_state"] = "synced"
        elif self.sync_state == "error":
            values["sync_state"] = "not_synced"
        self.write(values)
        self.activity_unlink([SYNC_FAILED_ACTIVITY])
        if revision == self.revision:
            self._tell("success", self.env._("The agents know the latest about %s.", self.company_id.name))

    def _end_failed(self, sentence):
        self.write({"sync_state": "error", "sync_message": sentence})
        if not self.activity_search([SYNC_FAILED_ACTIVITY]):
            self.with_context(mail_activity_quick_update=True).activity_schedule(
                SYNC_FAILED_ACTIVITY, note=sentence, user_id=self._responsible_user().id
            )
        self._tell("danger", sentence)

    def _on_job_failed(self, exc_name=None, exc_message=None, exc_info=None):
        """The job itself broke (queue_job's on_fail hook): a person must not wait for a sync that never ends."""
        for profile in self.sudo().exists():
            profile._end_failed(
                self.env._(
                    "The sync stopped unexpectedly. Press Synchronise again; if it stays, show the job queue to "
                    "your administrator."
                )
            )

    @api.model
    def _commit_step(self):
        if not modules.module.current_test:
            self.env.cr.commit()

    # --- What people read

    def _responsible_user(self):
        """Who asked for the sync, or else a manager of the company."""
        managers = self.env.ref("company_services.group_company_services_manager").all_user_ids.filtered(
            lambda user: user.active and not user.share and self.company_id in user.company_ids
        )
        return self.env.user if self.env.user in managers else managers[:1] or self.env.user

    def _tell(self, kind, message):
        self.env.user._bus_send(
            "simple_notification",
            {"type": kind, "title": self.env._("Company profile"), "message": message},
        )

    def _duration(self, seconds):
        if seconds < 60:
            return self.env._("%s seconds", seconds)
        return self.env._("%s minutes", seconds // 60)

    def _sentence(self, verdict):
        """What went wrong and what to do about it, for the person who pressed Synchronise."""
        sentences = {
            Reason.NOT_CONFIGURED: self.env._(
                "The configuration webhook has no address or no token. Enter both in the settings."
            ),
            Reason.BAD_ADDRESS: self.env._(
                "The webhook's address or token in the settings cannot be right. Copy both again."
            ),
            Reason.UNREACHABLE: self.env._("The agents' server does not answer at the webhook's address."),
            Reason.TIMEOUT: self.env._("The agents' server took too long to answer."),
            Reason.CERTIFICATE: self.env._(
                "The certificate of the agents' server is not valid for the webhook's address."
            ),
            Reason.REDIRECTED: self.env._(
                "The webhook's address leads elsewhere. Enter the final address in the settings."
            ),
            Reason.REFUSED: self.env._(
                "The agents' server did not accept the profile: %s", verdict.detail or verdict.status
            ),
            Reason.UNAUTHORISED: self.env._(
                "The agents' server did not accept the token. Enter a new one in the settings."
            ),
            Reason.NOT_FOUND: self.env._("There is no configuration webhook at the address in the settings."),
            Reason.STALE: self._stale_sentence(verdict),
            Reason.SERVER_ERROR: self.env._("The agents' server has a problem of its own (%s).", verdict.status),
            Reason.STRANGE_ANSWER: self.env._(
                "What answers at the webhook's address is not the agents' server (%s). "
                "Check the address in the settings.",
                verdict.status,
            ),
        }
        return sentences[verdict.reason]

    def _stale_sentence(self, verdict):
        """Pressing again helps only if the receiver said which version to go beyond."""
        if verdict.stored_version:
            return self.env._(
                "The agents' server holds a newer profile: another copy of this database sends to it, or this one was "
                "restored from a backup. If this database is the right one, press Synchronise again."
            )
        return self.env._(
            "The agents' server holds a newer profile: another copy of this database sends to it, or this one was "
            "restored from a backup. Ask whoever runs the agents. %s",
            verdict.detail,
        ).strip()
