"""What people read of a store, a tool or the audit that failed is in their language: no sentence is forgotten."""

import ast
from pathlib import Path

from odoo.modules import get_module_path
from odoo.tests import TransactionCase, tagged

from ..models.error_words import in_words
from ..servers.mongodb import _NEVER_STORED
from ..tenancy.quota import QuotaExceeded

_ADDON = Path(get_module_path("chatwootai_mcp"))
#: Where sentences are made that people read, and by what.
_STORES = [path for path in (_ADDON / "stores").glob("*.py") if path.name != "errors.py"]
_ALERTS = (_ADDON / "servers" / "refusals.py", {"summary", "SUMMARY", "said", "note"})
_PEOPLE_READ = [
    *((path, {"StoreUnavailable", "NotFound"}) for path in _STORES),
    *((_ADDON / "servers" / name, {"ToolError"}) for name in ("odoo_products.py", "call.py", "orchestrator.py")),
    (_ADDON / "tenancy" / "audit_chain.py", {"Finding"}),
    (_ADDON / "models" / "audit_chain.py", {"Finding"}),
]


@tagged("post_install", "-at_install")
class TestErrorWords(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("pt_BR")
        cls.portuguese = cls.env(context={"lang": "pt_BR"})

    def test_each_sentence_of_the_code_that_people_read_is_said_in_portuguese(self):
        sentences = {
            sentence
            for path, names in _PEOPLE_READ
            for call in _calls(path, names)
            for sentence in _sentences(call.args)
        }
        sentences.update(_sentences(_assigned(*_ALERTS)))
        self.assertGreater(len(sentences), 35)  # else the code is not read as it is written
        self.assertFalse(sorted(said for said in sentences if in_words(self.portuguese, said) == said))

    def test_sentences_that_are_made_elsewhere_are_said_in_portuguese(self):
        made = [
            _NEVER_STORED.format("agent_config"),
            *(str(QuotaExceeded(*of)) for of in (("calls_per_minute", 60, 1), ("calls_per_minute", 60, 9))),
            str(QuotaExceeded("concurrent", 4, 1)),
        ]
        self.assertFalse([said for said in made if in_words(self.portuguese, said) == said])

    def test_what_was_filled_in_stays(self):
        said = in_words(self.portuguese, "Qdrant can't be used now (status 503).")
        self.assertIn("503", said)
        self.assertNotIn("can't", said)

    def test_what_is_not_known_stays_as_it_is(self):
        for said in ("O pedido não existe.", "Qdrant", "", "100 % sure"):
            self.assertEqual(in_words(self.portuguese, said), said)

    def test_in_english_a_sentence_is_itself(self):
        said = "MongoDB can't be used now (AutoReconnect)."
        self.assertEqual(in_words(self.env(context={"lang": "en_US"}), said), said)


def _calls(path, names):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield node


def _assigned(path, names):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id in names for to in node.targets):
            yield node.value


def _sentences(expressions):
    """Those that are texts of several words, with something where a value is filled in."""
    for expression in expressions:
        match expression:
            case ast.Constant(value=str(said)) if " " in said:
                yield said
            case ast.JoinedStr(values=parts):
                yield "".join(part.value if isinstance(part, ast.Constant) else "7" for part in parts)
