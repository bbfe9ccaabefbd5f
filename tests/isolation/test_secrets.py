"""What was entered as a secret comes back to nobody, by no method of the web client, not even to an administrator."""

import pytest
import requests

MODELS = {
    "chatwootai.chatwoot.connection": ("user_token", "bot_token"),
    "chatwootai.webhook.secret": ("secret",),
    "res.company": ("chatwootai_llm_api_key",),
}


def calls(model, names, number):
    """Every way the web client reads, searches, groups, exports or copies records."""
    fields = ["id", *names]
    yield "read", [[number], fields], {}
    yield "web_read", [[number]], {"specification": {name: {} for name in names}}
    yield "search_read", [[], fields], {}
    yield "web_search_read", [], {"domain": [], "specification": {name: {} for name in names}}
    yield "export_data", [[number], fields], {}
    yield "copy_data", [[number]], {}
    yield "name_search", ["a"], {}
    yield "fields_get", [names], {}
    yield "onchange", [[number], {}, [], {name: {} for name in names}], {}
    for name in names:
        yield "web_read_group", [], {"domain": [], "groupby": [name], "aggregates": ["__count"]}
        yield "formatted_read_group", [], {"domain": [], "groupby": [name], "aggregates": ["__count"]}
        for operator in ("=", "like", "=like", ">", "in"):
            yield "search_count", [[[name, operator, ["t"] if operator == "in" else "t%"]]], {}


@pytest.mark.parametrize("model", MODELS)
def test_a_secret_is_read_back_by_no_method(stack, sides, model):
    for side in sides:
        heads = {"Cookie": f"session_id={side.session}"}

        def rpc(method, args, kwargs, heads=heads):
            params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
            body = {"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}
            url = f"{stack.url}/web/dataset/call_kw/{model}/{method}"
            return requests.post(url, json=body, headers=heads, timeout=30)

        [number, *_more] = rpc("search", [[]], {}).json()["result"]
        stored = rpc("read", [[number], list(MODELS[model])], {}).json()["result"][0]
        assert all(stored[name] == "********" for name in MODELS[model]), "there is something to be read"
        for method, args, kwargs in calls(model, list(MODELS[model]), number):
            told = rpc(method, args, kwargs).text
            assert not [each for each in side.credentials if each in told], (method, args)
            if method == "search_count":
                assert '"error"' in told, "a search would tell letter by letter"
