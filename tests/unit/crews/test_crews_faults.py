"""What the crew does when the model or a tool does not behave: a reply, a hand-off with its reason, or TurnFailed."""

import time

import pytest
from chatwootai_agent.crews.errors import ConfigurationMissing, ToolsUnreachable, TurnFailed
from chatwootai_agent.crews.llm_settings import LLMSettings
from chatwootai_agent.crews.whatsapp import WhatsAppCrew

from .fakes import FakeTools, Fault, Hang, intent, says, wants

ANSWER = says("Custa R$ 89,90.")


def ask(server, message="Quanto custa o sérum?", tools=None, seconds=20, **settings):
    tools = tools or FakeTools()
    tools.documents["agent_config"] = {**tools.documents["agent_config"], "turn_seconds": seconds}
    return WhatsAppCrew("acme", tools, server.settings(**settings)).process_message(message, 42)


@pytest.mark.parametrize(
    "answer",
    [
        'Claro! ```json\n{"intent": "delivery", "confidence": 0.8}\n```',
        "Acho que é delivery.",
        '{"intent": "DELIVERY"}',
        '<think>sales?</think>{"intent": "delivery", "confidence": "high"}',
    ],
)
def test_an_intent_in_prose_or_fences_is_understood(model, answer):
    server = model([says(answer), ANSWER])
    reply = ask(server)
    assert (reply.intent, reply.hand_off) == ("delivery", None)
    assert len(server.requests) == 2


def test_an_unreadable_intent_is_asked_once_more_and_then_goes_to_support(model):
    server = model([says("não sei"), says("não sei mesmo"), ANSWER])
    assert ask(server).intent == "support"
    assert "response_format" not in server.requests[1]


def test_a_server_without_schemas_is_asked_in_words(model):
    def script(request):
        if "response_format" in request:
            return Fault(400, '{"error": {"message": "response_format json_schema is not supported"}}')
        return ANSWER if "tools" in request else intent("sales")

    reply = ask(model(script))
    assert (reply.intent, reply.hand_off) == ("sales", None)
    assert [step.ok for step in reply.steps] == [False, True, True]


def test_a_model_known_to_have_no_schemas_never_gets_one(model):
    server = model([intent("sales"), ANSWER])
    ask(server, json_schema=False)
    assert "response_format" not in server.requests[0]


def test_a_server_without_tool_calling_is_asked_for_tools_in_text(model):
    def script(request):
        if request.get("response_format"):
            return intent("sales")
        if "tools" in request:
            return Fault(400, '{"error": {"message": "fake does not support tools"}}')
        if "89.9" in str(request["messages"]):
            return says("Thought: I now know the final answer\nFinal Answer: Custa R$ 89,90.")
        return says('Thought: preciso do preço\nAction: find_products\nAction Input: {"query": "sérum"}')

    tools = FakeTools()
    reply = ask(model(script), tools=tools)
    assert reply.text.endswith("Custa R$ 89,90.")
    assert "Thought" not in reply.text
    assert tools.asked("find_products")[0]["account_id"] == "acme"


class HalfMade:
    """A library that several first turns use at once: what it builds at its first use is not there yet."""

    def __init__(self, monkeypatch, times):
        from chatwootai_agent.crews import llm

        self.times, self.call = times, llm._CALL
        monkeypatch.setattr(llm, "_CALL", self)

    def __call__(self, *arguments, **keywords):
        self.times -= 1
        if self.times >= 0:
            raise RuntimeError("is not fully defined")
        return self.call(*arguments, **keywords)


def test_a_library_that_fails_once_is_asked_again(model, monkeypatch):
    server = model([intent("sales"), ANSWER])
    HalfMade(monkeypatch, times=1)
    assert ask(server).hand_off is None


