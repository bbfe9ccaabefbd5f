"""What tests of tools need: a principal of the tenant's agent user, and stores of their own."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo.sql_db import Cursor
from odoo.tests import TransactionCase

from ..servers.orchestrator import get_orchestrator
from ..servers.stores_of_process import use_stores
from ..stores.cache_memory import MemoryCache
from ..stores.documents_sqlite import SqliteDocumentStore
from ..stores.embeddings_lexical import LexicalEmbedder
from ..stores.open import LazyVectorStore, Stores
from ..stores.vectors_edge import EdgeVectorStore
from ..tenancy.principal import SERVERS, Principal


def own_stores(test_class, directory) -> Stores:
    """Embedded stores below the directory, put in place of the process's until the class is done."""
    stores = Stores(
        documents=SqliteDocumentStore(directory / "documents"),
        vectors=LazyVectorStore(lambda: EdgeVectorStore(directory / "vectors")),
        cache=MemoryCache(),
        embedder=LexicalEmbedder(),
    )
    use_stores(stores)
    test_class.addClassCleanup(use_stores, None)
    test_class.addClassCleanup(stores.close)
    return stores


@contextmanager
def statements():
    """What is executed meanwhile, but for the savepoints that keep requests within the test's transaction, and for the
    server's looks at which databases there are."""
    executed, execute = [], Cursor.execute

    def noting(cr, query, *arguments, **keywords):
        text = getattr(query, "code", query)
        if "test_cursor" not in text and cr.dbname != "postgres":
            executed.append(" ".join(text.split()))
        return execute(cr, query, *arguments, **keywords)

    with patch.object(Cursor, "execute", noting):
        yield executed


class ToolCase(TransactionCase):
    """``self.call(tool, **arguments)`` as the tenant's agent user; the account is the test database."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import tempfile
        from pathlib import Path

        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.account_id = cls.env.cr.dbname
        cls.stores = own_stores(cls, Path(directory.name))
        cls.agent = cls.env.ref("chatwootai_mcp.user_agent")
        cls.principal = cls.principal_of(cls.agent)

    @classmethod
    def principal_of(cls, user, servers=SERVERS, write=False):
        return Principal(cls.account_id, user.id, "key:test", frozenset(servers), write)

    def outcome(self, name, principal=None, /, **arguments):
        principal = principal or self.principal
        return get_orchestrator().call(principal, name, arguments, env=self.env(user=principal.user_id))

    def call(self, name, principal=None, /, **arguments):
        outcome = self.outcome(name, principal, **arguments)
        self.assertFalse(outcome.is_error, outcome.result)
        return outcome.result

    def refusal(self, name, principal=None, /, **arguments):
        outcome = self.outcome(name, principal, **arguments)
        self.assertTrue(outcome.is_error, outcome.result)
        self.assertEqual(set(outcome.result), {"success", "error"})
        return outcome.result["error"]
