"""A document the agents look things up in: text written here, or a file."""

from pathlib import PurePath

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import human_size

FILE_TYPES = (".pdf", ".docx", ".txt", ".md", ".html", ".htm")
MAX_BYTES = 10 * 1024 * 1024


class CompanyServicesDocument(models.Model):
    _name = "company.services.document"
    _description = "Support Document"
    _inherit = ["company.services.part"]
    _order = "sequence, id"

    name = fields.Char(string="Title", required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection([("text", "Text"), ("file", "File")], string="Source", required=True, default="text")
    text = fields.Text(help="What the agents can look up. Headings and short paragraphs are found best.")
    file = fields.Binary(attachment=True)
    filename = fields.Char(string="File Name")

    @api.onchange("file", "filename")
    def _onchange_file(self):
        if self.filename and not self.name:
            self.name = PurePath(self.filename).stem.replace("_", " ")

    @api.constrains("kind", "text", "file", "filename")
    def _check_content(self):
        for document in self:
            if document.kind == "text":
                if not (document.text or "").strip():
                    raise ValidationError(self.env._("Write the text of the document “%s”.", document.name))
                continue
            content = document.with_context(bin_size=False).file
            if not content:
                raise ValidationError(self.env._("Choose the file of the document “%s”.", document.name))
            if PurePath(document.filename or "").suffix.lower() not in FILE_TYPES:
                raise ValidationError(
                    self.env._(
                        "The agents cannot read “%(file)s”. Files they can read: %(types)s.",
                        file=document.filename or document.name,
                        types=", ".join(FILE_TYPES),
                    )
                )
            if len(content) * 3 // 4 - content.count(b"=", -2) > MAX_BYTES:
                raise ValidationError(
                    self.env._(
                        "“%(file)s” is larger than %(limit)s. Split it, or keep only what customers ask about.",
                        file=document.filename,
                        limit=human_size(MAX_BYTES),
                    )
                )
