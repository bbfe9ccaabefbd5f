"""A support document as it was read: its text, or why it has none. A file is read once per content."""

import base64
import hashlib

from odoo import api, fields, models

from ..knowledge.extraction import Unreadable, extract_text


class ChatwootaiKnowledgeDocument(models.Model):
    _name = "chatwootai.knowledge.document"
    _description = "Support document as the agents read it"
    _order = "state desc, id"
    _rec_name = "document_id"

    document_id = fields.Many2one(
        "company.services.document", "Document", required=True, readonly=True, index=True, ondelete="cascade"
    )
    checksum = fields.Char(readonly=True, help="Of the content that was read.")
    text = fields.Text(readonly=True)
    state = fields.Selection([("readable", "Readable"), ("unreadable", "Not readable")], required=True, readonly=True)
    reason = fields.Selection(
        [
            ("too_large", "It is too large. Split it, or keep only what customers ask about."),
            ("unknown_type", "It is no PDF, Word, HTML or text file."),
            ("broken", "It can't be read; perhaps it is damaged. Open it, save it anew, and upload that."),
            ("encrypted", "It is protected by a password. Upload a copy without one."),
            ("no_text", "It holds no text, perhaps only pictures of pages. Upload a version with text."),
            ("too_slow", "It takes too long to read. Split it."),
        ],
        readonly=True,
    )

    _document_unique = models.Constraint("UNIQUE(document_id)", "A document is read once.")

    @api.model
    def _read_documents(self, documents):
        """The readings of these documents, made anew for those whose content changed."""
        readings = {reading.document_id: reading for reading in self.sudo().search([])}
        result = self.browse()
        for document in documents:
            result |= self._read_document(document, readings.get(document, self.browse()))
        return result

    @api.model
    def _read_document(self, document, reading):
        checksum = self._checksum(document)
        if reading.checksum == checksum:
            return reading
        values = {"checksum": checksum, "text": False, "state": "readable", "reason": False}
        try:
            values["text"] = self._text_of(document)
        except Unreadable as unreadable:
            values |= {"state": "unreadable", "reason": unreadable.reason}
        if reading:
            reading.write(values)
            return reading
        return self.sudo().create({"document_id": document.id, **values})

    def _checksum(self, document):
        """Of what would be read, without reading it: an attachment knows its own."""
        if document.kind == "text":
            return f"text:{hashlib.sha256((document.text or '').encode()).hexdigest()}"
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [("res_model", "=", document._name), ("res_id", "=", document.id), ("res_field", "=", "file")], limit=1
            )
        )
        return f"file:{document.filename}:{attachment.checksum}"

    def _text_of(self, document):
        if document.kind == "text":
            return document.text
        content = base64.b64decode(document.with_context(bin_size=False).file or b"")
        document.invalidate_recordset(["file"])  # one file in memory at a time
        return extract_text(document.filename or "", content).replace("\x00", "")
