"""Two tenants' crews on several threads at once: nothing of one reaches the other, and each turn counts its own."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

from chatwootai_agent.crews.llm_settings import LLMSettings
from chatwootai_agent.crews.whatsapp import WhatsAppCrew

from .fakes import FakeTools, intent, says, wants

THREADS = 4
MESSAGES = 6


def test_turns_of_two_tenants_do_not_mix(model):
    def script(request):
        messages = request["messages"]
        if request.get("response_format"):
            return intent("sales")
        if messages[-1]["role"] == "tool":
            price = json.loads(messages[-1]["content"])["products"][0]["name"]
            return says(f"Temos {price}.")
        asked = re.search(r"<customer_message>\n(.*)\n", messages[-1]["content"]).group(1)
        return wants("find_products", {"query": asked})

    server = model(script)

    def turn(number):
        account = ("acme", "rival")[number % 2]
        tools = FakeTools(
            account,
            find_products=lambda asked: {"success": True, "products": [{"name": f"{account}/{asked['query']}"}]},
        )
        tools.documents["company_metadata"]["company_name"] = f"Empresa {account}"
        settings = LLMSettings("fake", server.url, f"key-of-{account}")
        reply = WhatsAppCrew(account, tools, settings).process_message(f"item-{number}", number, history=[
            {"role": "assistant", "content": "oi"}])  # fmt: skip
        return number, account, reply, tools

    with ThreadPoolExecutor(THREADS) as pool:
        turns = list(pool.map(turn, range(THREADS * MESSAGES)))

    for number, account, reply, tools in turns:
        assert reply.text == f"Temos {account}/item-{number}."
        assert (reply.usage.total_tokens, reply.usage.llm_calls, len(reply.steps)) == (330, 3, 4)
        assert {arguments["account_id"] for _, arguments in tools.calls} == {account}
    for request in server.requests:
        account = request["_authorization"].removeprefix("Bearer key-of-")
        other = {"acme": "rival", "rival": "acme"}[account]
        assert f"Empresa {account}" in json.dumps(request, ensure_ascii=False)
        assert f"Empresa {other}" not in json.dumps(request, ensure_ascii=False)
