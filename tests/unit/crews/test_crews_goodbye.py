"""Only a message that is nothing but thanks and goodbye ends a conversation."""

import pytest
from chatwootai_agent.crews.goodbye import is_goodbye


@pytest.mark.parametrize(
    "text",
    [
        "Obrigado!",
        "Muito obrigada pela ajuda, tchau 🙏",
        "valeu, era só isso",
        "Não, obrigada.",
        "Thanks, bye!",
        "Até logo",
    ],
)
def test_thanks_and_goodbyes_are_known(text):
    assert is_goodbye(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "👍",
        "ok",
        "Obrigada, e qual o preço?",
        "Obrigado, quero o sérum",
        "Sim, obrigado",
        "obrigado pelo pedido 123",
        "tchau que fim de mundo esse atendimento",
        "Bom dia",
        "obrigado " * 20,
    ],
)
def test_what_says_more_is_for_the_crew(text):
    assert not is_goodbye(text)
