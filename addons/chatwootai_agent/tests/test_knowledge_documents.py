"""Support documents: read once per content, and never a crash for a file that can't be read."""

import base64
from unittest.mock import patch

from odoo.tests import tagged

from ..models import knowledge_document
from .knowledge_common import KnowledgeCase


@tagged("post_install", "-at_install")
class TestKnowledgeDocuments(KnowledgeCase):
    def file(self, name, filename, content):
        return self.document(name, kind="file", filename=filename, file=base64.b64encode(content))

    def test_a_document_is_cut_at_its_headings_and_found_by_what_it_says(self):
        self.document("Manual", text="# Limpeza\n\nUse um pano úmido.\n\n# Garantia\n\nUm ano contra defeitos.")
        self.resync("support_documents")
        self.assertEqual(len(self.vectors.upserted), 2)
        found = self.find("qual a garantia?", "support_documents")[0].payload
        self.assertEqual((found["title"], found["text"]), ("Manual", "Garantia\nUm ano contra defeitos."))

    def test_a_file_is_read_and_found(self):
        self.file("Entrega", "entrega.html", "<h1>Prazo</h1><p>Dois dias úteis.</p>".encode())
        self.resync("support_documents")
        self.assertIn("Dois dias úteis.", self.find("prazo", "support_documents")[0].payload["text"])

    def test_a_file_that_cannot_be_read_is_told_and_harms_no_other(self):
        broken = self.file("Catálogo", "catalogo.pdf", b"%PDF-1.7 this is no PDF")
        self.document("Manual", text="Ler antes de usar.")
        counts = self.resync("support_documents")
        self.assertEqual(counts["support_documents"]["upserted"], 1)
        row = self.row("support_documents")
        self.assertEqual((row.state, row.unreadable_count, row.points), ("done", 1, 1))
        self.assertEqual((row.unreadable_ids.document_id, row.unreadable_ids.reason), (broken, "broken"))

    def test_a_mended_file_is_read_and_no_longer_told(self):
        document = self.file("Catálogo", "catalogo.pdf", b"no PDF")
        self.resync("support_documents")
        document.write({"filename": "catalogo.txt", "file": base64.b64encode("Sofás e mesas".encode())})
        self.resync("support_documents")
        self.assertEqual(self.row("support_documents").unreadable_count, 0)
        self.assertTrue(self.find("sofas", "support_documents"))

    def test_a_file_is_read_once_per_content(self):
        document = self.file("Entrega", "entrega.txt", b"Dois dias.")
        with patch.object(
            knowledge_document, "extract_text", side_effect=lambda name, content: content.decode()
        ) as read:
            self.resync("support_documents")
            self.resync("support_documents")
            document.name = "Entregas"
            self.resync("support_documents")
            self.assertEqual(read.call_count, 1)
            document.file = base64.b64encode(b"Tres dias.")
            self.resync("support_documents")
            self.assertEqual(read.call_count, 2)
        self.assertEqual(self.vectors.upserted[0].payload["text"], "Tres dias.")

    def test_a_deleted_document_leaves_nothing(self):
        document = self.document("Manual", text="# A\n\num\n\n# B\n\ndois")
        self.resync("support_documents")
        document.unlink()
        self.assertEqual(self.resync("support_documents")["support_documents"]["deleted"], 2)
        self.assertFalse(self.env["chatwootai.knowledge.document"].search([]))
