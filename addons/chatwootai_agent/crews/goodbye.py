"""Whether a customer only says thanks and goodbye: then no model is asked what to answer. A pure function."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: The intent of a turn that ended so.
CLOSING: Final = "closing"
_MOST_WORDS: Final = 14


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SAY_IT: Final = _words(
    "obrigado obrigada obrigadao brigado brigada obg brigadao valeu vlw agradeco agradecido agradecida grato grata"
    " tchau flw ate thanks thank thx bye goodbye gracias adios chao"
)
_GO_ALONG: Final = _words(
    "muito muita mais tudo bem por pela pelo pelas pelos sua seu suas sua a o e as os ajuda atencao informacao"
    " informacoes atendimento resposta paciencia entao ok okay blz beleza certo perfeito otimo otima legal so era isso"
    " nao precisa nada bom boa dia tarde noite semana fim de para voce voces tambem igualmente logo breve amanha"
    " depois proxima mesmo viu ta mil deus abracos abraco"
    " you very much so a lot for the your help no that is was all thats good great have nice day evening night see"
    " muchas muy por la su ayuda todo hasta luego pronto bueno"
)
_WORD = re.compile(r"[a-z]+")


def is_goodbye(text: str) -> bool:
    """
    >>> is_goodbye("Muito obrigada pela ajuda, tchau! 🙏"), is_goodbye("Obrigada, e qual o preço?")
    (True, False)
    """
    if "?" in text:
        return False
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    words = _WORD.findall(plain.replace("'", ""))
    known = all(word in _SAY_IT or word in _GO_ALONG for word in words)
    # A number is a question of its own: an order's, a price, an hour.
    return (
        0 < len(words) <= _MOST_WORDS
        and known
        and any(word in _SAY_IT for word in words)
        and not re.search(r"\d", text)
    )
