"""Embeddings: deterministic everywhere, forgiving of typos and word forms, and clear when a model fails."""

import http.server
import json
import math
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest
from chatwootai_mcp.stores.embeddings_lexical import LexicalEmbedder, ngram_vector
from chatwootai_mcp.stores.embeddings_openai import OpenAIEmbedder
from chatwootai_mcp.stores.errors import StoreUnavailable
from chatwootai_mcp.stores.vectors import Point
from chatwootai_mcp.stores.vectors_edge import EdgeVectorStore
from chatwootai_mcp.tenancy.account import CollectionType
from hypothesis import given
from hypothesis import strategies as st

TEXTS = {
    "batom": "Batom Matte Vermelho Rubi. Batom de longa duração com acabamento matte.",
    "base": "Base Líquida. Base com controle de brilho para pele oleosa, cobertura média.",
    "protetor": "Protetor Solar Facial FPS 50. Toque seco, para o rosto.",
    "shampoo": "Shampoo Hidratante Cachos. Para cabelos cacheados com óleo de coco.",
    "perfume": "Perfume Floral Jasmim 100ml. Perfume feminino com notas de jasmim.",
    "pinceis": "Kit Pincéis de Maquiagem. Conjunto com 8 pincéis profissionais.",
    "cilios": "Máscara de Cílios à Prova d'Água. Máscara preta, alongamento e volume.",
    "esmalte": "Esmalte Azul Noite. Esmalte de secagem rápida cor azul escuro.",
    "sofa": "Sofá Retrátil 3 Lugares. Sofá em suede cinza, reclinável.",
    "mesa": "Mesa de Jantar Extensível. Mesa de madeira maciça para 8 cadeiras.",
    "guarda-roupa": "Guarda-roupa Casal 6 portas com espelho.",
    "trocas": "Política de trocas. Produtos lacrados em até 7 dias com a nota fiscal; abertos só com defeito.",
    "entrega": "Entrega. Entregamos em São Paulo em até 2 dias úteis; frete grátis acima de R$ 199,00.",
    "pagamento": "Pagamento. Aceitamos Pix com 5% de desconto, cartão em até 6 vezes e boleto.",
    "limpeza": "Limpeza de pele. Dura 60 minutos, de terça a sábado, com 24 horas de antecedência.",
}
QUESTIONS = [
    ("tem batom vermelho?", "batom"),
    ("vocês tem baton mate", "batom"),
    ("quero uma base pra pele oleoza", "base"),
    ("protetores solares", "protetor"),
    ("xampu para cabelo cacheado", "shampoo"),
    ("SHAMPO CACHOS", "shampoo"),
    ("pincel maquiagem", "pinceis"),
    ("mascara de cilio", "cilios"),
    ("perfumes com jasmin", "perfume"),
    ("esmalte asul", "esmalte"),
    ("sofas retrateis", "sofa"),
    ("mezas de madeira", "mesa"),
    ("guarda roupas com espelhos", "guarda-roupa"),
    ("posso trocar um produto aberto?", "trocas"),
    ("qual o prazo de entrega em sao paulo", "entrega"),
    ("quanto custa o frete?", "entrega"),
    ("parcelam no cartao?", "pagamento"),
    ("quanto tempo dura a limpesa de pele", "limpeza"),
]
OFF_TOPIC = ["quem descobriu o Brasil?", "preciso de um advogado", "bom dia", "???", "😀", ""]


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    embedder = LexicalEmbedder()
    store = EdgeVectorStore(tmp_path_factory.mktemp("vectors"))
    store.ensure("acme", CollectionType.PRODUCTS, embedder.dimension, embedder.model)
    embeddings = embedder.embed(list(TEXTS.values()))
    store.upsert(
        "acme",
        CollectionType.PRODUCTS,
        [
            Point(str(uuid.uuid5(uuid.NAMESPACE_URL, name)), each.dense, each.sparse, {"name": name})
            for name, each in zip(TEXTS, embeddings, strict=True)
        ],
    )

    def ask(question):
        query = embedder.embed([question], query=True)[0]
        hits = store.search(
            "acme",
            CollectionType.PRODUCTS,
            dense=query.dense,
            sparse=query.sparse,
            min_similarity=embedder.min_similarity,
        )
        return [hit.payload["name"] for hit in hits]

    yield ask
    store.close()


