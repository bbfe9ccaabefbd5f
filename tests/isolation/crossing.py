"""Generated requests of one tenant that reach for what is another's: every tool, every route, every wrong credential.

How a choice is made is the caller's: by hypothesis, which shrinks what fails, or at random for the benchmark.
"""

import hashlib
import hmac
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from .canaries import Canary, Side

T = TypeVar("T")
REVISION = "2025-11-25"
MODELS = (
    "res.partner",
    "product.template",
    "product.product",
    "calendar.event",
    "product.pricelist",
    "stock.quant",
    "res.users",
    "res.company",
    "ir.attachment",
    "chatwootai.mcp.key",
    "chatwootai.conversation",
    "company.services.rule",
)
FIELDS = ("name", "ref", "phone", "email", "id", "default_code", "description_sale", "list_price", "display_name")
OPERATORS = ("=", "!=", "in", "not in", "ilike", "=ilike", ">", "<=")
SERVERS = ("odoo", "qdrant", "mongodb", "chatwoot")
COLLECTIONS = ("products", "rules", "support_documents")
CONFIGS = ("company_metadata", "business_rules", "agent_config")
DIMENSION = 512


class Choice(Protocol):
    def of(self, options: Sequence[T]) -> T: ...
    def number(self, low: int, high: int) -> int: ...
    def chance(self, share: float) -> bool: ...


class AtRandom:
    """Choices of a seeded generator."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.number = self._random.randint
        self.of = self._random.choice

    def chance(self, share: float) -> bool:
        return self._random.random() < share


class ByHypothesis:
    """Choices that a failing example is shrunk by."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self._draw = draw

    def of(self, options: Sequence[T]) -> T:
        from hypothesis import strategies

        return options[self._draw(strategies.integers(0, len(options) - 1))]

    def number(self, low: int, high: int) -> int:
        from hypothesis import strategies

        return self._draw(strategies.integers(low, high))

    def chance(self, share: float) -> bool:
        return self.number(0, 99) < share * 100


@dataclass(frozen=True)
class Request:
    """
    :param must_refuse: it names the other: whatever is not a refusal is a leak
    :param not_ours: it knocks on a door that is not its own: all it may get is the answer to a stranger
    """

    kind: str
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    must_refuse: bool = False
    not_ours: bool = False

    def __str__(self) -> str:
        return f"{self.kind}: {self.method} {self.path} {self.body[:600].decode(errors='replace')}"


