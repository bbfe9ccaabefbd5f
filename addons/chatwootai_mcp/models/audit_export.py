"""The audit of a period as a file: JSON lines, compressed, made by a job and kept until it is deleted."""

import base64
import gzip
import io
from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AuditExport(models.Model):
    _name = "chatwootai.audit.export"
    _inherit = ["chatwootai.audited"]
    _description = "Export of the audit"
    _order = "id desc"
    _rec_name = "filename"

    since = fields.Date("From", required=True, default=lambda self: fields.Date.today() - timedelta(days=30))
    until = fields.Date(
        "Until",
        required=True,
        default=lambda self: fields.Date.today(),
        help="This day too. Days are those of UTC.",
    )
    state = fields.Selection(
        [("new", "New"), ("queued", "Being made"), ("done", "Ready"), ("failed", "Failed")],
        required=True,
        readonly=True,
        default="new",
    )
    row_count = fields.Integer("Rows", readonly=True)
    file = fields.Binary(attachment=True, readonly=True, copy=False)
    filename = fields.Char("File name", compute="_compute_filename", store=True)

    @api.depends("since", "until")
    def _compute_filename(self):
        for export in self:
            export.filename = f"audit-{self.env.cr.dbname}-{export.since}-{export.until}.jsonl.gz"

    @api.constrains("since", "until")
    def _check_period(self):
        for export in self:
            if export.until < export.since:
                raise ValidationError(self.env._("The period ends before it begins."))

    def action_export(self):
        """Have the file made; the state tells when it is there."""
        for export in self:
            export.state = "queued"
            export.with_delay(
                identity_key=f"chatwootai.audit.export:{export.id}",
                description=self.env._("Export the audit"),
            )._job_export()

    def _on_export_failed(self, **_failure):
        """The job itself broke (queue_job's on_fail hook): nobody shall wait for a file that is never made."""
        self.sudo().exists().state = "failed"

    def _job_export(self):
        export = self.sudo().exists()
        if not export:
            return
        begins = datetime.combine(export.since, time.min)
        ends = datetime.combine(export.until + timedelta(days=1), time.min)
        packed, count = io.BytesIO(), 0
        with gzip.open(packed, "wt", encoding="utf-8") as file:
            for line in self.env["chatwootai.audit"].sudo()._lines(begins, ends):
                file.write(line + "\n")
                count += 1
        export.write({"state": "done", "row_count": count, "file": base64.b64encode(packed.getvalue())})
