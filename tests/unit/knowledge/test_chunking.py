"""Cutting texts into chunks: bounded, at headings and paragraphs, always the same way."""

import itertools

from chatwootai_agent.knowledge.chunking import MAX_CHUNKS, chunk_text
from hypothesis import given
from hypothesis import strategies as st


def test_a_short_text_is_one_chunk():
    assert chunk_text("Trocas em até 7 dias.\nCom a nota.") == ["Trocas em até 7 dias.\nCom a nota."]


def test_a_text_without_words_has_no_chunk():
    assert [chunk_text(text) for text in ("", "  \n\n\t ", "\x00")] == [[], [], []]


def test_a_chunk_never_runs_over_a_heading_and_begins_with_it():
    text = "Bem-vindo.\n\n# Entrega\n\nDois dias.\n\n## Exterior\n\nVinte dias.\n\n# Trocas\nSete dias."
    assert chunk_text(text) == [
        "Bem-vindo.",
        "Entrega\nDois dias.",
        "Entrega › Exterior\nVinte dias.",
        "Trocas\nSete dias.",
    ]


def test_a_heading_with_nothing_under_it_is_kept():
    assert chunk_text("# Contato") == ["Contato"]


def test_a_hash_that_is_no_heading_stays_text():
    assert chunk_text("#promo vale hoje") == ["#promo vale hoje"]


def test_paragraphs_are_packed_together_until_the_bound():
    paragraphs = [f"Parágrafo {number} " + "x" * 30 for number in range(6)]
    chunks = chunk_text("\n\n".join(paragraphs), max_characters=100, overlap=0)
    assert [chunk.count("Parágrafo") for chunk in chunks] == [2, 2, 2]


def test_a_chunk_repeats_the_last_sentences_of_the_one_before():
    text = " ".join(f"Frase número {number} do texto." for number in range(12))
    chunks = chunk_text(text, max_characters=120, overlap=30)
    assert len(chunks) > 2
    for before, after in itertools.pairwise(chunks):
        assert after.startswith(before.split("\n")[-1])
    assert all(f"número {number} do" in " ".join(chunks) for number in range(12))


def test_a_word_longer_than_a_chunk_is_cut():
    assert chunk_text("x" * 250, max_characters=100, overlap=0) == ["x" * 100, "x" * 100, "x" * 50]


def test_there_is_a_last_chunk():
    assert len(chunk_text("# a\n\nb\n\n" * 1000)) == MAX_CHUNKS


texts = st.text(alphabet=st.sampled_from("ab .!\n#é\x00\t\u2028"), max_size=600)


@given(texts, st.integers(min_value=20, max_value=200), st.integers(min_value=0, max_value=60))
def test_chunks_are_bounded_whole_and_always_the_same(text, max_characters, overlap):
    chunks = chunk_text(text, max_characters, overlap)
    assert chunks == chunk_text(text, max_characters, overlap)
    assert all(chunk.strip() and len(chunk) <= max_characters for chunk in chunks)


@given(st.text(alphabet="ab .!?\né\t", max_size=600), st.integers(min_value=20, max_value=200))
def test_nothing_is_lost(text, max_characters):
    chunks = chunk_text(text, max_characters, overlap=0)
    assert "".join("".join(chunks).split()) == "".join(text.split())
