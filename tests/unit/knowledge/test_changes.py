"""Chunks and the difference to what is stored."""

import uuid
from dataclasses import replace

from chatwootai_agent.knowledge.changes import changes_between, within
from chatwootai_agent.knowledge.chunk import chunks_of
from chatwootai_agent.knowledge.source_text import SourceText
from hypothesis import given
from hypothesis import strategies as st

LIPSTICK = SourceText("product.template", 7, "Batom", "Batom\nCor: rubi", {"kind": "x"})


def only(chunks):
    (chunk,) = chunks.values()
    return chunk


def chunk_of(source, account="acme", model="lexical-v1"):
    return only(chunks_of(account, model, [source]))


def test_a_chunk_tells_where_it_comes_from_and_who_wrote_it():
    chunk = chunk_of(LIPSTICK)
    assert chunk.payload == {
        "source": "product.template",
        "source_id": 7,
        "chunk": 0,
        "title": "Batom",
        "text": "Batom\nCor: rubi",
        "kind": "x",
        "written_by": "resync",
        "digest": chunk.digest,
    }
    assert str(uuid.UUID(chunk.id)) == chunk.id


def test_facts_cannot_pose_as_what_the_resync_says():
    chunk = chunk_of(replace(LIPSTICK, facts={"written_by": "somebody", "source_id": 8}))
    assert (chunk.payload["written_by"], chunk.payload["source_id"]) == ("resync", 7)


def test_the_title_counts_for_every_chunk():
    source = SourceText("company.services.document", 1, "Manual", "# Uso\n\nLer.\n\n# Garantia\n\nUm ano.")
    assert [chunk.embedded for chunk in chunks_of("acme", "m", [source]).values()] == [
        "Manual\nUso\nLer.",
        "Manual\nGarantia\nUm ano.",
    ]


def test_a_source_without_text_is_found_by_its_title():
    assert chunk_of(replace(LIPSTICK, text="")).payload["text"] == "Batom"


def test_the_id_says_which_chunk_it_is_and_the_digest_what_it_says():
    chunk = chunk_of(LIPSTICK)
    for changed in (
        chunk_of(replace(LIPSTICK, text="Batom\nCor: nude")),
        chunk_of(replace(LIPSTICK, title="Batom matte")),
        chunk_of(replace(LIPSTICK, facts={"kind": "y"})),
        chunk_of(LIPSTICK, model="another"),
    ):
        assert changed.id == chunk.id
        assert changed.digest != chunk.digest
    for other in (
        chunk_of(replace(LIPSTICK, record_id=8)),
        chunk_of(replace(LIPSTICK, model="company.services.rule")),
        chunk_of(LIPSTICK, account="acme-x"),
    ):
        assert other.id != chunk.id


sources = st.dictionaries(st.integers(1, 8), st.sampled_from(["um", "dois", "# A\n\num\n\n# B\n\ndois"]), max_size=8)


@given(sources, sources)
def test_the_changes_make_the_store_what_it_should_be_and_no_more(before, after):
    def wanted(texts):
        return chunks_of("acme", "m", [SourceText("m", number, "t", text) for number, text in texts.items()])

    stored = {chunk.id: chunk.digest for chunk in wanted(before).values()}
    goal = {chunk.id: chunk.digest for chunk in wanted(after).values()}
    changes = changes_between(wanted(after), stored)
    result = {id_: digest for id_, digest in stored.items() if id_ not in changes.deletes}
    result |= {chunk.id: chunk.digest for chunk in changes.upserts}
    assert result == goal
    assert all(stored.get(chunk.id) != chunk.digest for chunk in changes.upserts)
    assert changes.unchanged == len(stored.items() & goal.items())
    assert bool(changes) == (stored != goal)


@given(st.integers(0, 8), st.integers(0, 8), st.integers(0, 8), st.integers(-5, 12))
def test_beyond_the_room_only_what_is_new_is_left_out(same, changed, new, room):
    texts = [SourceText("product.template", number, f"P{number}", f"P{number}") for number in range(same + changed)]
    stored = {chunk.id: chunk.digest for chunk in chunks_of("acme", "m", texts).values()}
    gone = {str(uuid.uuid4()): "gone"}
    texts = [replace(text, text=f"{text.text} changed") if text.record_id >= same else text for text in texts]
    texts += [SourceText("product.template", 100 + number, "N", f"N{number}") for number in range(new)]
    wanted = chunks_of("acme", "m", texts)
    changes, left_out = within(changes_between(wanted, stored | gone), stored | gone, room)
    added = [chunk for chunk in changes.upserts if chunk.id not in stored]
    assert len(added) == min(new, max(0, room + 1)), "what is deleted makes room"
    assert len(changes.upserts) - len(added) == changed, "what replaces fits"
    assert len(added) + left_out == new
