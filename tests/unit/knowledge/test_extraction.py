"""The text of files: what comes out of each kind, and that no file can do harm."""

import io
import time
import zipfile

import docx
import pypdf
import pytest
from chatwootai_agent.knowledge import extraction
from chatwootai_agent.knowledge.chunking import chunk_text
from chatwootai_agent.knowledge.extraction import Unreadable, extract_text
from hypothesis import given, settings
from hypothesis import strategies as st


def pdf(*pages, password=None):
    """A PDF by hand: pypdf writes none with text."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>")
    objects.append("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    for number, text in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {5 + 2 * number} 0 R "
            f"/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        stream = f"BT /F1 12 Tf 50 700 Td ({text}) Tj ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n".encode("cp1252")
    table = len(body)
    body += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    body += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    body += f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF".encode()
    if password is None:
        return body
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(body))
    writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def word():
    document = docx.Document()
    document.add_heading("Garantia", level=1)
    document.add_paragraph("Um ano contra defeitos.")
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Sofá", "3 lugares"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_a_pdf_gives_its_pages():
    text = extract_text("Catálogo.PDF", pdf("Entrega em dois dias", "Trocas em sete dias"))
    assert "Entrega em dois dias" in text
    assert "Trocas em sete dias" in text


def test_a_word_file_gives_headings_paragraphs_and_tables():
    assert chunk_text(extract_text("manual.docx", word())) == ["Garantia\nUm ano contra defeitos.\nSofá | 3 lugares"]


def test_html_gives_its_text_without_scripts_and_with_headings():
    page = (
        "<html><head><title>x</title><style>p{}</style></head><body><nav>Menu</nav><h1>Entrega <b>rápida</b></h1>"
        "<p>Dois   dias <i>úteis</i>, para\n a capital.</p><ul><li>Pix</li><li>Cartão</li></ul>"
        "<script>alert('x')</script>depois<!-- nunca --> sempre<h2>Exterior</h2><table><tr><td>A</td><td>B</td></tr>"
        "</table></body></html>"
    )
    text = extract_text("pagina.html", page.encode())
    assert "alert" not in text
    assert "nunca" not in text
    assert chunk_text(text) == [
        "Menu",
        "Entrega rápida\nDois dias úteis, para a capital.\nPix\nCartão\ndepois sempre",
        "Entrega rápida › Exterior\nA B",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("filename", ["notas.txt", "notas.md", "notas.html"])
def test_accents_survive_any_usual_encoding(filename, encoding):
    assert extract_text(filename, "Promoção à vista".encode(encoding)).strip() == "Promoção à vista"


@pytest.mark.parametrize(
    ("filename", "content", "reason"),
    [
        ("a.exe", b"MZ", "unknown_type"),
        ("a", b"text", "unknown_type"),
        ("a.txt", b"x" * (extraction.MAX_BYTES + 1), "too_large"),
        ("a.txt", b"   \n", "no_text"),
        ("a.txt", b"", "no_text"),
        ("a.txt", b"PNG\x00\x00", "broken"),
        ("a.pdf", b"no pdf", "broken"),
        ("a.pdf", b"%PDF-1.7\n%%EOF", "broken"),
        ("a.pdf", pdf(""), "no_text"),
        ("a.pdf", pdf("segredo", password="x"), "encrypted"),
        ("a.docx", b"no zip", "broken"),
        ("a.docx", b"PK\x05\x06" + b"\x00" * 18, "broken"),
        ("a.html", b"", "no_text"),
        ("a.html", b"<script>x</script>", "no_text"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(filename, content, reason):
    with pytest.raises(Unreadable) as raised:
        extract_text(filename, content)
    assert raised.value.reason == reason


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as entry:
        for _ in range(101):
            entry.write(b"\x00" * 1024 * 1024)
    assert len(out.getvalue()) < extraction.MAX_BYTES
    with pytest.raises(Unreadable, match="too_large"):
        extract_text("bomb.docx", out.getvalue())


def test_html_that_nests_without_end_is_no_danger():
    began = time.process_time()
    try:
        text = extract_text("deep.html", b"<div>" * 100_000 + b"fundo")
    except Unreadable:
        text = ""
    assert time.process_time() - began < 10
    assert len(text) < 2_000_000


def test_a_long_text_is_cut():
    assert len(extract_text("a.txt", b"palavra " * 200_000)) == extraction.MAX_CHARACTERS


def test_a_file_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(extraction, "MAX_SECONDS", -1.0)
    with pytest.raises(Unreadable, match="too_slow"):
        extract_text("a.pdf", pdf("um"))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([".pdf", ".docx", ".html", ".txt", ".md"]), st.binary(max_size=300))
def test_whatever_a_file_holds_it_is_text_or_unreadable(suffix, content):
    try:
        assert extract_text(f"x{suffix}", content).strip()
    except Unreadable as unreadable:
        assert unreadable.reason


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 600), st.binary(min_size=1, max_size=20))
def test_a_damaged_pdf_is_text_or_unreadable(position, damage):
    content = bytearray(pdf("um", "dois"))
    content[position : position + len(damage)] = damage
    try:
        extract_text("x.pdf", bytes(content))
    except Unreadable as unreadable:
        assert unreadable.reason