class Crossing:
    """One tenant's requests with the other's identifiers."""

    def __init__(self, own: Side, other: Side, write: bool = False) -> None:
        self.own, self.other = own, other
        self._key = own.writing_key if write else own.key
        self._tools = own.tools
        handles = other.handles
        self._numbers = [each for each in handles if isinstance(each, int)]
        self._words = [each for each in handles if isinstance(each, str)]
        self._words += [other.account_id, *(f"{other.account_id}_{name}" for name in COLLECTIONS), *self._uris()]

    def request(self, choice: Choice) -> Request:
        """Any of the kinds."""
        return choice.of(self._kinds)(self, choice)

    def at_a_tool(self, choice: Choice) -> Request:
        return choice.of(self._tool_kinds)(self, choice)

    def at_a_door(self, choice: Choice) -> Request:
        return choice.of(self._doors)(self, choice)

    def every_tool(self, choice: Choice) -> Iterator[Request]:
        """Each tool on each of our doors, once."""
        for tool in self._tools:
            arguments = self._object(tool["inputSchema"], choice)
            yield self.rpc("tool", "tools/call", {"name": tool["name"], "arguments": arguments})
            named = {"name": tool["name"], "arguments": {**arguments, "account_id": self.own.account_id}}
            yield self.rpc("tool at /mcp", "tools/call", named, path="/mcp")

    def every_refusal(self, choice: Choice) -> Iterator[Request]:
        """Each kind of request that a door must refuse, once."""
        for kind in self._doors:
            yield kind(self, choice)

    def asking(self, canary: Canary, *, path: str | None = None) -> Request:
        """Exactly the request by which its own tenant gets the canary, with our key."""
        params = json.loads(json.dumps(canary.params).replace("{account_id}", self.other.account_id))
        return self.rpc("the other's own question", canary.method, params, path=path)

    def rpc(
        self,
        kind: str,
        method: str,
        params: Any,
        *,
        path: str | None = None,
        key: str | None = None,
        **door: bool,
    ) -> Request:
        return mcp_request(kind, path or f"/mcp/{self.own.account_id}", key or self._key, method, params, **door)

    # -- tools, on doors that are our own

    def _own_endpoint(self, choice: Choice) -> Request:
        return self.rpc("tool", "tools/call", self._call(choice))

    def _own_server(self, choice: Choice) -> Request:
        path = f"/mcp/{self.own.account_id}/{choice.of(SERVERS)}"
        return self.rpc("tool of a server", "tools/call", self._call(choice), path=path)

    def _orchestrator(self, choice: Choice) -> Request:
        called = self._call(choice)
        called["arguments"]["account_id"] = self.own.account_id
        return self.rpc("tool at /mcp", "tools/call", called, path="/mcp")

    def _canary(self, choice: Choice) -> Request:
        return self.asking(choice.of(self.other.canaries))

    def _resource(self, choice: Choice) -> Request:
        return self.rpc("resource", "resources/read", {"uri": choice.of(self._uris())}, must_refuse=True)

    def _prompt(self, choice: Choice) -> Request:
        given = {"name": "customer_service", "arguments": {"message": str(choice.of(self._words))}}
        return self.rpc("prompt", "prompts/get", given)

    def _completion(self, choice: Choice) -> Request:
        uri = choice.of([f"chatwootai://{self.other.account_id}/documents/{{document_id}}", *self._templates()])
        variable = choice.of(["document_id", "config_type"])
        argument = {"name": variable, "value": str(choice.of([*self._numbers, ""]))}
        return self.rpc(
            "completion", "completion/complete", {"ref": {"type": "ref/resource", "uri": uri}, "argument": argument}
        )

    # -- tools that name the other

    def _orchestrator_of_other(self, choice: Choice) -> Request:
        called = self._call(choice)
        called["arguments"]["account_id"] = self.other.account_id
        return self.rpc("tool with the other's account_id at /mcp", "tools/call", called, path="/mcp", must_refuse=True)

    def _argument_of_other(self, choice: Choice) -> Request:
        called = self._call(choice)
        called["arguments"]["account_id"] = self.other.account_id
        return self.rpc("tool with the other's account_id", "tools/call", called, must_refuse=True)

    # -- the other's doors

    def _endpoint_of_other(self, choice: Choice) -> Request:
        path = choice.of([f"/mcp/{self.other.account_id}", f"/mcp/{self.other.account_id}/{choice.of(SERVERS)}"])
        method = choice.of(["tools/call", "tools/list", "resources/list", "initialize"])
        params = self._call(choice) if method == "tools/call" else {}
        return self.rpc("the other's endpoint", method, params, path=path, not_ours=True)

    def _renamed_key(self, choice: Choice) -> Request:
        _account, key_id, mac = self._key.removeprefix("cwai_").split("_", 2)
        key_id = choice.of([key_id, *self.other.key_ids])
        key = f"cwai_{self.other.account_id}_{key_id}_{mac}"
        path = choice.of(["/mcp", f"/mcp/{self.other.account_id}"])
        return self.rpc("our key with the other's name", "tools/list", {}, path=path, key=key, not_ours=True)

    def _altered_key(self, choice: Choice) -> Request:
        theirs = self.other.key
        at = choice.number(len(theirs) - 43, len(theirs) - 1)
        key = theirs[:at] + ("A" if theirs[at] != "A" else "B") + theirs[at + 1 :]
        path = f"/mcp/{self.other.account_id}"
        return self.rpc("the other's key, one letter changed", "tools/list", {}, path=path, key=key, not_ours=True)

    def _webhook_of_other(self, choice: Choice) -> Request:
        token = self.own.webhook_path.rsplit("/", 1)[1]
        return self._event("the other's webhook", f"/chatwootai/webhook/{self.other.account_id}/{token}", choice)

    def _webhook_with_their_token(self, choice: Choice) -> Request:
        token = self.other.webhook_path.rsplit("/", 1)[1]
        return self._event(
            "our webhook, the other's token", f"/chatwootai/webhook/{self.own.account_id}/{token}", choice
        )

    def _shared_webhook(self, choice: Choice) -> Request:
        return self._event("the shared webhook, signed by us", self.other.shared_webhook_path, choice)

    def _config_of_other(self, choice: Choice) -> Request:
        headers = _json_headers(self.own.config_token)
        body = self._snapshot(choice)
        return Request("the other's configuration", "POST", self.other.config_path, headers, body, not_ours=True)

    def _config_with_key(self, choice: Choice) -> Request:
        headers = _json_headers(self._key)
        path = choice.of([self.own.config_path, self.other.config_path])
        return Request("configuration by an MCP key", "POST", path, headers, self._snapshot(choice), not_ours=True)

    def _config_naming_other(self, choice: Choice) -> Request:
        headers = _json_headers(self.own.config_token)
        body = self._snapshot(choice)
        return Request(
            "our configuration, the other's name", "POST", self.own.config_path, headers, body, must_refuse=True
        )

    def _metrics(self, choice: Choice) -> Request:
        token = choice.of([self._key, self.own.config_token, self.own.webhook_path.rsplit("/", 1)[1], ""])
        return Request("metrics", "GET", "/chatwootai/metrics", _json_headers(token), not_ours=True)

    def _session(self, choice: Choice) -> Request:
        """Our administrator's session of Odoo, told to be one of the other's database."""
        return self._read_in_session(choice.of(MODELS), choice.of(self._numbers), choice.chance(0.5))

    def every_session_read(self) -> Iterator[Request]:
        """The other's records, by a person of ours in the web client."""
        for model in ("res.partner", "product.template", "calendar.event", "company.services.rule"):
            for number in self._numbers:
                yield self._read_in_session(model, number, True)

    def _read_in_session(self, model: str, record: int, in_query: bool) -> Request:
        params = {"model": model, "method": "read", "args": [[record]], "kwargs": {}}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}).encode()
        headers = {"Content-Type": "application/json", "Cookie": f"session_id={self.own.session}"}
        headers["X-Odoo-Database"] = self.other.account_id
        path = f"/web/dataset/call_kw/{model}/read"
        query = f"?db={self.other.account_id}" if in_query else ""
        return Request("session of Odoo", "POST", path + query, headers, body)

    _tool_kinds = (_own_endpoint, _own_endpoint, _own_server, _orchestrator, _canary, _resource, _prompt, _completion)
    _doors = (
        _resource,
        _orchestrator_of_other,
        _argument_of_other,
        _endpoint_of_other,
        _renamed_key,
        _altered_key,
        _webhook_of_other,
        _webhook_with_their_token,
        _shared_webhook,
        _config_of_other,
        _config_with_key,
        _config_naming_other,
        _metrics,
    )
    _kinds = (*_tool_kinds, *_tool_kinds, *_doors, _session)

    # -- arguments

    def _call(self, choice: Choice) -> dict[str, Any]:
        tool = choice.of(self._tools)
        return {"name": tool["name"], "arguments": self._object(tool["inputSchema"], choice)}

    def _object(self, schema: Mapping[str, Any], choice: Choice) -> dict[str, Any]:
        required = set(schema.get("required", ()))
        return {
            name: self._value(name, wanted, choice)
            for name, wanted in schema.get("properties", {}).items()
            if name in required or choice.chance(0.4)
        }

    def _value(self, name: str, schema: Mapping[str, Any], choice: Choice) -> Any:
        """Mostly something the schema allows, and where an identifier fits, the other's."""
        if name in _NAMED:
            return _NAMED[name](self, choice)
        if "enum" in schema:
            return choice.of(list(schema["enum"]))
        match schema.get("type"):
            case "boolean":
                return choice.chance(0.5)
            case "integer":
                return (
                    choice.number(1, min(schema.get("maximum", 50), 50))
                    if "maximum" in schema
                    else self._number(choice)
                )
            case "number":
                return choice.number(-5, 5) / 2
            case "array":
                item = schema.get("items", {})
                return [self._value("", item, choice) for _ in range(choice.number(1, 3))]
            case "object":
                return (
                    self._object(schema, choice)
                    if schema.get("properties")
                    else {choice.of(FIELDS): self._word(choice)}
                )
            case _:
                return self._word(choice)

    def _number(self, choice: Choice) -> int:
        return choice.of(self._numbers) if choice.chance(0.8) else choice.number(1, 60)

    def _word(self, choice: Choice) -> str:
        return str(choice.of(self._words))

    def _domain(self, choice: Choice) -> list[Any]:
        operator = choice.of(OPERATORS)
        name = choice.of(FIELDS)
        value: Any = self._number(choice) if name in ("id", "list_price") else self._word(choice)
        return [[name, operator, [value] if operator.endswith("in") else value]]

    def _snapshot(self, choice: Choice) -> bytes:
        metadata = {"company_name": self._word(choice)}
        whole = {"account_id": self.other.account_id, "version": choice.number(1, 9**9)}
        return json.dumps(whole | {"company_metadata": metadata, "business_rules": []}).encode()

    def _event(self, kind: str, path: str, choice: Choice) -> Request:
        body = json.dumps(
            {
                "event": "message_created",
                "id": choice.number(1, 9**8),
                "content": self._word(choice),
                "message_type": "incoming",
                "private": False,
                "account": {"id": self.other.chatwoot_account},
                "conversation": {"id": self._number(choice), "status": "pending"},
                "sender": {"id": self._number(choice), "type": "contact"},
            }
        ).encode()
        stamp = str(int(time.time()))
        signature = hmac.new(self.own.webhook_secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Chatwoot-Timestamp": stamp,
            "X-Chatwoot-Signature": f"sha256={signature}",
        }
        return Request(kind, "POST", path, headers, body, not_ours=True)

    def _uris(self) -> list[str]:
        found = [f"chatwootai://{self.other.account_id}/config/{name}" for name in CONFIGS]
        for canary in self.other.canaries:
            if uri := canary.params.get("uri"):
                found.append(uri.replace("{account_id}", self.other.account_id))
        return found

    def _templates(self) -> list[str]:
        own = self.own.account_id
        return [f"chatwootai://{own}/documents/{{document_id}}", f"chatwootai://{own}/config/{{config_type}}"]


