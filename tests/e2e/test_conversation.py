"""A customer writes on WhatsApp and gets one good answer from the right company, or a person."""

import re
from concurrent.futures import ThreadPoolExecutor

import requests

from demo.odoo_session import OdooSession


def brl(price):
    """1234.5 → 1.234,50"""
    return f"{price:,.2f}".translate(str.maketrans(",.", ".,"))


def first_product(stack, tenant, query):
    return stack.tool(tenant, "find_products", query=query, limit=1)["products"][0]


def some_product(stack, tenant):
    records = stack.tool(
        tenant, "search_records", model="product.product", domain=[["sale_ok", "=", True]], fields=["name"], limit=5
    )["records"]
    return first_product(stack, tenant, records[2]["name"])


def test_the_answer_holds_the_price_and_stock_of_this_moment(stack):
    for tenant in stack.tenants:
        product = some_product(stack, tenant)
        reply = stack.ask(tenant, f"Quanto custa {product['name']} e tem em estoque?", phone="+5511900000001")
        assert brl(product["price"]) in reply.content
        assert re.search(rf"\b{product['available_quantity']:g}\b", reply.content)


def test_a_renamed_product_asked_for_in_other_words_is_found_under_its_new_name(stack):
    odoo = OdooSession(stack.url, "acme", "admin", "admin")
    [product] = odoo.call("product.product", "search_read", [["default_code", "=", "FI-003"]], fields=["name"])
    odoo.call("product.product", "write", [product["id"]], {"name": "Bruma Quartzo Lunar", "list_price": 123.45})
    try:
        reply = stack.ask(
            stack.acme, "Boa tarde! Vi na vitrine uma bruma quartzo lunar, por quanto sai?", phone="+5511900000008"
        )
    finally:
        odoo.call("product.product", "write", [product["id"]], {"name": product["name"]})
    assert "123,45" in reply.content


def test_one_webhook_serves_all_tenants_of_a_chatwoot(stack):
    assert stack.acme.shared_webhook_url == stack.acme_x.shared_webhook_url
    for tenant in stack.tenants:
        stack.chatwoot.point_webhooks(tenant.chatwoot.id, bot_url=tenant.shared_webhook_url)
    try:
        for tenant, own, others in zip(stack.tenants, ("7 dias", "30 dias"), ("30 dias", "7 dias"), strict=True):
            reply = stack.ask(tenant, "Qual é o prazo para trocar um produto?", phone="+5511900000009")
            assert own in reply.content and others not in reply.content
    finally:
        for tenant in stack.tenants:
            stack.chatwoot.point_webhooks(tenant.chatwoot.id, bot_url=tenant.webhook_url)


def test_the_shared_webhook_refuses_an_account_of_nobody(stack):
    body = b'{"event":"message_created","account":{"id":424242}}'
    refused = requests.post(stack.acme.shared_webhook_url, data=body, timeout=10)
    unsigned = requests.post(stack.acme.webhook_url, data=body, timeout=10)
    assert refused.status_code == 401 and refused.content == unsigned.content


def test_the_shared_webhook_takes_and_leaves_what_an_old_chatwoot_tells_without_an_account(stack):
    body = b'{"event":"conversation_status_changed","id":1,"status":"open"}'
    taken = requests.post(stack.acme.shared_webhook_url, data=body, timeout=10)
    forged = requests.post(stack.acme.shared_webhook_url[:-2] + "xx", data=body, timeout=10)
    assert (taken.status_code, forged.status_code) == (200, 401)


def test_the_same_question_gets_each_companys_own_answer(stack):
    question = "Qual é o prazo para troca ou devolução?"
    with ThreadPoolExecutor(2) as pool:
        replies = list(
            pool.map(lambda tenant: stack.ask(tenant, question, phone="+5511900000002").content, stack.tenants)
        )
    assert replies[0] != replies[1]


def test_a_customer_who_wants_a_person_gets_one(stack):
    message = stack.chatwoot.customer_says(
        stack.acme.chatwoot.id, "Quero falar com um atendente humano, por favor", phone="+5511900000003"
    )
    stack.chatwoot.wait_for_reply(message.conversation, message.id, 60)
    stack.chatwoot.wait_for_status(message.conversation, "open", 30)
    assert any(note.private for note in message.conversation.messages)


def test_a_message_delivered_many_times_is_answered_once(stack):
    stack.chatwoot.faults.set("webhook_duplicate_new_id", probability=1.0)
    message = stack.chatwoot.customer_says(
        stack.acme_x.chatwoot.id, "Quais são as formas de pagamento?", phone="+5511900000004"
    )
    stack.chatwoot.wait_for_reply(message.conversation, message.id, 60)
    assert len(stack.chatwoot.watch_replies(message.conversation, message.id, 8)) == 1


def test_a_burst_is_answered_together(stack):
    said = [
        stack.chatwoot.customer_says(stack.acme.chatwoot.id, text, phone="+5511900000005")
        for text in ("Oi", "tudo bem?", "qual o horário de atendimento?")
    ]
    conversation = said[-1].conversation
    stack.chatwoot.wait_for_reply(conversation, said[-1].id, 60)
    assert len(stack.chatwoot.watch_replies(conversation, said[0].id, 8)) == 1


def test_the_agents_are_silent_once_a_person_answered(stack):
    message = stack.chatwoot.customer_says(stack.acme.chatwoot.id, "Bom dia", phone="+5511900000006")
    first = stack.chatwoot.wait_for_reply(message.conversation, message.id, 60)
    person = stack.chatwoot.human_replies(stack.acme.chatwoot.id, message.conversation.display_id, "Oi, sou a Paula.")
    assert person.id > first.id
    later = stack.chatwoot.customer_says(stack.acme.chatwoot.id, "Quanto custa o frete?", phone="+5511900000006")
    assert stack.chatwoot.watch_replies(later.conversation, later.id, 12) == []


def test_chatwoot_down_delays_the_answer_and_loses_nothing(stack):
    stack.chatwoot.faults.set("api_500", next=3)
    reply = stack.ask(stack.acme, "Vocês entregam em casa?", phone="+5511900000007", timeout=120)
    assert reply.content
    assert len(stack.chatwoot.watch_replies(reply.conversation, 0, 5)) == 1


def test_an_unsigned_or_wrongly_signed_delivery_is_refused(stack):
    body = b'{"event":"message_created","account":{"id":1}}'
    unsigned = requests.post(stack.acme.webhook_url, data=body, timeout=10)
    wrong = requests.post(
        stack.acme.webhook_url,
        data=body,
        headers={"X-Chatwoot-Signature": "sha256=" + "0" * 64, "X-Chatwoot-Timestamp": "1781706000"},
        timeout=10,
    )
    assert unsigned.status_code == wrong.status_code == 401
    assert unsigned.content == wrong.content
