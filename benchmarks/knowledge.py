"""The knowledge: a hybrid search among 10,000 chunks, the same from the cache, a resync that finds nothing to do."""

from __future__ import annotations

import itertools
import random
import time
from typing import Any

from stack import odoo_env
from stack.console import say
from stack.instance import Instance

from . import stand as stands
from .figures import Figures, Row, interleaved
from .stand import ACCOUNT

PRODUCTS = 10_000
WORDS = [
    "creme",
    "sérum",
    "batom",
    "hidratante",
    "protetor",
    "solar",
    "vitamina",
    "noite",
    "dia",
    "pele",
    "seca",
    "oleosa",
    "sensível",
    "perfume",
    "floral",
    "cítrico",
    "sabonete",
    "líquido",
    "barra",
    "xampu",
    "condicionador",
    "máscara",
    "argila",
    "verde",
    "branca",
    "óleo",
    "argan",
    "coco",
    "rosa",
    "mosqueta",
    "ácido",
]


def run(instance: Instance) -> list[Row]:
    with stands.tenant(instance):
        _make_products()
        with odoo_env.odoo_environment(ACCOUNT) as env:
            say(f"  indexing {PRODUCTS} products")
            first = _timed_resync(env)
        with odoo_env.odoo_environment(ACCOUNT) as env:
            embedded, again = _resync_and_count_embeddings(env)
        rows = _searches()
    expected = {"upserted": 0, "deleted": 0}
    if embedded or {key: again[1][key] for key in expected} != expected:
        raise AssertionError(f"the second resync did something: {embedded} texts embedded, {again[1]}")
    return [
        Row(f"first resync of {PRODUCTS} products", value=first[0], unit="s"),
        Row(
            "resync when nothing changed: nothing embedded, nothing written",
            value=again[0],
            unit="s",
            ratio=again[0] / first[0],
            target="≤ 5 s",
            met=again[0] <= 5,
        ),
        *rows,
    ]


def _make_products() -> None:
    chance = random.Random(7)
    with odoo_env.odoo_environment(ACCOUNT) as env:
        say(f"  creating {PRODUCTS} products")
        products = env["product.template"].with_context(tracking_disable=True, lang="pt_BR")
        for start in range(0, PRODUCTS, 1000):
            products.create(
                [
                    {
                        "name": " ".join([*chance.sample(WORDS, 3), str(start + number)]),
                        "default_code": f"B{start + number:05d}",
                        "description_sale": " ".join(chance.choices(WORDS, k=25)),
                        "sale_ok": True,
                    }
                    for number in range(1000)
                ]
            )
            env.flush_all()
            env.invalidate_all()


def _timed_resync(env: Any) -> tuple[float, dict[str, int]]:
    started = time.perf_counter()
    done = env["chatwootai.knowledge"]._resync(["products"])
    return time.perf_counter() - started, done["products"]


def _resync_and_count_embeddings(env: Any) -> tuple[int, tuple[float, dict[str, int]]]:
    from odoo.addons.chatwootai_mcp.servers.stores_of_process import get_stores

    embedder = get_stores().embedder
    embed, count = embedder.embed, 0

    def counted(texts: Any, **options: Any) -> Any:
        nonlocal count
        count += len(texts)
        return embed(texts, **options)

    embedder.embed = counted
    try:
        return count, _timed_resync(env)
    finally:
        embedder.embed = embed


def _searches() -> list[Row]:
    from odoo.addons.chatwootai_mcp.servers.stores_of_process import get_stores
    from odoo.addons.chatwootai_mcp.tenancy.account import CollectionType

    stores, products, chance = get_stores(), CollectionType.PRODUCTS, random.Random(11)
    asked = [" ".join(chance.sample(WORDS, 3)) for _ in range(200)]
    embeddings = itertools.cycle(stores.embedder.embed(asked, query=True))
    texts = itertools.cycle(asked)

    def dense() -> None:
        assert stores.vectors.search(ACCOUNT, products, dense=next(embeddings).dense, limit=5)

    def hybrid() -> None:
        each = next(embeddings)
        assert stores.vectors.search(ACCOUNT, products, dense=each.dense, sparse=each.sparse, limit=5)

    def embedding() -> None:
        stores.embedder.embed([next(texts)], query=True)

    one = next(embeddings)

    def cached() -> None:
        def load() -> list[Any]:
            hits = stores.vectors.search(ACCOUNT, products, dense=one.dense, sparse=one.sparse, limit=5)
            return [{"id": hit.id, "score": hit.score, "payload": hit.payload} for hit in hits]

        assert stores.cache.get_or_load(ACCOUNT, "vectors_products", "bench", load)

    found = interleaved(
        {"dense": dense, "hybrid": hybrid, "embedding": embedding, "cached": cached}, rounds=10, calls=50
    )
    base = found["dense"]

    def row(what: str, name: str, limit: float | None = None) -> Row:
        figures: Figures = found[name]
        met = None if limit is None else figures.median <= limit
        ratio = figures.median / base.median
        return Row(what, figures, ratio=ratio, target="" if limit is None else f"p50 ≤ {limit:g} ms", met=met)

    return [
        row("dense search alone", "dense"),
        row("hybrid search, without the embedding", "hybrid", 5),
        row("the query's embedding (lexical)", "embedding"),
        row(f"the same search from the cache ({type(stores.cache).__name__})", "cached", 0.5),
    ]
