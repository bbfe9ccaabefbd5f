"""Whoever reads Portuguese reads Portuguese everywhere: each term of our addons has its translation in pt_BR.po."""

import re

import polib

from odoo.modules import get_module_path
from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import TranslationModuleReader

ADDONS = ("company_services", "chatwootai_mcp", "chatwootai_agent")
_VALUE = re.compile(r"%(?:\(\w+\))?[sd]|\{\w*\}")


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    def test_every_term_that_people_read_has_its_translation(self):
        translated = {addon: {entry.msgid for entry in _portuguese(addon) if entry.msgstr} for addon in ADDONS}
        missing = {(addon, source) for addon, source in self._terms() if source not in translated[addon]}
        self.assertFalse(sorted(missing), "not in i18n/pt_BR.po")

    def test_a_translation_keeps_the_values_of_its_term(self):
        for addon in ADDONS:
            entries = [entry for entry in _portuguese(addon) if entry.msgstr]
            self.assertFalse(
                [e.msgid for e in entries if sorted(_VALUE.findall(e.msgid)) != sorted(_VALUE.findall(e.msgstr))], addon
            )

    def _terms(self):
        """What a translator would be given, but for the labels of fields that other addons give to our models."""
        rows = TranslationModuleReader(self.cr, ADDONS)
        return {(row[0], row[4]) for row in rows if not self._is_others_field(row[2], row[3])}

    def _is_others_field(self, name, xmlid):
        if not name.startswith("ir.model.fields,"):
            return False
        known = self.env.ref(xmlid)
        return self.env[known.model]._fields[known.name]._module not in ADDONS


def _portuguese(addon):
    return polib.pofile(f"{get_module_path(addon)}/i18n/pt_BR.po")
