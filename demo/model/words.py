"""Words: folding, light stemming, function words, and the everyday vocabulary of shops in Portuguese and English.

Nothing in here names a company, a product or a question. Whoever wants the model to know more must put it in the
company's own data.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+", re.UNICODE)

#: Endings of plurals, and what stands in their place; the first that fits is taken.
_PLURALS = (
    ("ies", "y"), ("oes", "ao"), ("aes", "ao"), ("ais", "al"), ("eis", "el"), ("ois", "ol"),
    ("ns", "m"), ("res", "r"), ("zes", "z"), ("ches", "ch"), ("s", ""),
)  # fmt: skip
_ENDINGS = (
    "amento", "imento", "mente", "ando", "endo", "indo", "aram", "eram", "iram", "avam", "amos", "emos", "imos",
    "ada", "ado", "ida", "ido", "cao", "ing", "ar", "er", "ir", "am", "em", "ou", "ei", "ed", "a", "o", "e",
)  # fmt: skip
_SHORTEST_STEM = 4
_NUMBERS = {
    name: str(number)
    for number, names in {
        2: ("dois", "duas", "two"),
        3: ("tres", "three"),
        4: ("quatro", "four"),
        5: ("cinco", "five"),
        6: ("seis", "six"),
        7: ("sete", "seven"),
        8: ("oito", "eight"),
        9: ("nove", "nine"),
        10: ("dez", "ten"),
    }.items()
    for name in names
}
_TYPO = 0.84


def fold(text: str) -> str:
    """Lower case without accents."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _words_of(text: str) -> frozenset[str]:
    return frozenset(fold(text).split())


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """
    >>> [stem(w) for w in ("Trocas", "trocar", "entregam", "sofás", "batons", "devoluções")]
    ['troc', 'troc', 'entreg', 'sofa', 'batom', 'devolu']
    """
    folded = fold(word)
    if folded in _NUMBERS:
        return _NUMBERS[folded]
    for ending, instead in _PLURALS:
        if folded.endswith(ending) and len(folded) - len(ending) >= 3 and not folded.endswith("ss"):
            folded = folded[: -len(ending)] + instead
            break
    for ending in _ENDINGS:
        if folded.endswith(ending) and len(folded) - len(ending) >= _SHORTEST_STEM:
            return folded[: -len(ending)]
    return folded


def words(text: str) -> list[str]:
    """The words as written."""
    return _WORD.findall(text)


def stems(text: str) -> list[str]:
    return [stem(word) for word in words(text)]


def _stems_of(*texts: str) -> frozenset[str]:
    return frozenset(s for text in texts for s in stems(text))


class Concept(StrEnum):
    PRICE = "price"
    STOCK = "stock"
    HAVE = "have"
    RETURNS = "returns"
    DELIVERY = "delivery"
    PAYMENT = "payment"
    HOURS = "hours"
    WARRANTY = "warranty"
    CARE = "care"
    SCHEDULING = "scheduling"
    ADDRESS = "address"
    CONTACT = "contact"
    DISCOUNT = "discount"
    COMPLAINT = "complaint"


