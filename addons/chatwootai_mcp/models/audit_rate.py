"""Once an hour: did the hour before have far more calls than this tenant's same hour usually has?"""

from datetime import timedelta

from odoo import api, fields, models

from ..tenancy.unusual_rate import unusual
from .company_language import in_company_language

_DAYS = 14


class ChatwootaiAudit(models.Model):
    _inherit = "chatwootai.audit"

    @api.model
    def _cron_rate(self) -> None:
        ends = fields.Datetime.now().replace(minute=0, second=0, microsecond=0)
        count, *past = self._calls_of_hours([ends - timedelta(days=days, hours=1) for days in range(_DAYS + 1)])
        usual = unusual(count, past)
        if usual is not None:
            env = in_company_language(self.env)
            note = env._(
                "%(count)s calls between %(begins)s and %(ends)s UTC; at this hour it is usually about %(usual)s."
                " The audit shows whose they were.",
                count=count,
                begins=ends - timedelta(hours=1),
                ends=ends,
                usual=usual,
            )
            self.env["chatwootai.alert"]._raise("unusual_rate", env._("Far more calls than usual"), note)

    def _calls_of_hours(self, begins) -> list[int]:
        """How many calls each of these hours had; those before the audit's first row are left out."""
        self.env.cr.execute("SELECT min(at) FROM chatwootai_audit")
        first = self.env.cr.fetchone()[0] or fields.Datetime.now()
        self.env.cr.execute(
            """
            SELECT (SELECT count(*) FROM chatwootai_audit
                    WHERE kind = 'call' AND at >= begins AND at < begins + interval '1 hour')
            FROM unnest(%s::timestamp[]) AS begins
            WHERE begins >= %s OR begins = %s
            ORDER BY begins DESC
            """,
            [begins, first, begins[0]],
        )
        return [count for (count,) in self.env.cr.fetchall()]
