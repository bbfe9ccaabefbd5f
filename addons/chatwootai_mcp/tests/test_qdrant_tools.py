"""Knowledge that MCP clients bring themselves: checked, found, and kept apart from what the resync wrote."""

import uuid
from unittest.mock import patch

from odoo.tests import tagged

from ..servers import qdrant
from ..stores.vectors import Point
from ..tenancy.account import CollectionType
from ..tenancy.quota import Limits
from .common import ToolCase

DOCUMENTS = CollectionType.SUPPORT_DOCUMENTS


@tagged("post_install", "-at_install")
class TestQdrantTools(ToolCase):
    def setUp(self):
        super().setUp()
        self.writer = self.principal_of(self.agent, write=True)
        self.stores.vectors.drop(self.account_id)
        self.stores.cache.drop(self.account_id)

    def upsert(self, *points):
        return self.call("upsert_vectors", self.writer, collection_type=DOCUMENTS.value, points=list(points))["ids"]

    def refused(self, *points):
        return self.refusal("upsert_vectors", self.writer, collection_type=DOCUMENTS.value, points=list(points))

    def of_resync(self):
        """The id of a point as the resync writes it."""
        embedder, point_id = self.stores.embedder, str(uuid.uuid4())
        [embedding] = embedder.embed(["Trocas em 30 dias"])
        self.stores.vectors.ensure(self.account_id, DOCUMENTS, embedder.dimension, embedder.model)
        payload = {"text": "Trocas em 30 dias", "written_by": "resync", "digest": "d"}
        self.stores.vectors.upsert(
            self.account_id, DOCUMENTS, [Point(point_id, embedding.dense, embedding.sparse, payload)]
        )
        return point_id

    def test_a_text_is_embedded_and_found_by_its_words(self):
        [point_id] = self.upsert({"payload": {"title": "Frete", "text": "Frete grátis acima de R$ 200"}})
        [found] = self.call("search_knowledge", query="frete grátis")["results"]
        self.assertEqual((found["id"], found["title"]), (point_id, "Frete"))

    def test_a_vector_of_ones_own_is_found_by_it(self):
        vector = [1.0] + [0.0] * (self.stores.embedder.dimension - 1)
        point_id = str(uuid.uuid4())
        self.upsert({"id": point_id, "vector": vector, "payload": {"color": "azul"}})
        [found] = self.call(
            "search_vectors", collection_type=DOCUMENTS.value, query_vector=vector, filter={"color": "azul"}
        )["results"]
        self.assertEqual((found["id"], found["payload"]["color"]), (point_id, "azul"))

    def test_a_write_is_seen_by_the_next_search(self):
        vector = [1.0] + [0.0] * (self.stores.embedder.dimension - 1)
        search = {"collection_type": DOCUMENTS.value, "query_vector": vector}
        [point_id] = self.upsert({"vector": vector})
        self.assertEqual(len(self.call("search_vectors", **search)["results"]), 1)
        self.call("delete_vectors", self.writer, collection_type=DOCUMENTS.value, ids=[point_id])
        self.assertEqual(self.call("search_vectors", **search)["results"], [])

    def test_the_same_content_twice_is_one_point(self):
        point = {"payload": {"text": "Entregamos aos sábados"}}
        self.assertEqual(self.upsert(point), self.upsert(point))
        [collection] = self.call("list_collections")["collections"]
        self.assertEqual(collection["points"], 1)

    def test_a_collection_says_what_a_vector_must_be_like(self):
        self.upsert({"payload": {"text": "a b c"}})
        [collection] = self.call("list_collections")["collections"]
        embedder = self.stores.embedder
        self.assertEqual((collection["dimension"], collection["embedding_model"]), (embedder.dimension, embedder.model))

    def test_the_resync_finds_nothing_of_it(self):
        self.upsert({"payload": {"text": "a b c", "written_by": "resync", "digest": "x"}})
        self.assertEqual(self.stores.vectors.digests(self.account_id, DOCUMENTS, "resync"), {})

    def test_what_the_resync_wrote_is_neither_replaced_nor_deleted(self):
        point_id = self.of_resync()
        self.assertIn("comes from Odoo", self.refused({"id": point_id, "payload": {"text": "Trocas nunca"}}))
        error = self.refusal("delete_vectors", self.writer, collection_type=DOCUMENTS.value, ids=[point_id])
        self.assertIn("comes from Odoo", error)
        self.assertEqual(self.stores.vectors.digests(self.account_id, DOCUMENTS, "resync"), {point_id: "d"})

    def test_deleting_tells_how_many_were_there(self):
        [point_id] = self.upsert({"payload": {"text": "a b c"}})
        arguments = {"collection_type": DOCUMENTS.value, "ids": [point_id, str(uuid.uuid4())]}
        self.assertEqual(self.call("delete_vectors", self.writer, **arguments)["deleted"], 1)
        self.assertEqual(self.call("delete_vectors", self.writer, **arguments)["deleted"], 0)

    def test_what_is_no_point_is_refused_and_nothing_is_written(self):
        dimension = self.stores.embedder.dimension
        fine = {"payload": {"text": "bom"}}
        for wrong, named in (
            ({"vector": [0.1] * 3}, str(dimension)),
            ({"vector": [float("nan")] * dimension}, "finite"),
            ({"vector": [0.0] * dimension}, "direction"),
            ({"id": "7", "payload": {"text": "a"}}, "UUID"),
            ({"payload": {}}, "vector"),
            ({"payload": {"text": " "}}, "text"),
            ({"payload": {"text": 5}}, "text"),
            ({"payload": {"text": "a", "date_end": "amanhã"}}, "date_end"),
            ({"payload": {"text": "a", "date_end": "2026-01-31", "timezone": "Marte"}}, "timezone"),
            ({"payload": {"text": "a", "x": "y" * 70_000}}, "bytes"),
            ({"vector": [0.1] * dimension, "colour": "blue"}, "colour"),
        ):
            self.assertIn(named, self.refused(fine, wrong))
        self.upsert(fine)
        [collection] = self.call("list_collections")["collections"]
        self.assertEqual(collection["points"], 1)

    def test_a_filter_that_is_not_understood_is_an_error(self):
        self.upsert({"payload": {"text": "a b c"}})
        vector = [1.0] + [0.0] * (self.stores.embedder.dimension - 1)
        for wrong in ({"a b": 1}, {"a": {"gt": 1}}, {"a": []}, {"a": None}, {"$or": []}):
            self.refusal("search_vectors", collection_type=DOCUMENTS.value, query_vector=vector, filter=wrong)

    def test_a_reading_key_brings_and_deletes_nothing(self):
        arguments = {"collection_type": DOCUMENTS.value}
        self.assertIn("write scope", self.refusal("upsert_vectors", points=[{"payload": {"text": "a"}}], **arguments))
        self.assertIn("write scope", self.refusal("delete_vectors", ids=[str(uuid.uuid4())], **arguments))

    def test_an_account_holds_no_more_vectors_than_it_may(self):
        class TwoVectors:
            def limits(self, account_id):
                return Limits(vectors=2)

        points = [{"payload": {"text": f"texto {number}"}} for number in range(3)]
        with patch.object(qdrant, "get_control", TwoVectors):
            self.assertIn("2 vectors", self.refused(*points))
            self.upsert(*points[:2])
            self.upsert(*points[:2])