VOCABULARY: dict[Concept, frozenset[str]] = {
    Concept.PRICE: _stems_of(
        "preço valor custa custar custo caro barato reais orçamento cotação price cost costs expensive cheap worth"
    ),
    Concept.STOCK: _stems_of(
        "estoque disponível disponibilidade disponíveis unidades sobrou sobraram restam resta acabou esgotado"
        " stock available availability left remaining"
    ),
    Concept.HAVE: _stems_of(
        "tem têm vende vendem vender comprar compra levar existe trabalham have sell buy carry offer"
    ),
    Concept.RETURNS: _stems_of(
        "troca trocar trocas devolver devolução devolvo devolvido reembolso reembolsar estorno arrependi arrependimento"
        " desistir desistência return returns returning refund exchange replace"
    ),
    Concept.DELIVERY: _stems_of(
        "entrega entregar entregam frete envio enviar enviam envia despacho despacham chegar chega transportadora"
        " rastrear rastreio rastreamento correios motoboy remessa retirada retirar"
        " delivery deliver shipping ship shipment tracking track courier pickup"
    ),
    Concept.PAYMENT: _stems_of(
        "pagamento pagar pago paga parcelar parcela parcelas parcelamento cartão pix boleto débito crédito juros sinal"
        " payment pay card installment installments cash"
    ),
    Concept.HOURS: _stems_of(
        "horário horários funcionamento funciona funcionam abre abrem abrir fecha fechado expediente"
        " feriado hours open opening opens close closes closing"
    ),
    Concept.WARRANTY: _stems_of(
        "garantia defeito defeituoso quebrou quebrado quebrada rasgou rasgado rachou rachado soltou estragou"
        " estragado assistência conserto"
        " warranty guarantee broken defective defect repair"
    ),
    Concept.CARE: _stems_of(
        "limpar limpeza limpo cuidado cuidados cuidar conservar conservação manutenção lavar lavagem usar uso aplicar"
        " aplicação passar armazenar care clean cleaning use using apply wash store maintenance"
    ),
    Concept.SCHEDULING: _stems_of(
        "agendar agendamento agenda marcar remarcar marcado visita visitar consulta reservar reserva cancelar"
        " appointment book booking schedule reschedule visit"
    ),
    Concept.ADDRESS: _stems_of("endereço localização fica ficam localizada rua address located location street"),
    Concept.CONTACT: _stems_of("telefone ligar email site instagram whatsapp redes phone website contact"),
    Concept.DISCOUNT: _stems_of(
        "desconto promoção promoções cupom oferta ofertas brinde liquidação discount coupon promotion promo deal"
    ),
    Concept.COMPLAINT: _stems_of("reclamação reclamar problema errado errada complaint complain problem wrong issue"),
}
#: What a product's own data answers.
OF_PRODUCTS = frozenset({Concept.PRICE, Concept.STOCK, Concept.HAVE})
#: What a policy, a rule or a company fact answers.
OF_POLICIES = frozenset(Concept) - OF_PRODUCTS - {Concept.COMPLAINT}

_CONCEPTS_OF_STEM: dict[str, frozenset[Concept]] = {
    s: frozenset(c for c, vocabulary in VOCABULARY.items() if s in vocabulary)
    for s in frozenset().union(*VOCABULARY.values())
}

PORTUGUESE_FUNCTION_WORDS = _words_of(
    "a à ao aos às as até com como da das de dela dele delas deles do dos e é ela ele elas eles em entre era eram essa"
    " esse esta este está estão estou eu foi há isso isto já lá lhe mais mas me mesmo meu meus minha minhas muito na"
    " não nas nem no nos nós nossa nosso num numa o os ou para pela pelo pelas pelos por porque pois pra pro pras"
    " qual quais quando quanto quantos quanta quantas que quem se sem ser seu seus só sobre sou sua suas também te"
    " toda todo todos um uma umas uns vai vão você vocês vc vcs aí aqui ali então tá né onde posso pode podem poder"
    " podemos queria quero quer gostaria preciso precisa precisava saber sabe dizer diz fala me tenho teria tinha ter"
    " faz fazem fazer feito dá dar depois antes hoje amanhã ontem agora ainda algum alguma alguns algumas cada favor"
    " gentileza qualquer outra outro outros aceita aceitam sai saindo esse nesse nessa deste desta dessa disso nisso"
    " oi olá bom boa dia tarde noite obrigado obrigada valeu tchau opa eai tudo bem certo ok sim conseguem consegue"
    " informar informe dúvida pergunta ajuda ajudar tipo gente é vim vir ver olhar via"
)
ENGLISH_FUNCTION_WORDS = _words_of(
    "a about an and any are as at be been but by can could day days did do does for from get give good had has he hello"
    " help her hey hi him his how i if in into is it its just know let like long many me more morning afternoon"
    " evening much my need no not of ok okay on one or our out please question she so some tell thank thanks that the"
    " their them then there these they this those to today tomorrow too up us want was we were what when where which"
    " who why will with would yes you your bye goodbye whats im id ive youre dont"
)
_FUNCTION_WORDS = PORTUGUESE_FUNCTION_WORDS | ENGLISH_FUNCTION_WORDS
#: "tem" is told apart from "em" and the like by its concept, so it is not a function word.
_CLEARLY_ENGLISH = _words_of(
    "the is are you your what which how much do does can could would have has for with of and to my it there price when"
)
_CLEARLY_PORTUGUESE = _words_of(
    "o os as um uma de da do das dos em no na voces voce vcs vc qual quais quanto quantos que tem para pra por com meu"
    " esse essa isso nao sim quero queria gostaria posso pode onde quando como e custa oi ola bom boa obrigado"
)