_NAMED: dict[str, Callable[[Crossing, Choice], Any]] = {
    "model": lambda self, choice: choice.of(MODELS),
    "domain": lambda self, choice: self._domain(choice),
    "fields": lambda self, choice: [choice.of(FIELDS)],
    "order": lambda self, choice: choice.of(["id desc", "name", "create_date desc"]),
    "group_by": lambda self, choice: [choice.of(FIELDS)],
    "aggregates": lambda self, choice: [choice.of(["id:count_distinct", "list_price:sum", "id:max"])],
    "lang": lambda self, choice: choice.of(["pt_BR", "en_US"]),
    "offset": lambda self, choice: 0,
    "from_date": lambda self, choice: choice.of(["2031-03-03", "2031-03-04"]),
    "query_vector": lambda self, choice: _vector(choice),
    "vector": lambda self, choice: _vector(choice),
    "payload": lambda self, choice: {"title": self._word(choice), "text": self._word(choice)},
    "filter": lambda self, choice: choice.of([{"title": self._word(choice)}, {"source_id": self._number(choice)}]),
    "config": lambda self, choice: {"account_id": self.other.account_id, "instructions": self._word(choice)},
    "chatwoot_account": lambda self, choice: self.other.chatwoot_account,
}


def mcp_request(kind: str, path: str, key: str, method: str, params: Any, **door: bool) -> Request:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    headers = _json_headers(key) | {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": REVISION}
    return Request(kind, "POST", path, headers, body, **door)


def _json_headers(token: str) -> dict[str, str]:
    given = {"Authorization": f"Bearer {token}"} if token else {}
    return {"Content-Type": "application/json", **given}


def _vector(choice: Choice) -> list[float]:
    hot = choice.number(0, DIMENSION - 1)
    return [1.0 if place == hot else 0.001 for place in range(DIMENSION)]