@pytest.mark.parametrize(("question", "expected"), QUESTIONS)
def test_a_question_with_typos_and_word_forms_finds_its_text_first(ask, question, expected):
    assert ask(question)[0] == expected


@pytest.mark.parametrize("question", OFF_TOPIC)
def test_a_question_about_nothing_here_finds_nothing(ask, question):
    assert ask(question) == []


def test_another_process_computes_the_same_vector():
    addons = Path(__file__).resolve().parents[3] / "addons"
    code = (
        "import sys, types, json; shell = types.ModuleType('chatwootai_mcp')\n"
        f"shell.__path__ = [{str(addons / 'chatwootai_mcp')!r}]; sys.modules['chatwootai_mcp'] = shell\n"
        "from chatwootai_mcp.stores.embeddings_lexical import LexicalEmbedder\n"
        "e = LexicalEmbedder().embed(['Pincéis de maquiagem'])[0]\n"
        "print(json.dumps([e.dense, e.sparse.indices, e.sparse.values]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"}
    )
    here = LexicalEmbedder().embed(["Pincéis de maquiagem"])[0]
    assert json.loads(ran.stdout) == [here.dense, here.sparse.indices, here.sparse.values]


@given(st.text(max_size=300))
def test_every_text_has_a_unit_vector(text):
    vector = ngram_vector(text)
    assert len(vector) == LexicalEmbedder.dimension
    assert math.isclose(math.hypot(*vector), 1.0, rel_tol=1e-9)


def test_accents_and_case_make_no_difference():
    assert ngram_vector("PINCÉIS À VISTA") == ngram_vector("pinceis a vista")


class EmbeddingServer(http.server.BaseHTTPRequestHandler):
    """Answers /v1/embeddings with what the test put into `server.answer`."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, self.headers.get("Authorization"), body))
        status, answer = self.server.answer(body)
        payload = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *args):
        pass


def good(body):
    data = [{"index": n, "embedding": [float(len(text)), 1.0]} for n, text in enumerate(body["input"])]
    return 200, {"data": data[::-1]}


@pytest.fixture
def server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), EmbeddingServer)
    server.requests, server.answer = [], good
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def embedder(server):
    return embedder_of(server, timeout=30)


def embedder_of(server, timeout):
    return OpenAIEmbedder(f"http://127.0.0.1:{server.server_port}/v1/", "small", "sekret", dimension=2, timeout=timeout)


def test_texts_are_embedded_in_batches_and_come_back_in_order(embedder, server):
    texts = [f"texto {'x' * number}" for number in range(150)]
    embeddings = embedder.embed(texts)
    assert [each.dense[0] for each in embeddings] == [float(len(text)) for text in texts]
    assert all(each.sparse.indices for each in embeddings)
    assert {(path, key) for path, key, _ in server.requests} == {("/v1/embeddings", "Bearer sekret")}
    assert [len(body["input"]) for _, _, body in server.requests] == [64, 64, 22]
    assert server.requests[0][2]["model"] == "small"


def test_no_texts_ask_nothing(embedder, server):
    assert embedder.embed([]) == []
    assert server.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}),
        (401, {"error": "sekret is wrong"}),
        (302, {}),
        (200, b"<html>"),
        (200, {"data": "no list"}),
        (200, {"data": []}),
        (200, {"data": [{"index": 0, "embedding": [1.0]}]}),
        (200, {"data": [{"index": 0, "embedding": [1.0, "x"]}]}),
        (200, b'{"data": [{"index": 0, "embedding": [1.0, NaN]}]}'),
        (200, {"data": [{"index": 0, "embedding": [1.0, 2.0]}, {"index": 1, "embedding": [1.0, 2.0]}]}),
    ],
)
def test_a_model_that_fails_is_a_store_that_is_unavailable(embedder, server, answer):
    server.answer = lambda body: answer
    with pytest.raises(StoreUnavailable) as raised:
        embedder.embed(["texto"])
    assert "sekret" not in str(raised.value)


def test_a_model_that_does_not_answer_in_time_is_unavailable(server):
    release = threading.Event()
    server.answer = lambda body: (release.wait(30), good(body))[1]
    with pytest.raises(StoreUnavailable, match="in time"):
        embedder_of(server, timeout=0.5).embed(["texto"])
    release.set()


def test_a_model_that_is_not_there_is_unavailable():
    with pytest.raises(StoreUnavailable, match="reached"):
        OpenAIEmbedder("http://127.0.0.1:9/v1", "small", None, 2).embed(["texto"])