def test_a_library_that_fails_calls_no_person_but_has_the_turn_done_again(model, monkeypatch):
    server = model([])
    HalfMade(monkeypatch, times=10)
    with pytest.raises(TurnFailed, match="a biblioteca dos agentes falhou \\(RuntimeError\\)") as caught:
        ask(server)
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("fault", "retryable", "said"),
    [
        (Fault(401), False, "recusou a chave (401)"),
        (Fault(403), False, "recusou a chave (403)"),
        (Fault(404), False, "não conhece este modelo"),
        (Fault(429, headers={"Retry-After": "60"}), True, "sobrecarregado"),
        (Fault(429, '{"error": {"message": "x", "code": "insufficient_quota"}}'), False, "sem crédito"),
        (Fault(500), True, "falhou (500)"),
        (Fault(503, "<html>busy</html>"), True, "falhou (503)"),
    ],
)
def test_a_failing_server_fails_the_turn(model, fault, retryable, said):
    with pytest.raises(TurnFailed) as failed:
        ask(model([fault]), seconds=15)
    assert said in failed.value.reason
    assert failed.value.retryable is retryable
    assert failed.value.steps and not failed.value.steps[-1].ok
    assert said in failed.value.steps[-1].result, "the trace is read by people, too"
    assert "sk-secret" not in str(failed.value.steps)


def test_nobody_listening_fails_the_turn_for_now():
    settings = LLMSettings("fake", "http://127.0.0.1:9/v1", "k")
    with pytest.raises(TurnFailed, match="alcançar") as failed:
        WhatsAppCrew("acme", FakeTools(), settings).process_message("oi", 1)
    assert failed.value.retryable


def test_a_server_that_fails_once_is_asked_again_in_the_same_turn(model):
    server = model([Fault(500), intent("sales"), ANSWER])
    assert ask(server).hand_off is None
    assert len(server.requests) == 3


def test_a_failure_after_the_first_answer_keeps_what_was_spent(model):
    with pytest.raises(TurnFailed) as failed:
        ask(model([intent("sales"), Fault(401)]))
    assert failed.value.usage.total_tokens == 110
    assert [step.ok for step in failed.value.steps] == [True, False]


def test_a_hanging_model_is_given_up_within_the_turn(model):
    started = time.monotonic()
    with pytest.raises(TurnFailed, match="a tempo") as failed:
        ask(model([Hang(30)]), seconds=5, timeout=1.0)
    assert failed.value.retryable
    assert time.monotonic() - started < 25, "it waited for the model"


def test_a_model_that_sends_its_answer_drop_by_drop_is_given_up(model, dripping_server):
    with pytest.raises(TurnFailed, match="a tempo"):  # the answer itself never ends
        WhatsAppCrew("acme", FakeTools(), LLMSettings("fake", dripping_server, "k", timeout=1.0)).process_message(
            "oi", 1
        )


def test_slow_answers_that_use_up_the_turn_go_to_a_person(model):
    def slow(request):
        if request.get("response_format"):
            return intent("sales")
        return wants("find_products", {"query": f"q{len(request['messages'])}"})

    tools = FakeTools(find_products=lambda _: time.sleep(1.2) or {"success": True, "products": []})
    reply = ask(model(slow), tools=tools, seconds=3)
    assert reply.hand_off.cause == "budget"
    assert reply.text == "Um momento, vou chamar alguém."


def test_the_same_lookup_for_ever_ends_at_a_person(model):
    server = model([intent("sales"), wants("find_products", {"query": "sérum"})])
    tools = FakeTools()
    reply = ask(server, tools=tools)
    assert reply.hand_off.cause in ("model", "budget")
    assert len(tools.asked("find_products")) <= 4
    assert len(server.requests) <= 10


def test_ever_new_lookups_end_at_a_person(model):
    def script(request):
        if request.get("response_format"):
            return intent("sales")
        return wants("search_knowledge", {"query": f"pergunta {len(request['messages'])}"})

    server = model(script)
    tools = FakeTools()
    reply = ask(server, tools=tools)
    assert reply.hand_off is not None
    assert len([call for call in tools.calls if call[0] != "get_agent_config"]) <= 6
    assert len(server.requests) <= 10


@pytest.mark.parametrize(
    "last",
    [
        says(""),
        says("   "),
        says('{"price": 10}'),
        says('Action: find_products\nAction Input: {"query": "x"}'),
        says("<think>hm"),
        Fault(200, "<html>login</html>"),
        Fault(200, '{"choices": []}'),
        Fault(400, '{"error": {"message": "content filter"}}'),
    ],
)
def test_an_answer_nobody_can_use_goes_to_a_person(model, last):
    reply = ask(model([intent("sales"), last]))
    assert reply.hand_off.cause == "model"
    assert reply.text == "Um momento, vou chamar alguém."


