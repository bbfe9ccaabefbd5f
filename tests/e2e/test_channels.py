"""Customers of other channels than WhatsApp: choices tapped in the web widget, an email, an audio, a file asked for."""

import pytest

from demo.chatwoot.desk import Upload
from demo.odoo_session import OdooSession


@pytest.fixture(scope="module")
def odoo(stack):
    return OdooSession(stack.url, "acme", "admin", "admin")


@pytest.fixture(scope="module")
def hearing(odoo):
    """The company's model hears audios and sees pictures."""
    company = odoo.call("res.company", "search", [], limit=1)
    on = {"chatwootai_llm_vision": True, "chatwootai_llm_transcription_model": "chatwootai-demo-model"}
    odoo.call("res.company", "write", company, on)
    yield
    odoo.call("res.company", "write", company, dict.fromkeys(on, False))


def new_inbox(stack, channel):
    return stack.chatwoot.add_inbox(stack.acme.chatwoot.id, channel).id


def says(stack, text, phone, **options):
    return stack.chatwoot.customer_says(stack.acme.chatwoot.id, text, phone=phone, name="Ana", **options)


def test_a_choice_tapped_in_the_web_widget_is_answered(stack):
    asked = says(
        stack, "Quais batom líquido vocês têm?", "+5511900000101", inbox_id=new_inbox(stack, "Channel::WebWidget")
    )
    offer = stack.chatwoot.wait_for_reply(asked.conversation, asked.id, 60)
    choices = [item["value"] for item in offer.content_attributes["items"]]
    assert (offer.content_type, choices) == ("input_select", ["Batom Líquido Rubi", "Batom Líquido Terracota"])
    stack.chatwoot.customer_picks(stack.acme.chatwoot.id, offer, "Batom Líquido Terracota")
    answer = stack.chatwoot.wait_for_reply(asked.conversation, offer.id, 60)
    assert "Batom Líquido Terracota custa R$ 42,90" in answer.content
    assert len(stack.chatwoot.watch_replies(asked.conversation, asked.id, 6)) == 2


def test_an_email_is_read_without_what_it_quotes_and_answered_as_a_letter(stack):
    mail = (
        "Qual é o prazo para trocar um produto?\n\nEm 3 de nov. de 2026, Acme <a@b.example> escreveu:\n> Quanto custa?"
    )
    asked = says(stack, mail, "+5511900000102", inbox_id=new_inbox(stack, "Channel::Email"), subject="Troca")
    answer = stack.chatwoot.wait_for_reply(asked.conversation, asked.id, 60)
    assert "7 dias" in answer.content and "Atenciosamente,\n" in answer.content


def test_an_audio_that_is_not_there_at_first_is_heard_and_answered(stack, hearing):
    stack.chatwoot.faults.set("attachment_404", next=2)
    audio = Upload("voz.ogg", "audio/ogg", "OggS demo:Qual é o prazo para trocar um produto?".encode())
    asked = says(stack, None, "+5511900000103", attachments=[audio])
    answer = stack.chatwoot.wait_for_reply(asked.conversation, asked.id, 90)
    assert "7 dias" in answer.content
    assert asked.conversation.status == "pending"


def test_a_picture_is_seen_before_it_is_answered(stack, hearing):
    picture = Upload("foto.png", "image/png", b"\x89PNG demo:" + "Batom Líquido Rubi".encode())
    asked = says(stack, "Quanto custa este?", "+5511900000104", attachments=[picture])
    answer = stack.chatwoot.wait_for_reply(asked.conversation, asked.id, 60)
    assert "42,90" in answer.content


def test_who_sends_only_what_nobody_can_read_is_told_kindly_and_gets_a_person(stack):
    asked = says(stack, None, "+5511900000105", attachments=[Upload("clip.mp4", "video/mp4", b"demo")])
    answer = stack.chatwoot.wait_for_reply(asked.conversation, asked.id, 60)
    assert "vídeo" in answer.content
    stack.chatwoot.wait_for_status(asked.conversation, "open", 30)


def test_what_whatsapp_refuses_afterwards_is_put_before_people_once(stack):
    stack.chatwoot.faults.set("message_fails", next=1)
    asked = says(stack, "Qual o horário de atendimento?", "+5511900000106")
    answer = stack.chatwoot.wait_for_reply(asked.conversation, asked.id, 60)
    stack.chatwoot.wait_for_status(asked.conversation, "open", 60)
    notes = [one for one in asked.conversation.messages if one.private]
    assert len(notes) == 1 and answer.content in notes[0].content
