"""The crew's two neighbours: an OpenAI-compatible server that follows a script, and tools that answer from memory."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from chatwootai_agent.crews.llm_settings import LLMSettings
from chatwootai_agent.crews.tool_client import OfferedTool

METADATA = {
    "account_id": "acme",
    "version": 3,
    "company_name": "Acme Cosméticos",
    "description": "Loja de cosméticos.",
    "language": "pt_BR",
    "timezone": "America/Sao_Paulo",
    "currency": "BRL",
    "address": {"street": "Rua Secreta 7", "city": "Curitiba", "share_with_customers": False},
    "phone": "41 3333-0000",
    "email": None,
    "website": {"url": "https://acme.example", "mention": True},
    "social_links": [{"network": "Instagram", "url": "https://instagram.example/acme", "mention": False}],
    "opening_hours": [{"day": 0, "opens": "09:00", "closes": "18:00", "break_start": "12:00", "break_end": "13:00"}],
    "style": {"tone": "friendly", "emoji": False, "greeting": "Oi, aqui é a Acme!", "farewell": "Até logo!",
              "rating_request": "Como foi o atendimento?"},
    "services": {"sales": True, "support": True, "scheduling": False, "delivery": True},
}  # fmt: skip
AGENT_CONFIG = {
    "account_id": "acme",
    "version": 1,
    "channels": {"Channel::Whatsapp": {"enabled": True}},
    "specialists": ["sales", "support", "scheduling", "delivery"],
    "instructions": "",
    "max_steps": 6,
    "turn_seconds": 20,
    "hand_off": {"message": "Um momento, vou chamar alguém.", "team_id": 4},
    "llm": {"model": "fake", "base_url": None, "json_schema": True},
}
RULES = [
    {"rule_id": 1, "name": "Frete", "description": "Frete grátis acima de R$ 150.", "kind": "permanent",
     "service": "delivery", "sequence": 1, "date_start": None, "date_end": None, "scheduling": None},
    {"rule_id": 2, "name": "Natal", "description": "Fechado dia 25.", "kind": "temporary", "service": "general",
     "sequence": 2, "date_start": "2020-12-01", "date_end": "2020-12-31", "scheduling": None},
]  # fmt: skip


def _schema(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


ACCOUNT = {"account_id": {"type": "string", "description": "The account"}}
OFFERED = [
    OfferedTool(
        "find_products",
        "Find products with price and stock.",
        _schema(
            {
                **ACCOUNT,
                "query": {"type": "string", "maxLength": 200, "description": "Words"},
                "limit": {"type": "integer", "minimum": 1, "maximum": 20, "default": 5},
                "partner_id": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
            },
            "account_id",
            "query",
        ),
    ),
    OfferedTool(
        "search_knowledge",
        "Search the company's knowledge.",
        _schema(
            {
                **ACCOUNT,
                "query": {"type": "string"},
                "collection_type": {
                    "anyOf": [{"enum": ["products", "rules", "support_documents"], "type": "string"}, {"type": "null"}],
                    "default": None,
                },
                "limit": {"type": "integer", "default": 5},
            },
            "account_id",
            "query",
        ),
    ),
    OfferedTool("active_business_rules", "Rules in force.", _schema(dict(ACCOUNT), "account_id")),
    OfferedTool(
        "send_message",
        "Send a message.",
        _schema({**ACCOUNT, "conversation_id": {"type": "integer"}, "content": {"type": "string"}}, "account_id"),
    ),
]


class FakeTools:
    """Keeps what it was called with."""

    def __init__(self, account_id: str = "acme", **answers: Any) -> None:
        self.account_id = account_id
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.documents = {
            "company_metadata": {**METADATA, "account_id": account_id},
            "agent_config": {**AGENT_CONFIG, "account_id": account_id},
            "business_rules": RULES,
        }
        self.answers: dict[str, Any] = answers

    def call_tool(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self.calls.append((name, dict(arguments)))
        if name in self.answers:
            answer = self.answers[name]
            return answer(arguments) if callable(answer) else answer
        if name == "get_agent_config":
            stored = self.documents.get(arguments["config_type"])
            return {"success": True, "config": stored} if stored is not None else {"success": False, "error": "none"}
        if name == "find_products":
            product = {
                "id": 1,
                "name": "Sérum",
                "code": "S1",
                "price": 89.9,
                "currency": "BRL",
                "available_quantity": 7,
            }
            return {"success": True, "products": [product]}
        if name == "search_knowledge":
            return {"success": True, "results": [{"title": "Trocas", "text": "Trocas em 7 dias.", "score": 0.9}]}
        return {"success": False, "error": f"There is no tool {name!r} here."}

    def list_tools(self) -> list[OfferedTool]:
        return OFFERED

    def asked(self, name: str) -> list[dict[str, Any]]:
        return [arguments for called, arguments in self.calls if called == name]


def says(text: str) -> dict[str, Any]:
    return {"content": text}


def wants(name: str, arguments: Mapping[str, Any] | str) -> dict[str, Any]:
    told = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"content": None, "tool_calls": [{"id": "call_1", "type": "function",
                                             "function": {"name": name, "arguments": told}}]}  # fmt: skip


def intent(name: str, confidence: float = 0.9) -> dict[str, Any]:
    return says(json.dumps({"intent": name, "confidence": confidence}))


class Fault:
    """Answers a request with something a model's server should not send."""

    def __init__(self, status: int, body: str = '{"error": {"message": "no"}}', headers: Any = ()) -> None:
        self.status, self.body, self.headers = status, body, dict(headers)


class Hang:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


Answer = dict[str, Any] | Fault | Hang
Script = Callable[[dict[str, Any]], Answer]


class ModelServer:
    """`script` decides each answer from the request; a list is given out in order, its last one for ever."""

    def __init__(self, script: Script | list[Answer]) -> None:
        self.requests: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._queue = list(script) if isinstance(script, list) else None
        self._script = script if callable(script) else None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                is_json = self.headers["Content-Type"] == "application/json"
                request = json.loads(body) if is_json else {"form": body}
                request["_authorization"] = self.headers.get("Authorization")
                outer._answer(self, request)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def settings(self, **changes: Any) -> LLMSettings:
        return LLMSettings(**{"model": "fake", "base_url": self.url, "api_key": "sk-secret", **changes})

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        with self._lock:
            self.requests.append(request)
            if self._queue is not None:
                answer = self._queue.pop(0) if len(self._queue) > 1 else self._queue[0]
        if self._script is not None:
            answer = self._script(request)
        if isinstance(answer, Hang):
            self._closing.wait(answer.seconds)
            answer = says("tarde demais")
        status, headers = 200, {}
        if isinstance(answer, Fault):
            status, body, headers = answer.status, answer.body, answer.headers
        else:
            body = json.dumps(completion(request, answer))
        raw = body.encode()
        try:
            handler.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(raw)))
            handler.end_headers()
            handler.wfile.write(raw)
        except OSError:
            pass  # the caller gave up


def completion(request: Mapping[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": request.get("model", "fake"),
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", **message},
                "finish_reason": "tool_calls" if message.get("tool_calls") else "stop",
            }
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }
