"""What an entry of the outbox says or does, in words for the people who look at it."""

from odoo import api, fields, models

from ..chatwoot.outbox import Kind

_SUMMARY_LENGTH = 80


class Outbox(models.Model):
    _inherit = "chatwootai.outbox"

    summary = fields.Char(compute="_compute_summary")
    content = fields.Text(compute="_compute_content")
    attachment_ids = fields.Many2many("ir.attachment", compute="_compute_attachment_ids", string="Files")

    @api.depends("content")
    @api.depends_context("lang")
    def _compute_summary(self):
        for entry in self:
            line = " ".join((entry.content or "").split())
            entry.summary = line if len(line) <= _SUMMARY_LENGTH else f"{line[: _SUMMARY_LENGTH - 1]}…"

    @api.depends("kind", "payload")
    @api.depends_context("lang")
    def _compute_content(self):
        for entry in self:
            entry.content = entry._in_words(entry.payload or {})

    @api.depends("payload")
    def _compute_attachment_ids(self):
        for entry in self:
            entry.attachment_ids = entry.files_to_send()

    @api.private
    def files_to_send(self):
        """The files that go along with the message; one that was deleted meanwhile stays behind."""
        self.ensure_one()
        return self.env["ir.attachment"].sudo().browse((self.payload or {}).get("attachment_ids") or []).exists()

    @api.private
    def file_name(self, attachment):
        """What the customer sees the file called: of a field's attachment its own name says nothing."""
        payload = self.payload or {}
        names = dict(zip(payload.get("attachment_ids") or [], payload.get("file_names") or [], strict=False))
        return names.get(attachment.id) or attachment.name

    @api.private
    def words(self):
        """What several entries say, one after the other."""
        return "\n\n".join(entry.content for entry in self.sorted("id"))

    def _in_words(self, payload):
        match self.kind:
            case Kind.STATUS:
                return self._status_in_words(payload)
            case Kind.LABELS:
                return self.env._("Labels: %s", ", ".join(payload["labels"]))
            case Kind.PRIORITY:
                return self.env._("Priority: %s", self._priority_in_words(payload["priority"]))
            case Kind.ASSIGNMENT:
                return self._assignment_in_words(payload)
        choices = [f"• {item['title']}" for item in (payload.get("content_attributes") or {}).get("items") or []]
        files = [self.env._("File: %s", self.file_name(file)) for file in self.files_to_send()]
        return "\n".join([payload.get("content") or "", *choices, *files]).strip()

    def _status_in_words(self, payload):
        names = {
            "open": self.env._("Open"),
            "pending": self.env._("Pending"),
            "resolved": self.env._("Resolved"),
            "snoozed": self.env._("Snoozed"),
        }
        status = names.get(payload["status"], payload["status"])
        if not payload.get("when"):
            return self.env._("Status: %s", status)
        when = names.get(payload["when"], payload["when"])
        return self.env._("Status: %(status)s (only if still %(when)s)", status=status, when=when)

    def _priority_in_words(self, priority):
        names = {
            "low": self.env._("Low"),
            "medium": self.env._("Medium"),
            "high": self.env._("High"),
            "urgent": self.env._("Urgent"),
        }
        return names.get(priority, priority or self.env._("none"))

    def _assignment_in_words(self, payload):
        if payload.get("team_id"):
            return self.env._("Assigned to team number %s", payload["team_id"])
        if payload.get("assignee_id"):
            return self.env._("Assigned to person number %s", payload["assignee_id"])
        return self.env._("Assigned to nobody")
