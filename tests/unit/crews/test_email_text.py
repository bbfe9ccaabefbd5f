"""Of an email the agents read what its author wrote, and never nothing."""

import pytest
from chatwootai_agent.crews.email_text import written_text
from hypothesis import given
from hypothesis import strategies as st

OWN = "Bom dia,\n\nO sérum chegou quebrado. Como faço a troca?\n\nAna Ruiz"

GMAIL_PT = f"""{OWN}

Em seg., 16 de nov. de 2026 às 09:41, Acme Cosméticos <
contato@acme.example> escreveu:

> Olá Ana,
> seu pedido foi enviado.
>
>> mais antigo
"""
OUTLOOK_PT = f"""{OWN}

De: Acme Cosméticos <contato@acme.example>
Enviado: segunda-feira, 16 de novembro de 2026 09:41
Para: Ana Ruiz <ana@cliente.example>
Assunto: Seu pedido

Olá Ana, seu pedido foi enviado.
"""
OUTLOOK_EN_BORDER = f"""{OWN}

________________________________
From: Acme <contact@acme.example>
Sent: Monday, November 16, 2026 9:41 AM
To: Ana

Your order is on its way.
"""
APPLE_EN = f"""{OWN}

Sent from my iPhone

> On 16 Nov 2026, at 09:41, Acme <contact@acme.example> wrote:
>
> Your order is on its way.
"""
APPLE_PT = (
    f"{OWN}\n\nEnviado do meu iPhone\n\nNo dia 16 de nov. de 2026, à(s) 09:41, Acme <a@b.example> escreveu:\n\nOlá"
)
ORIGINAL = f"{OWN}\n\n-----Mensagem original-----\nDe: Acme\nOlá"
SIGNED = f"{OWN}\n-- \nAna Ruiz\nGerente | Salão da Ana\n+55 11 98888-7777"
DISCLAIMER = f"{OWN}\n\nAVISO DE CONFIDENCIALIDADE: esta mensagem é só para quem a recebe."
WROTE_EN = f"{OWN}\n\nOn Mon, Nov 16, 2026 at 9:41 AM Acme <contact@acme.example> wrote:\n> Hi Ana"


@pytest.mark.parametrize(
    "mail", [GMAIL_PT, OUTLOOK_PT, OUTLOOK_EN_BORDER, APPLE_EN, APPLE_PT, ORIGINAL, SIGNED, DISCLAIMER, WROTE_EN]
)
def test_what_is_quoted_or_added_is_cut(mail):
    assert written_text(mail) == OWN
    assert written_text(mail.replace("\n", "\r\n")) == OWN


@pytest.mark.parametrize(
    "mail",
    [
        OWN,
        "Em anexo vai a nota. O vendedor escreveu: sem garantia.",
        "De: São Paulo\nPara: Recife\nQuanto custa o frete?",
        "Quero:\n- um sérum\n- um creme -- o maior",
        "On Monday I wrote to you. Any news?",
    ],
)
def test_what_only_looks_like_it_stays(mail):
    assert written_text(mail) == mail


def test_a_mail_that_is_nothing_but_quoted_is_kept():
    assert written_text("> Serve hoje?") == "> Serve hoje?"


@given(st.text(alphabet="aEmOn :<>-_\n", max_size=400))
def test_a_mail_with_words_never_becomes_empty(mail):
    assert bool(written_text(mail)) == bool(mail.strip())
