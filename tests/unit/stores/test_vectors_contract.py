"""What every vector store promises, on every adapter."""

import math
import threading
import uuid
from datetime import date

import pytest
from chatwootai_mcp.stores.errors import InvalidVector, NotFound
from chatwootai_mcp.stores.filters import valid_on
from chatwootai_mcp.stores.vectors import Point, Sparse
from chatwootai_mcp.tenancy.account import CollectionType, InvalidAccountId

PRODUCTS, RULES = CollectionType.PRODUCTS, CollectionType.RULES


def point_id(number):
    return str(uuid.UUID(int=number))


def point(number, dense=(1.0, 0.0, 0.0), sparse=None, **payload):
    return Point(point_id(number), list(dense), sparse, payload)


def found(hits):
    return [uuid.UUID(hit.id).int for hit in hits]


class TestVectorStore:
    @pytest.fixture(autouse=True)
    def _collection(self, vectors, accounts):
        self.store, (self.one, self.other) = vectors, accounts
        vectors.ensure(self.one, PRODUCTS, 3, "model-a")

    def upsert(self, *points, account=None, collection_type=PRODUCTS):
        self.store.upsert(account or self.one, collection_type, points)

    def search(self, account=None, collection_type=PRODUCTS, **wanted):
        return self.store.search(account or self.one, collection_type, **wanted)

    def test_the_nearest_point_comes_first(self):
        self.upsert(point(1, (1, 0, 0)), point(2, (0, 1, 0)), point(3, (0.6, 0.8, 0)))
        hits = self.search(dense=[0, 1, 0.1], limit=2)
        assert found(hits) == [2, 3]
        assert hits[0].score > hits[1].score

    def test_a_hit_brings_the_payload_as_it_was_written(self):
        payload = {"text": "Batom à prova d'água", "n": 3, "none": None, "nested": {"list": [1, "two", True]}}
        self.upsert(point(1, **payload))
        assert self.search(dense=[1, 0, 0])[0].payload == payload

    def test_words_find_points_by_the_sparse_vector(self):
        self.upsert(point(1, sparse=Sparse([7], [1.0])), point(2, sparse=Sparse([8], [1.0])), point(3))
        assert found(self.search(sparse=Sparse([8], [1.0]))) == [2]

    def test_a_hybrid_search_fuses_both_rankings(self):
        self.upsert(
            point(1, (1, 0, 0), Sparse([1], [1.0])),
            point(2, (0.9, 0.1, 0), Sparse([2], [1.0])),
            point(3, (0, 1, 0), Sparse([2], [0.5])),
            point(4, (0, 0, 1)),
        )
        hits = self.search(dense=[1, 0.1, 0], sparse=Sparse([2], [1.0]), limit=4)
        assert found(hits)[0] == 2
        assert set(found(hits)) == {1, 2, 3, 4}
        similar = self.search(dense=[1, 0.1, 0], sparse=Sparse([2], [1.0]), limit=4, min_similarity=0.5)
        assert found(similar)[0] == 2
        assert set(found(similar)) == {1, 2, 3}

    def test_an_empty_sparse_vector_asks_nothing(self):
        self.upsert(point(1))
        assert found(self.search(dense=[1, 0, 0], sparse=Sparse([], []))) == [1]
        assert self.search(sparse=Sparse([], [])) == []

    def test_neighbours_under_the_least_similarity_are_none(self):
        self.upsert(point(1, (1, 0, 0)), point(2, (0, 1, 0)))
        assert found(self.search(dense=[1, 0.05, 0], min_similarity=0.5)) == [1]

    def test_an_upsert_replaces_the_point_of_that_id(self):
        self.upsert(point(1, (1, 0, 0), Sparse([1], [1.0]), color="red", old=True))
        self.upsert(point(1, (0, 1, 0), color="blue"))
        assert [hit.payload for hit in self.search(dense=[0, 1, 0])] == [{"color": "blue"}]
        assert self.search(sparse=Sparse([1], [1.0])) == []
        assert [info.points for info in self.store.info(self.one)] == [1]

    def test_deleting_removes_the_points_named_and_no_others(self):
        self.upsert(point(1), point(2), point(3))
        self.store.delete(self.one, PRODUCTS, [point_id(2), point_id(99)])
        assert sorted(found(self.search(dense=[1, 0, 0]))) == [1, 3]

    def test_digests_are_those_of_one_writer(self):
        self.upsert(
            point(1, written_by="resync", digest="a"),
            point(2, written_by="resync", digest="b"),
            point(3, written_by="an MCP client", digest="c"),
            point(4),
        )
        assert self.store.digests(self.one, PRODUCTS, "resync") == {point_id(1): "a", point_id(2): "b"}
        assert self.store.digests(self.other, PRODUCTS, "resync") == {}

    def test_writers_are_told_of_the_points_that_are_there(self):
        self.upsert(point(1, written_by="resync"), point(2, written_by="mcp"), point(3))
        asked = [point_id(number) for number in (1, 2, 3, 4)]
        found = {point_id(1): "resync", point_id(2): "mcp", point_id(3): ""}
        assert self.store.writers(self.one, PRODUCTS, asked) == found
        assert self.store.writers(self.other, PRODUCTS, asked) == {}
        assert self.store.writers(self.one, RULES, asked) == {}
        with pytest.raises(InvalidVector):
            self.store.writers(self.one, PRODUCTS, ["7"])

    def test_digests_of_more_points_than_a_page(self):
        self.upsert(*[point(number, written_by="resync", digest=str(number)) for number in range(1, 2301)])
        digests = self.store.digests(self.one, PRODUCTS, "resync")
        assert digests == {point_id(number): str(number) for number in range(1, 2301)}

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ({"color": "red"}, {1, 2}),
            ({"color": ["red", "blue"]}, {1, 2, 3}),
            ({"size": 3}, {3}),
            ({"size": [1, 2]}, {1, 2}),
            ({"size": {"gte": 2}}, {2, 3}),
            ({"size": {"gte": 2, "lte": 2.5}}, {2}),
            ({"color": "red", "size": 2}, {2}),
            ({"made.year": 2020}, {4}),
            ({"color": "green"}, set()),
            ({"nothing": "red"}, set()),
            ({}, {1, 2, 3, 4}),
            (None, {1, 2, 3, 4}),
        ],
    )
    @pytest.mark.parametrize("hybrid", [False, True])
    def test_a_filter_lets_through_what_it_says(self, wanted, expected, hybrid):
        words = Sparse([1], [1.0])
        self.upsert(
            point(1, sparse=words, color="red", size=1),
            point(2, sparse=words, color="red", size=2),
            point(3, sparse=words, color="blue", size=3),
            point(4, sparse=words, made={"year": 2020}),
        )
        query = {"dense": [1, 0, 0], "sparse": words if hybrid else None}
        assert set(found(self.search(filter=wanted, **query))) == expected

    def test_a_rule_is_found_on_the_days_it_holds(self):
        self.upsert(
            point(1, date_start=None, date_end=None),
            point(2, date_start="2026-03-01", date_end="2026-03-31"),
            point(3, date_start="2026-04-01", date_end=None),
            point(4),
        )

        def on(*day):
            return set(found(self.search(dense=[1, 0, 0], filter=valid_on(date(*day)))))

        assert on(2026, 2, 28) == {1, 4}
        assert on(2026, 3, 1) == on(2026, 3, 31) == {1, 2, 4}
        assert on(2026, 4, 1) == {1, 3, 4}

    def test_a_filter_that_is_not_understood_is_an_error(self):
        with pytest.raises(InvalidVector):
            self.search(dense=[1, 0, 0], filter={"color": {"regex": ".*"}})

    @pytest.mark.parametrize(
        "dense",
        [[1, 0], [1, 0, 0, 0], [], [math.nan, 0, 0], [math.inf, 0, 0], [0, 0, 0], ["1", 0, 0], [True, 0, 0], "abc"],
    )
    def test_a_bad_vector_is_refused_in_words(self, dense):
        with pytest.raises(InvalidVector, match=r"[Tt]he vector|A vector"):
            self.search(dense=dense)
        with pytest.raises(InvalidVector):
            self.store.upsert(self.one, PRODUCTS, [Point(point_id(1), dense)])

    @pytest.mark.parametrize(
        "sparse",
        [
            Sparse([1, 1], [1.0, 2.0]),
            Sparse([1], []),
            Sparse([-1], [1.0]),
            Sparse([2**32], [1.0]),
            Sparse([1], [math.nan]),
        ],
    )
    def test_a_bad_sparse_vector_is_refused(self, sparse):
        with pytest.raises(InvalidVector):
            self.search(sparse=sparse)
        with pytest.raises(InvalidVector):
            self.upsert(point(1, sparse=sparse))

    @pytest.mark.parametrize("bad", ["1", "x" * 36, 7, None])
    def test_an_id_that_is_no_uuid_is_refused(self, bad):
        with pytest.raises(InvalidVector):
            self.store.upsert(self.one, PRODUCTS, [Point(bad, [1, 0, 0])])
        with pytest.raises(InvalidVector):
            self.store.delete(self.one, PRODUCTS, [bad])

    @pytest.mark.parametrize("payload", [{"x": math.nan}, {"x": object()}, {"x": "y" * 70_000}, ["no object"]])
    def test_a_payload_that_is_no_json_or_too_large_is_refused(self, payload):
        with pytest.raises(InvalidVector, match="payload"):
            self.store.upsert(self.one, PRODUCTS, [Point(point_id(1), [1, 0, 0], None, payload)])

    @pytest.mark.parametrize("limit", [0, -1, 101, 1.5, True, None])
    def test_a_limit_outside_its_bounds_is_refused(self, limit):
        with pytest.raises(InvalidVector, match="limit"):
            self.search(dense=[1, 0, 0], limit=limit)

    def test_a_search_without_a_vector_is_refused(self):
        with pytest.raises(InvalidVector):
            self.search()

    def test_one_bad_point_keeps_the_whole_call_out(self):
        with pytest.raises(InvalidVector):
            self.upsert(point(1), point(2, (1, 0)))
        assert self.search(dense=[1, 0, 0]) == []

    def test_a_collection_that_was_never_indexed_says_so(self):
        with pytest.raises(NotFound, match="rules"):
            self.search(collection_type=RULES, dense=[1, 0, 0])
        with pytest.raises(NotFound):
            self.upsert(point(1), collection_type=RULES)

    def test_a_collection_outside_the_set_is_an_error(self):
        with pytest.raises(ValueError, match="orders"):
            self.search(collection_type="orders", dense=[1, 0, 0])

    @pytest.mark.parametrize("account", ["", "acme_products", "../acme", "Acme", "acme\n", None])
    def test_what_is_no_account_reaches_no_store(self, account):
        with pytest.raises(InvalidAccountId):
            self.store.search(account, PRODUCTS, dense=[1, 0, 0])
        with pytest.raises(InvalidAccountId):
            self.store.drop(account)
        with pytest.raises(InvalidAccountId):
            self.store.ensure(account, PRODUCTS, 3, "model-a")

    def test_ensure_keeps_what_is_there(self):
        self.upsert(point(1))
        self.store.ensure(self.one, PRODUCTS, 3, "model-a")
        assert found(self.search(dense=[1, 0, 0])) == [1]

    @pytest.mark.parametrize(("dimension", "model"), [(4, "model-a"), (3, "model-b")])
    def test_another_dimension_or_model_starts_empty(self, dimension, model):
        self.upsert(point(1, digest="a", written_by="resync"))
        self.store.ensure(self.one, PRODUCTS, dimension, model)
        assert self.search(dense=[1] * dimension) == []
        assert self.store.digests(self.one, PRODUCTS, "resync") == {}
        info = self.store.info(self.one)[0]
        assert (info.dimension, info.embedding_model, info.points) == (dimension, model, 0)

    def test_info_tells_what_is_there(self):
        self.store.ensure(self.one, RULES, 2, "model-b")
        self.upsert(point(1), point(2))
        info = {each.collection_type: each for each in self.store.info(self.one)}
        assert set(info) == {PRODUCTS, RULES}
        assert (info[PRODUCTS].points, info[PRODUCTS].dimension, info[PRODUCTS].embedding_model) == (2, 3, "model-a")
        assert (info[RULES].points, info[RULES].dimension) == (0, 2)
        assert self.store.info(self.other) == []

    def test_tenants_that_look_alike_never_meet(self):
        self.store.ensure(self.other, PRODUCTS, 3, "model-a")
        self.upsert(point(1, written_by="resync", digest="a", owner="one"))
        self.upsert(point(1, written_by="resync", digest="b", owner="other"), account=self.other)
        assert [hit.payload["owner"] for hit in self.search(dense=[1, 0, 0])] == ["one"]
        assert [hit.payload["owner"] for hit in self.search(account=self.other, dense=[1, 0, 0])] == ["other"]
        assert self.store.digests(self.other, PRODUCTS, "resync") == {point_id(1): "b"}
        self.store.delete(self.one, PRODUCTS, [point_id(1)])
        assert found(self.search(account=self.other, dense=[1, 0, 0])) == [1]
        self.store.drop(self.one)
        assert self.store.info(self.one) == []
        assert found(self.search(account=self.other, dense=[1, 0, 0])) == [1]

    def test_a_dropped_tenant_starts_anew(self):
        self.upsert(point(1))
        self.store.drop(self.one)
        self.store.drop(self.one)
        with pytest.raises(NotFound):
            self.search(dense=[1, 0, 0])
        self.store.ensure(self.one, PRODUCTS, 2, "model-b")
        assert self.search(dense=[1, 0]) == []

    def test_parallel_writers_and_readers_lose_nothing(self):
        errors = []

        def work(first):
            try:
                for number in range(first, first + 100, 25):
                    self.upsert(*[point(each, written_by="resync", digest="d") for each in range(number, number + 25)])
                    self.search(dense=[1, 0, 0])
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=work, args=(1 + 100 * number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert len(self.store.digests(self.one, PRODUCTS, "resync")) == 800

    def test_ping_is_silent_when_all_is_well(self):
        assert self.store.ping() is None
