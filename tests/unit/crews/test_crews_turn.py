"""A message through the crew: who answers, what tools get, what the customer reads."""

from .fakes import FakeTools, intent, says, wants

from chatwootai_agent.crews.reply import Customer
from chatwootai_agent.crews.whatsapp import WhatsAppCrew


def test_a_sales_question_is_answered_from_the_product_tool(model):
    server = model([intent("sales"), wants("find_products", {"query": "sérum"}), says("O **Sérum** custa R$ 89,90.")])
    tools = FakeTools()
    reply = WhatsAppCrew("acme", tools, server.settings()).process_message("Quanto custa o sérum?", 42)
    assert reply.text == "Oi, aqui é a Acme!\n\nO Sérum custa R$ 89,90."
    assert (reply.intent, reply.hand_off) == ("sales", None)
    assert [(step.kind, step.name, step.ok) for step in reply.steps] == [
        ("llm", "fake", True),
        ("llm", "fake", True),
        ("tool", "find_products", True),
        ("llm", "fake", True),
    ]
    assert tools.asked("find_products") == [{"account_id": "acme", "query": "sérum", "limit": 5}]