_GREETING = _words_of("oi ola bom boa dia tarde noite opa eai hello hi hey morning afternoon evening tudo bem")
_GOODBYE = _words_of(
    "obrigado obrigada obg valeu tchau agradeco agradecido agradecida brigado brigada thanks thank bye goodbye"
)
_A_PERSON = _stems_of("humano humana atendente gerente supervisor ouvidoria human manager representative operator")
_TALK = _stems_of(
    "falar conversar chamar chama transferir transfere passar passa fala ligar talk speak transfer connect call"
)
_SOMEBODY = _stems_of(
    "pessoa alguém gente vendedor vendedora consultor consultora responsável equipe dono dona"
    " person someone somebody agent staff team people owner"
)
_GRAVE = _stems_of("procon advogado advogada processar judicial justiça lawyer lawsuit sue")


def content_words(text: str) -> list[str]:
    """The words that say what a text is about, as written, each once."""
    found = (w for w in words(text) if fold(w) not in _FUNCTION_WORDS and (len(w) > 1 or w.isdigit()))
    return list({stem(w): w for w in found}.values())


def concepts(text: str) -> frozenset[Concept]:
    """
    >>> sorted(concepts("Quanto custa o frete?"))
    [<Concept.DELIVERY: 'delivery'>, <Concept.PRICE: 'price'>]
    """
    return frozenset().union(*(concepts_of(s) for s in stems(text)), _concepts_of_phrases(text))


def concepts_of(stemmed: str) -> frozenset[Concept]:
    return _CONCEPTS_OF_STEM.get(stemmed, frozenset())


_PHRASES = (
    (re.compile(r"\b(quanto (e|ta|sai|fica|esta|vale|saem|sao)|por quanto|how much)\b"), Concept.PRICE),
    (re.compile(r"\b(que horas|ate que hora|what time)\b"), Concept.HOURS),
    # A shop that is open, not a jar that was opened.
    (re.compile(r"\b(esta|estao|tao|ta|fica|ficam|voces|vcs|loja) (\w+ ){0,2}abert[oa]s?\b"), Concept.HOURS),
    (re.compile(r"\b(onde (fica|ficam|voces|vcs|e)|where (are|is) (you|your|the (shop|store)))\b"), Concept.ADDRESS),
    (re.compile(r"\b(how many|quant[oa]s? .{0,40}(tem|ha|restam|sobr\w+))\b"), Concept.STOCK),
)  # fmt: skip


def _concepts_of_phrases(text: str) -> frozenset[Concept]:
    folded = fold(text)
    return frozenset(concept for pattern, concept in _PHRASES if pattern.search(folded))


def alike(one: str, other: str) -> bool:
    """Whether two stems are the same word, give or take an ending or a typing error."""
    if one == other:
        return True
    if min(len(one), len(other)) < 5 or one.isdigit() or other.isdigit():
        return False
    if one.startswith(other) or other.startswith(one):
        return abs(len(one) - len(other)) <= 3
    return one[0] == other[0] and difflib.SequenceMatcher(None, one, other).ratio() >= _TYPO


def holds(stemmed: str, among: Iterable[str]) -> bool:
    return any(alike(stemmed, other) for other in among)


def is_english(text: str) -> bool | None:
    """True or False, or None where the words do not tell."""
    found = {fold(word) for word in words(text)}
    english, portuguese = len(found & _CLEARLY_ENGLISH), len(found & _CLEARLY_PORTUGUESE)
    portuguese += 2 * bool(re.search(r"[ãõçáéíóúâêô]", text.lower()))
    return None if english == portuguese else english > portuguese


def asks_for_a_person(text: str) -> bool:
    """
    >>> asks_for_a_person("Quero falar com uma pessoa"), asks_for_a_person("mesa para seis pessoas")
    (True, False)
    """
    found = frozenset(stems(text))
    return bool(found & (_A_PERSON | _GRAVE)) or bool(found & _TALK and found & _SOMEBODY)


def only_greets(text: str) -> bool:
    found = [fold(w) for w in words(text)]
    return bool(set(found) & _GREETING) and not content_words(text) and not concepts(text)


def only_says_goodbye(text: str) -> bool:
    found = {fold(w) for w in words(text)}
    return bool(found & _GOODBYE) and not concepts(text) and not set(content_words(text)) - {"obg", "agradeço"}
