"""What tests of the knowledge need: stores of their own that note what is written to them."""

import tempfile
from pathlib import Path

from odoo.tests import TransactionCase

from odoo.addons.chatwootai_mcp.servers.stores_of_process import use_stores
from odoo.addons.chatwootai_mcp.stores.cache_memory import MemoryCache
from odoo.addons.chatwootai_mcp.stores.documents_sqlite import SqliteDocumentStore
from odoo.addons.chatwootai_mcp.stores.embeddings_lexical import LexicalEmbedder
from odoo.addons.chatwootai_mcp.stores.open import Stores
from odoo.addons.chatwootai_mcp.stores.vectors_edge import EdgeVectorStore
from odoo.addons.chatwootai_mcp.tenancy.account import CollectionType


class SpyEmbedder(LexicalEmbedder):
    def __init__(self):
        super().__init__()
        self.embedded = []

    def embed(self, texts, *, query=False):
        if not query:
            self.embedded += texts
        return super().embed(texts, query=query)


class SpyVectorStore(EdgeVectorStore):
    def __init__(self, directory):
        super().__init__(directory)
        self.upserted, self.deleted, self.down = [], [], None

    def ensure(self, *args):
        if self.down:
            raise self.down
        return super().ensure(*args)

    def upsert(self, account_id, collection_type, points):
        self.upserted += points
        return super().upsert(account_id, collection_type, points)

    def delete(self, account_id, collection_type, ids):
        self.deleted += ids
        return super().delete(account_id, collection_type, ids)

    def forget(self):
        self.upserted, self.deleted = [], []


class KnowledgeCase(TransactionCase):
    """The test database is the account; only what a test makes is for sale."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account_id = cls.env.cr.dbname
        cls.env["queue.job"].search([("identity_key", "=like", "chatwootai_knowledge:%")]).unlink()
        cls.env["product.template"].search([]).active = False
        cls.profile = cls.env["company.services.profile"]._of_company()
        cls.profile.rule_ids.unlink()
        cls.profile.document_ids.unlink()
        cls.knowledge = cls.env["chatwootai.knowledge"]

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.vectors, self.embedder = SpyVectorStore(Path(directory.name) / "vectors"), SpyEmbedder()
        self.stores = Stores(
            SqliteDocumentStore(Path(directory.name) / "documents"), self.vectors, MemoryCache(), self.embedder
        )
        use_stores(self.stores)
        self.addCleanup(self.stores.close)
        self.addCleanup(use_stores, None)
        self.env.cr.precommit.clear()

    def resync(self, *collection_types):
        self.vectors.forget()
        self.embedder.embedded.clear()
        return self.knowledge._resync(collection_types or None)

    def find(self, question, collection_type="products"):
        query = self.embedder.embed([question], query=True)[0]
        return self.vectors.search(
            self.account_id,
            CollectionType(collection_type),
            dense=query.dense,
            sparse=query.sparse,
            min_similarity=self.embedder.min_similarity,
        )

    def row(self, collection_type):
        row = self.knowledge._row(collection_type)
        row.invalidate_recordset()
        return row

    def product(self, name, **values):
        return self.env["product.template"].create({"name": name, **values})

    def rule(self, name, description, **values):
        return self.env["company.services.rule"].create(
            {"profile_id": self.profile.id, "name": name, "description": description, **values}
        )

    def document(self, name, **values):
        return self.env["company.services.document"].create({"profile_id": self.profile.id, "name": name, **values})
