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
        for addon in ADDONS:
            with self.subTest(addon):
                translated = {entry.msgid for entry in _portuguese(addon) if entry.msgstr}
                self.assertFalse(sorted(self._terms(addon) - translated), f"not in {addon}/i18n/pt_BR.po")

    def test_a_translation_keeps_the_values_of_its_term(self):
        for addon in ADDONS:
            entries = [entry for entry in _portuguese(addon) if entry.msgstr]
            self.assertFalse(
                [e.msgid for e in entries if sorted(_VALUE.findall(e.msgid)) != sorted(_VALUE.findall(e.msgstr))], addon
            )

    def _terms(self, addon):
        """What a translator would be given."""
        return {source for _module, _type, _name, _id, source, *_rest in TranslationModuleReader(self.cr, [addon])}


def _portuguese(addon):
    return polib.pofile(f"{get_module_path(addon)}/i18n/pt_BR.po")
