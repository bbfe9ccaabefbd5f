"""What surrounds one request: what the client said of itself, what it can be asked for, and what it is told beside
the result.

Nothing is sent while a request is worked on. Notifications are gathered and go out with the answer, as an event stream
that is complete; questions to the client are answers too, and the client calls again with what it was asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mcp_types import CLIENT_CAPABILITIES_META_KEY, LOG_LEVEL_META_KEY

from .revisions import is_stateless

LOG_LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
# What a client must have declared to be asked for these.
_CAPABILITY_FOR = {"elicitation/create": "elicitation", "sampling/createMessage": "sampling", "roots/list": "roots"}


@dataclass(frozen=True)
class InputRequired:
    """Instead of a result: what the client has to provide first (stateless revisions only).

    :param requests: by names of the server's choice, each ``{"method": …, "params": …}``
    :param state: comes back as it is if the client is honest: sign it where that matters
    """

    requests: Mapping[str, Mapping[str, Any]]
    state: str | None = None

    @property
    def capabilities(self) -> set[str]:
        return {_CAPABILITY_FOR[request["method"]] for request in self.requests.values()}

    def to_wire(self) -> dict[str, Any]:
        state = {} if self.state is None else {"requestState": self.state}
        return {"inputRequests": dict(self.requests)} | state


@dataclass(frozen=True)
class RequestContext:
    """What else a request said, and the notifications that go with its answer.

    :param input_responses: what the client provided, by the names under which it was asked
    :param log_level: the least that the client wants to be told; None: nothing
    """

    revision: str
    meta: Mapping[str, Any] = field(default_factory=dict)
    input_responses: Mapping[str, Any] = field(default_factory=dict)
    request_state: str | None = None
    log_level: str | None = None
    notifications: list[dict[str, Any]] = field(default_factory=list)

    @property
    def client_capabilities(self) -> Mapping[str, Any]:
        """What the client declared with this request, as clients of the stateless revisions do."""
        declared = self.meta.get(CLIENT_CAPABILITIES_META_KEY)
        return declared if isinstance(declared, dict) else {}

    def notify(self, method: str, params: Mapping[str, Any]) -> None:
        self.notifications.append({"jsonrpc": "2.0", "method": method, "params": dict(params)})

    def progress(self, done: float, total: float | None = None) -> None:
        """How far the work is, for a client that asked to know."""
        token = self.meta.get("progressToken")
        if token is not None:
            known = {} if total is None else {"total": total}
            self.notify("notifications/progress", {"progressToken": token, "progress": done} | known)

    def log(self, level: str, data: Any) -> None:
        if self.log_level is not None and LOG_LEVELS.index(level) >= LOG_LEVELS.index(self.log_level):
            self.notify("notifications/message", {"level": level, "data": data})


def context_of(params: Mapping[str, Any], revision: str, log_level: str | None) -> RequestContext:
    """The context of a request whose parameters were not checked yet.

    :param log_level: what a client of the handshake revisions is told, which has no say in each request
    """
    given = params.get("_meta")
    meta = given if isinstance(given, dict) else {}
    if is_stateless(revision):
        named = meta.get(LOG_LEVEL_META_KEY)
        log_level = named if named in LOG_LEVELS else None
    responses, state = params.get("inputResponses"), params.get("requestState")
    return RequestContext(
        revision,
        meta,
        responses if isinstance(responses, dict) else {},
        state if isinstance(state, str) else None,
        log_level,
    )
