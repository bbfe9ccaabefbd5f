"""The demo model as a running server: `with ModelServer(port=0) as model: model.url`."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from ..background_server import BackgroundServer
from ..holds import Holds, Moment
from .choosing import CallTool, Move, Say
from .completion import FINGERPRINT, MODEL, completion, move_for, stream
from .media import hidden_words
from .modes import Mode, ModeSwitch, Setting, UnknownMode
from .task import read, read_tools

ABOUT = (
    f"{MODEL}: an offline stand-in for a language model, for demos and tests. It compares words, understands nothing, "
    "and knows no company: it chooses among the tools it is offered by their descriptions, and answers only with what "
    "their results hold, or hands the conversation to a person. It speaks OpenAI's chat completions at /v1. For real "
    "conversations point your Odoo at a real model."
)
PROSE = "I would say the customer wants to talk about something, most probably, but it is hard to be sure."


class ModelServer(BackgroundServer):
    """Serves until closed. For tests: `requests` keeps what was asked, `mode()` makes it misbehave, `holds` holds its
    answers ("classify …" or "answer …", and what the customer wrote), another `mind` lets it say something else."""

    def __init__(
        self, port: int = 0, host: str = "127.0.0.1", mind: Callable[[dict[str, Any]], Move] = move_for
    ) -> None:
        self.holds = Holds()
        self._mind = mind
        self.requests: deque[dict[str, Any]] = deque(maxlen=1_000)
        self._switch = ModeSwitch()
        self._closing = threading.Event()
        super().__init__(port, host)
        self.url = f"{self.origin}/v1"
        """The base URL for OpenAI clients."""

    def mode(self, name: str, times: int | None = None, seconds: float = 60.0) -> None:
        self._switch.set(name, times, seconds)

    def close(self) -> None:
        self._closing.set()
        self.holds.close()
        super().close()

    # -- answering

    def _respond(self, request: Request) -> Response:
        match request.method, request.path.rstrip("/"):
            case "GET", "":
                return Response(ABOUT + "\n", mimetype="text/plain")
            case "GET", "/v1/models":
                return _json({"object": "list", "data": [_model_json()]})
            case "GET", "/v1/models/chatwootai-demo-model":
                return _json(_model_json())
            case "POST", "/v1/chat/completions":
                return self._complete(request)
            case "POST", "/v1/audio/transcriptions":
                return self._transcribe(request)
            case "POST", "/_demo/mode":
                return self._set_mode(request)
            case "GET", "/_demo/mode":
                return _json(self._switch.as_json())
            case "GET", "/_demo/requests":
                return _json(list(self.requests))
        return _error(404, f"No such path: {request.path}", "invalid_request_error")

    def _set_mode(self, request: Request) -> Response:
        given: Any = request.get_json(silent=True)
        try:
            self.mode(**given)
        except (UnknownMode, TypeError) as error:
            return _error(422, str(error), "invalid_request_error")
        return _json(self._switch.as_json())

    def _complete(self, request: Request) -> Response:
        asked = request.get_json(silent=True)
        if not isinstance(asked, dict) or not isinstance(asked.get("messages"), list):
            return _error(400, "A JSON object with `messages` is expected", "invalid_request_error")
        self.requests.append(asked)
        described = _described(asked)
        self.holds.pause(Moment.BEFORE, described)
        response = self._answer(asked)
        self.holds.pause(Moment.AFTER, described)
        return response

    def _transcribe(self, request: Request) -> Response:
        file = request.files.get("file")
        if file is None or not request.form.get("model"):
            return _error(400, "`file` and `model` are expected", "invalid_request_error")
        return _json({"text": hidden_words(file.read())})

    def _answer(self, asked: dict[str, Any]) -> Response:
        try:
            setting = self._switch.take(str(asked.get("model") or ""))
        except UnknownMode as error:
            return _error(404, str(error), "model_not_found")
        refused = self._misbehave(setting)
        if refused is not None:
            return refused
        move = _disturbed(setting.mode, asked, self._mind(asked))
        if asked.get("stream"):
            return Response(stream(asked, move), mimetype="text/event-stream")
        answer = completion(asked, move)
        if setting.mode is Mode.BAD_ARGUMENTS:
            for call in answer["choices"][0]["message"].get("tool_calls") or []:
                call["function"]["arguments"] = '{"query": "unfinished'
        return _json(answer)

    def _misbehave(self, setting: Setting) -> Response | None:
        match setting.mode:
            case Mode.ERROR_500:
                return _error(500, "The demo model was told to fail", "server_error")
            case Mode.ERROR_429:
                return _error(429, "The demo model was told to be busy", "rate_limit_exceeded")
            case Mode.ERROR_400:
                return _error(400, "The demo model was told to refuse", "invalid_request_error")
            case Mode.GARBAGE:
                return Response("<html>Bad gateway</html>", 200, mimetype="text/html")
            case Mode.HANG:
                self._closing.wait(setting.seconds)
                return _error(504, "The demo model was told to hang", "server_error")
            case Mode.SLOW:
                self._closing.wait(setting.seconds)
        return None


def _described(asked: dict[str, Any]) -> str:
    task = read(asked)
    return f"{'answer' if task.classification is None else 'classify'} {task.question}"


def _disturbed(mode: Mode, asked: dict[str, Any], move: Move) -> Move:
    tools = read_tools(asked.get("tools") or [])
    match mode:
        case Mode.PROSE if not tools:
            return Say(PROSE)
        case Mode.FENCED if isinstance(move, Say) and not tools:
            return Say(f"Here you are:\n```json\n{move.text}\n```")
        case Mode.EMPTY:
            return Say("")
        case Mode.LOOP if tools:
            return CallTool(tools[0].name, {"query": "again", "limit": 1})
        case Mode.UNKNOWN_TOOL if tools:
            return CallTool("no_such_tool", {"query": "x"})
        case Mode.REACT if isinstance(move, CallTool):
            text = json.dumps(move.arguments, ensure_ascii=False)
            return Say(f"Thought: I should look.\nAction: {move.name}\nAction Input: {text}")
    return move


def _model_json() -> dict[str, Any]:
    return {"id": MODEL, "object": "model", "created": 1_767_225_600, "owned_by": FINGERPRINT}


def _json(body: Any) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), mimetype="application/json")


def _error(status: int, message: str, code: str) -> Response:
    body = {"error": {"message": message, "type": code, "param": None, "code": code}}
    return Response(json.dumps(body), status, mimetype="application/json")
