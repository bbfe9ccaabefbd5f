"""What customers send beside words reads as words, and what nobody can read is told apart."""

import doctest

import pytest
from chatwootai_agent.crews import part, received
from chatwootai_agent.crews.channel import FACEBOOK, TELEGRAM, WEB_WIDGET, WHATSAPP
from chatwootai_agent.crews.part import Part, with_choices
from chatwootai_agent.crews.received import in_words, unread_kind
from chatwootai_agent.crews.registry import CREWS, crew_class


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(received).failed == 0
    assert doctest.testmod(part).failed == 0


@pytest.mark.parametrize(
    ("attachment", "read", "words"),
    [
        ({"file_type": "audio", "transcribed_text": "Tem sérum?"}, None, "Tem sérum?"),
        ({"file_type": "audio"}, "Tem creme?", "Tem creme?"),
        (
            {"file_type": "image"},
            "Um frasco\nquebrado",
            "[imagem do cliente, descrita por um programa: Um frasco quebrado]",
        ),
        ({"file_type": "location", "latitude": -23.5, "longitude": -46.6}, None, "[localização: -23.5, -46.6]"),
        ({"file_type": "contact", "title": "+55 11 98888-7777"}, None, "[contato: +55 11 98888-7777]"),
        ({"file_type": "story_mention"}, None, "[o cliente mencionou a empresa em um story]"),
        ({"file_type": "fallback", "title": "Promoção"}, None, "[publicação compartilhada: Promoção]"),
        ({"file_type": "ig_reel"}, None, "[arquivo que os agentes não conseguem abrir]"),
        ({"file_type": "something new"}, None, "[arquivo que os agentes não conseguem abrir]"),
        ({}, None, "[arquivo que os agentes não conseguem abrir]"),
    ],
)
def test_each_kind_reads_as_words(attachment, read, words):
    assert in_words(attachment, read, "pt_BR") == words


@pytest.mark.parametrize("language", ["pt_BR", "en_US", ""])
@pytest.mark.parametrize("kind", ["audio", "image", "video", "file"])
def test_a_message_of_only_unread_files_is_recognised(kind, language):
    line = in_words({"file_type": kind}, None, language)
    assert unread_kind(line) == kind
    assert unread_kind(f"{line}\n{line}\n") == kind
    assert unread_kind(f"Quanto custa este?\n{line}") is None
    assert unread_kind("") is None


THREE = ("Sérum", "Creme", "Bruma")


def test_choices_are_tapped_where_the_channel_has_room_for_them():
    for channel in (WHATSAPP, WEB_WIDGET, TELEGRAM):
        chosen = with_choices(Part("Qual?"), THREE, channel)
        assert (chosen.text, chosen.content_type) == ("Qual?", "input_select")
        assert [item["title"] for item in chosen.items] == list(THREE)


@pytest.mark.parametrize(
    ("text", "choices", "channel"),
    [
        ("Qual?", THREE, FACEBOOK),
        ("Qual?", ("Sérum iluminador de vitamina C", "Creme"), WHATSAPP),
        ("Qual?", tuple(f"Opção {number}" for number in range(11)), WHATSAPP),
        ("x" * 1025, THREE, WHATSAPP),
    ],
)
def test_elsewhere_they_are_numbered_in_the_text(text, choices, channel):
    written = with_choices(Part(text), choices, channel)
    assert written.content_type == "text" and not written.items
    assert written.text.startswith(f"{text}\n\n1. {choices[0]}\n2. {choices[1]}")


def test_every_channel_of_chatwoots_has_its_crew():
    assert {crew_class(name).channel.name for name in CREWS} == set(CREWS)
    assert crew_class("Channel::New").channel.name == crew_class(None).channel.name == ""