def test_thoughts_are_not_sent(model):
    reply = ask(model([intent("sales"), says("Thought: pensar\nFinal Answer: Custa R$ 89,90.")]))
    assert reply.text == "Oi, aqui é a Acme!\n\nCusta R$ 89,90."


@pytest.mark.parametrize("arguments", ["{not json", '{"query": 5, "limit": "many"}', "{}", '{"nope": 1}', "[]"])
def test_wrong_arguments_come_back_to_the_model_as_an_error(model, arguments):
    server = model([intent("sales"), wants("find_products", arguments), ANSWER])
    reply = ask(server)
    assert reply.hand_off is None
    told = server.requests[2]["messages"][-1]
    assert told["role"] == "tool"
    assert "rror" in told["content"]
    assert "Traceback" not in told["content"]


def test_an_unknown_tool_comes_back_to_the_model_as_an_error(model):
    server = model([intent("sales"), wants("delete_everything", {}), ANSWER])
    tools = FakeTools()
    assert ask(server, tools=tools).hand_off is None
    assert not tools.asked("delete_everything")


def test_a_tool_that_breaks_tells_the_model_nothing_of_its_insides(model):
    def breaks(_arguments):
        raise RuntimeError("SELECT secret FROM res_users")

    server = model([intent("sales"), wants("find_products", {"query": "x"}), ANSWER])
    reply = ask(server, tools=FakeTools(find_products=breaks))
    assert "SELECT" not in str(server.requests[2])
    assert [step.ok for step in reply.steps if step.kind == "tool"] == [False]


def test_a_tool_that_fails_says_why(model):
    server = model([intent("sales"), wants("find_products", {"query": "x"}), ANSWER])
    ask(server, tools=FakeTools(find_products={"success": False, "error": "The search took too long."}))
    assert "The search took too long." in server.requests[2]["messages"][-1]["content"]


def test_a_huge_result_is_cut(model):
    products = [{"name": "x" * 100, "price": n} for n in range(1000)]
    server = model([intent("sales"), wants("find_products", {"query": "x"}), ANSWER])
    reply = ask(server, tools=FakeTools(find_products={"success": True, "products": products}))
    assert len(server.requests[2]["messages"][-1]["content"]) < 6100
    assert all(len(step.result) <= 2000 for step in reply.steps)


@pytest.mark.parametrize("missing", ["company_metadata", "agent_config", "business_rules"])
def test_missing_configuration_is_named(missing):
    tools = FakeTools()
    del tools.documents[missing]
    with pytest.raises(ConfigurationMissing, match=f"acme has no usable {missing}"):
        WhatsAppCrew("acme", tools, LLMSettings("fake"))


def test_an_unreachable_mcp_server_fails_the_turn_only_before_it_began(model):
    def unreachable(_arguments):
        raise ToolsUnreachable("down", retryable=True)

    with pytest.raises(TurnFailed):
        WhatsAppCrew("acme", FakeTools(get_agent_config=unreachable), LLMSettings("fake"))
    server = model([intent("sales"), wants("find_products", {"query": "x"}), ANSWER])
    assert ask(server, tools=FakeTools(find_products=unreachable)).hand_off is None


def test_a_watcher_that_fails_does_not_stop_the_turn(model):
    def watcher(_step):
        raise ValueError("no")

    crew = WhatsAppCrew("acme", FakeTools(), model([intent("sales"), ANSWER]).settings())
    assert crew.process_message("oi", 1, on_step=watcher).hand_off is None


def test_what_no_database_holds_is_taken_out_of_all_that_a_model_says(model):
    server = model(
        [intent("sales"), wants("search_knowledge", '{"query": "s\\u0000érum \\ud83d"}'), says("Cu\0sta \ud83d 5")]
    )
    tools = FakeTools()
    reply = ask(server, tools=tools)
    assert reply.text.endswith("Custa ? 5")
    assert ("search_knowledge", "sérum ?") in [(name, arguments.get("query")) for name, arguments in tools.calls]
    kept = repr([(step.arguments, step.result) for step in reply.steps])
    assert "\\x00" not in kept
    kept.encode()
